# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots in S3, through a boto3 client given as an argument."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

with suppress(ImportError):  # AnsibleAWSModule says so before anything here is called.
    from botocore.exceptions import BotoCoreError

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import Unreadable, json_text
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import LARGEST
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import DENIED, MISSING, UNREACHABLE
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import (
    DENIED_CODES,
    UNKNOWN_KEY_CODES,
    UNSUPPORTED_CODES,
    CallFailed,
    call,
    client_of,
    client_of_place,
    first_line,
    s3_storage,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

NO_BUCKET = "no-bucket"
TOO_BIG = "too-big"
CHANGED = "changed"
UNSUPPORTED = "unsupported"

_OUR_OWN = ("Bucket", "Key", "Body", "ChecksumAlgorithm", "ChecksumSHA256", "IfMatch", "IfNoneMatch", "Metadata")

_REASONS = {
    NO_BUCKET: ("NoSuchBucket",),
    MISSING: ("NoSuchKey", "NoSuchVersion", "NotFound", "404"),
    CHANGED: ("PreconditionFailed", "412", "ConditionalRequestConflict", "409"),
    UNSUPPORTED: UNSUPPORTED_CODES,
    # HEAD has no body: a 400 is how S3 answers it for an expired or mistyped token.
    DENIED: (*DENIED_CODES, *UNKNOWN_KEY_CODES, "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed", "400"),
}
_REASON_OF = {code: reason for reason, codes in _REASONS.items() for code in codes}


class StoreFailed(OperationFailed):
    """A call that the store did not carry out.

    ``reason`` is one of the outcomes ``missing``, ``denied`` and ``unreachable``, or ``no-bucket``, or ``changed`` (the
    condition of a write was not met), or ``unsupported`` (the store lacks the feature), or ``too-big``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Head:
    """What S3 says about an object besides its body.

    ``size`` is in bytes, ``uploader`` the node id of the exporter (fact 3.4), ``encryption`` how the store encrypts it.
    """

    etag: str
    size: int
    last_modified: datetime
    version_id: str | None = None
    uploader: str | None = None
    encryption: str | None = None


@dataclass(frozen=True)
class StoredObject:
    """An object with its body and the SHA-256 of that, in hexadecimal."""

    head: Head
    body: bytes
    sha256: str


@dataclass(frozen=True)
class StoredText:
    """A snapshot as text, and the SHA-256 of its bytes, which are not kept.

    ``texts`` is for ``read_json_text``, which takes the one text; it is empty if the snapshot is ``unreadable``.
    """

    head: Head
    sha256: str
    texts: list[str] = field(repr=False)
    unreadable: Finding | None = None


@dataclass(frozen=True)
class Version:
    """One version of an object, or the mark that it was deleted then; ``size`` in bytes."""

    version_id: str
    last_modified: datetime
    is_latest: bool
    deleted: bool
    etag: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class SeenExporter:
    """An exporter by its election object (fact 3.2)."""

    node_id: str
    last_seen: datetime


@dataclass(frozen=True)
class Listed:
    """An object as a listing has it; ``size`` in bytes."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class WrittenObject:
    """A successful write; ``checksum_confirmed`` when the store answered with the checksum it computed."""

    etag: str
    version_id: str | None
    checksum_confirmed: bool


@dataclass(frozen=True)
class SnapshotStore:
    """The objects of one fallback storage on S3, up to ``max_size`` bytes each.

    All methods raise StoreFailed, whose text says what was tried, on what, and what to do.
    """

    client: Any
    storage: StorageUrl
    max_size: int = LARGEST

    def check_s3_config(self, s3_config: Mapping[str, Any]) -> None:
        """Raise InvalidInput unless these are further arguments of PutObject that a write may have."""
        known = self.client.meta.service_model.operation_model("PutObject").input_shape.members
        for name, value in s3_config.items():
            if name in _OUR_OWN:
                raise InvalidInput(f"s3_config has {name}, which the module sets itself: leave it out.")
            if name not in known or isinstance(value, (dict, list)):
                raise InvalidInput(
                    f"s3_config has {name}, which PutObject does not accept with this value: correct it."
                )

    def head(self, key: str) -> Head:
        """The object's headers; one request."""
        head = _head(self._call("look at", key, "s3:GetObject", self.client.head_object, Key=key))
        self._refuse_too_big(key, head.size)
        return head

    def get(self, key: str, version_id: str | None = None) -> StoredObject:
        """The object with its body, in one request."""
        version = {"VersionId": version_id} if version_id else {}
        permission = "s3:GetObjectVersion" if version_id else "s3:GetObject"
        trying = f"read version {version_id} of" if version_id else "read"
        response = self._call(trying, key, permission, self.client.get_object, Key=key, **version)
        self._refuse_too_big(key, response["ContentLength"])
        with self._streaming(key):
            body = response["Body"].read()
        return StoredObject(_head(response), body, hashlib.sha256(body).hexdigest())

    def get_text(self, key: str, version_id: str | None = None) -> StoredText:
        """The snapshot as text, in one request."""
        return text_of(self.get(key, version_id))

    def put(
        self, key: str, body: bytes, *, replaces: str | None, metadata: Mapping[str, str], s3_config: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object in one request, if it still has the ETag ``replaces`` (None: if it does not exist)."""
        condition = {"IfMatch": f'"{replaces}"'} if replaces else {"IfNoneMatch": "*"}
        return self._put(key, body, {**s3_config, **condition, "Metadata": dict(metadata)})

    def put_unconditionally(
        self, key: str, body: bytes, *, metadata: Mapping[str, str], s3_config: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object unconditionally: only for stores that ignore conditions."""
        return self._put(key, body, {**s3_config, "Metadata": dict(metadata)})

    def keeps_conditions(self, probe_key: str) -> bool:
        """Whether the store refuses a write whose condition is not met, tested with an empty object that stays
        there."""
        there = self._refuses(probe_key, IfNoneMatch="*") or self._refuses(probe_key, IfNoneMatch="*")
        return there and self._refuses(probe_key, IfMatch=f'"{"0" * 32}"')

    def delete(self, key: str) -> None:
        """Delete the object; in a versioned bucket its versions stay."""
        self._call("delete", key, "s3:DeleteObject", self.client.delete_object, Key=key)

    def versions(self, key: str, limit: int) -> list[Version]:
        """The newest versions of the object, newest first, delete markers included."""
        permission, method = "s3:ListBucketVersions", self.client.list_object_versions
        answer = self._call("list the versions of", key, permission, method, Prefix=key, MaxKeys=limit)
        found = [_version(entry, deleted=False) for entry in answer.get("Versions", []) if entry["Key"] == key]
        found += [_version(entry, deleted=True) for entry in answer.get("DeleteMarkers", []) if entry["Key"] == key]
        return sorted(found, key=lambda version: (version.last_modified, version.is_latest), reverse=True)

    def exporters(self, election_prefix: str) -> list[SeenExporter]:
        """The exporters by their heartbeat, newest first (fact 3.2)."""
        found = [
            SeenExporter(entry["Key"][len(election_prefix) :], entry["LastModified"])
            for page in self._pages(election_prefix)
            for entry in page.get("Contents", [])
        ]
        return sorted(found, key=lambda exporter: exporter.last_seen, reverse=True)

    def objects(self, prefix: str) -> Iterator[Listed]:
        """The objects whose keys begin with this; one request per thousand."""
        for page in self._pages(prefix):
            for entry in page.get("Contents", []):
                yield Listed(entry["Key"], entry["Size"], entry["ETag"].strip('"'))

    def gateway_versions(self) -> list[GatewayVersion]:
        """The gateway versions that have a folder in the storage (fact 3.1), in ascending order."""
        prefix = f"{self.storage.prefix}/"
        pages = self._pages(prefix, Delimiter="/")
        folders = [entry["Prefix"][len(prefix) : -1] for page in pages for entry in page.get("CommonPrefixes", [])]
        return sorted(_parsed(folders))

    def _pages(self, prefix: str, **arguments: str) -> Iterator[dict[str, Any]]:
        arguments["Prefix"] = prefix
        while True:
            page = self._call("list", prefix, "s3:ListBucket", self.client.list_objects_v2, **arguments)
            yield page
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def _refuse_too_big(self, key: str, size: int) -> None:
        if size > self.max_size:
            sentence = (
                f"Did not read s3://{self.storage.bucket}/{key}: it has {size} bytes, more than max_size of"
                f" {self.max_size} (kong_fallback_max_size in roles): raise it if the snapshot is right."
            )
            raise StoreFailed(TOO_BIG, sentence)

    def _refuses(self, key: str, **condition: str) -> bool:
        try:
            self._put(key, b"", condition)
        except StoreFailed as error:
            if error.reason not in (CHANGED, UNSUPPORTED):
                raise
            return error.reason == CHANGED
        return False

    def _put(self, key: str, body: bytes, arguments: Mapping[str, Any]) -> WrittenObject:
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        answer = self._call(
            "write",
            key,
            "s3:PutObject",
            self.client.put_object,
            Key=key,
            Body=body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=checksum,
            **{"ContentType": "application/json", **arguments},
        )
        return WrittenObject(
            etag=answer["ETag"].strip('"'),
            version_id=answer.get("VersionId"),
            checksum_confirmed=answer.get("ChecksumSHA256") == checksum,
        )

    def _call(self, action: str, key: str, permission: str, method: Any, **arguments: Any) -> dict[str, Any]:
        trying = f"{action} s3://{self.storage.bucket}/{key}"
        try:
            return call(method, trying, Bucket=self.storage.bucket, **arguments)
        except CallFailed as error:
            raise _failed(trying, self.storage.bucket, permission, error) from None

    @contextmanager
    def _streaming(self, key: str) -> Iterator[None]:
        where = f"s3://{self.storage.bucket}/{key}"
        try:
            with doing(f"read {where} to its end"):
                yield
        except BotoCoreError as error:
            sentence = f"Could not read {where} to its end: {first_line(error)}: try again."
            raise StoreFailed(UNREACHABLE, sentence) from None


def text_of(stored: StoredObject) -> StoredText:
    """A snapshot as text."""
    try:
        return StoredText(stored.head, stored.sha256, [json_text(stored.body)])
    except Unreadable as error:
        return StoredText(stored.head, stored.sha256, [], error.finding)


def snapshot_store(module: Any) -> SnapshotStore:
    """The store that the options of an ``AnsibleAWSModule`` name; raises InvalidInput."""
    storage = s3_storage(module.params["storage"])
    return SnapshotStore(client_of(module, "s3"), storage, module.params.get("max_size", LARGEST))


def other_store(module: Any, place: Mapping[str, Any]) -> SnapshotStore:
    """The store that the options ``OTHER_PLACE`` name; raises InvalidInput."""
    return SnapshotStore(client_of_place(module, place), s3_storage(place["storage"]))


def _parsed(names: Iterable[str]) -> Iterator[GatewayVersion]:
    """The names that are gateway versions; there may be others."""
    for name in names:
        with suppress(InvalidInput):
            yield parse_version(name)


def _head(response: Mapping[str, Any]) -> Head:
    return Head(
        etag=response["ETag"].strip('"'),
        size=response["ContentLength"],
        last_modified=response["LastModified"],
        version_id=response.get("VersionId"),
        uploader=response.get("Metadata", {}).get("uploader"),
        encryption=response.get("ServerSideEncryption"),
    )


def _version(entry: Mapping[str, Any], deleted: bool) -> Version:
    return Version(
        version_id=entry["VersionId"],
        last_modified=entry["LastModified"],
        is_latest=entry["IsLatest"],
        deleted=deleted,
        etag=entry["ETag"].strip('"') if "ETag" in entry else None,
        size=entry.get("Size"),
    )


def _failed(trying: str, bucket: str, permission: str, error: CallFailed) -> StoreFailed:
    """The failure with its reason, and the sentence for S3's particular ways of refusing."""
    reason = _REASON_OF.get(error.code, UNREACHABLE)
    if reason == NO_BUCKET:
        return StoreFailed(reason, f"Could not {trying}: there is no bucket {bucket}: create it, or correct storage.")
    if reason == MISSING and error.code != "NoSuchVersion":
        cure = "config_snapshot_info lists the existing ones"
        return StoreFailed(reason, f"Could not {trying}: there is no such object (404): {cure}.")
    if reason == CHANGED:
        return StoreFailed(reason, f"Could not {trying}: the object changed in the meantime.")
    if error.code in DENIED_CODES:
        missing = error.permission or permission
        # Without s3:ListBucket S3 does not say whether an object exists (fact 2.6).
        hint = (
            ", or there is no such object, which S3 reveals only to those with s3:ListBucket"
            if "Get" in missing
            else ""
        )
        return StoreFailed(reason, f"Could not {trying}: access denied: grant {missing}{hint}.")
    return StoreFailed(reason, str(error))
