# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage of a fleet that is audited: a client of boto3 whose answers a test chooses. Its objects are as old as a
test says, which no real server does."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

_NO_FEATURE = {
    "public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "ownership_controls": "OwnershipControlsNotFoundError",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "policy": "NoSuchBucketPolicy",
    "lifecycle_configuration": "NoSuchLifecycleConfiguration",
}
_PUT_IN = {"VersioningConfiguration", "LifecycleConfiguration"}
"""What the answer to a get has one level higher than the request of a put."""

May = Callable[[str, str], bool]
"""Whether a key may do an operation, such as GetObject, on the object of a key."""


def refused(operation: str, code: str, status: int = 403) -> ClientError:
    """The error of boto3 for an answer with such a code."""
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


@dataclass
class Stored:
    """A snapshot: its age and the ages of its exporters' signs in seconds.

    ``fails`` are the errors of operations on it or, for ListObjectsV2, on the signs of its exporters.
    """

    body: bytes
    age: int = 7200
    encryption: str | None = "AES256"
    signs: tuple[int, ...] = (240,)
    uploader: str = "5c6c7b9e-0d6f-4a57-9a0e-2f3f3c2c8a11"
    fails: dict[str, Exception] = field(default_factory=dict)


@dataclass
class Storage:
    """What the bucket holds, by gateway version, and its features in the words of S3."""

    url: StorageUrl
    now: datetime
    snapshots: dict[str, Stored]
    features: dict[str, Any] = field(default_factory=dict)
    fails: Exception | None = None

    def client(self, may: May = lambda operation, key: True) -> Any:
        """A client with a key that may do so much."""
        return _Client(self, may)


class _Client:
    """The methods of boto3's S3 client that the collection calls."""

    def __init__(self, storage: Storage, may: May) -> None:
        self._storage = storage
        self._may = may
        self.meta = SimpleNamespace(events=SimpleNamespace(register_first=lambda event, handler: None))

    def head_object(self, **asked: Any) -> dict[str, Any]:
        stored = self._stored("HeadObject", asked["Key"])
        return {
            "ETag": '"etag"',
            "ContentLength": len(stored.body),
            "LastModified": self._ago(stored.age),
            "VersionId": "v9",
            "Metadata": {"uploader": stored.uploader},
            **({"ServerSideEncryption": stored.encryption} if stored.encryption else {}),
        }

    def get_object(self, **asked: Any) -> dict[str, Any]:
        stored = self._stored("GetObject", asked["Key"])
        return {**self.head_object(Key=asked["Key"]), "Body": io.BytesIO(stored.body)}

    def put_object(self, **asked: Any) -> dict[str, Any]:
        self._check("PutObject", asked["Key"])
        if "ContentMD5" in asked:
            raise refused("PutObject", "BadDigest", 400)
        return {"ETag": f'"{hashlib.sha256(asked["Body"]).hexdigest()[:32]}"'}

    def delete_object(self, **asked: Any) -> dict[str, Any]:
        self._check("DeleteObject", asked["Key"])
        return {}

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        prefix = asked["Prefix"]
        self._check("ListObjectsV2", prefix)
        if asked.get("Delimiter"):
            return {"CommonPrefixes": [{"Prefix": f"{prefix}{version}/"} for version in self._storage.snapshots]}
        version = prefix.split("/")[1]
        stored = self._storage.snapshots.get(version)
        if stored is None:
            return {}
        if "ListObjectsV2" in stored.fails:
            raise stored.fails["ListObjectsV2"]
        signs = [
            {"Key": f"{prefix}node-{age}", "Size": 2, "ETag": "e", "LastModified": self._ago(age)}
            for age in stored.signs
        ]
        return {"Contents": signs}

    def list_object_versions(self, **asked: Any) -> dict[str, Any]:
        """The last versions, each a day older than the next."""
        stored = self._stored("ListObjectVersions", asked["Prefix"])
        versions = [
            {
                "Key": asked["Prefix"],
                "VersionId": f"v{9 - day}",
                "LastModified": self._ago(day * 86_400),
                "IsLatest": day == 0,
                "ETag": '"etag"',
                "Size": len(stored.body) - 40 * day,
            }
            for day in range(5)
        ]
        return {"Versions": versions}

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """The calls that get or put a feature of the bucket."""
        verb, _separator, feature = name.partition("_")
        feature = feature.removeprefix("bucket_")
        if verb == "put":
            return lambda **asked: self._put(feature, asked)
        if verb == "get":
            return lambda **asked: self._get(feature)
        raise AttributeError(name)

    def _put(self, feature: str, asked: dict[str, Any]) -> dict[str, Any]:
        (name,) = asked.keys() - {"Bucket"}
        self._storage.features[feature] = asked[name] if name in _PUT_IN else {name: asked[name]}
        return {}

    def _get(self, feature: str) -> dict[str, Any]:
        if self._storage.fails:
            raise self._storage.fails
        if feature not in self._storage.features and feature in _NO_FEATURE:
            raise refused(f"Get {feature}", _NO_FEATURE[feature], 404)
        return dict(self._storage.features.get(feature, {}))

    def _stored(self, operation: str, key: str) -> Stored:
        self._check(operation, key)
        stored = self._storage.snapshots.get(key.split("/")[1])
        if stored is None:
            raise refused(operation, "NoSuchKey", 404)
        if operation in stored.fails:
            raise stored.fails[operation]
        return stored

    def _check(self, operation: str, key: str) -> None:
        if self._storage.fails:
            raise self._storage.fails
        if not self._may(operation, key):
            raise refused(operation, "AccessDenied")

    def _ago(self, seconds: float) -> datetime:
        return self._storage.now - timedelta(seconds=seconds)
