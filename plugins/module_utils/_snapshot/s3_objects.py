# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in S3, through a boto3 client given as an argument."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

with suppress(ImportError):  # AnsibleAWSModule says so before anything here is called.
    from botocore.exceptions import BotoCoreError

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, first_line
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import DENIED, MISSING, UNREACHABLE
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    ABSENT,
    CHANGED,
    NO_BUCKET,
    UNSUPPORTED,
    WHATEVER,
    Head,
    Listed,
    Opened,
    StoreFailed,
    Version,
    WrittenObject,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import (
    DENIED_CODES,
    UNKNOWN_KEY_CODES,
    UNSUPPORTED_CODES,
    CallFailed,
    call,
)

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


@dataclass(frozen=True)
class S3Objects:
    """The objects of a bucket in S3."""

    client: Any
    bucket: str

    def check_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Raise InvalidInput unless these are further arguments of PutObject that a write may have."""
        known = self.client.meta.service_model.operation_model("PutObject").input_shape.members
        for name, value in arguments.items():
            if name in _OUR_OWN:
                raise InvalidInput(f"s3_config has {name}, which the module sets itself: leave it out.")
            if name not in known or isinstance(value, (dict, list)):
                raise InvalidInput(
                    f"s3_config has {name}, which PutObject does not accept with this value: correct it."
                )

    def head(self, key: str) -> Head:
        """The object's headers; one request."""
        return _head(self._call("look at", key, "s3:GetObject", self.client.head_object, Key=key))

    def open(self, key: str, version_id: str | None) -> Opened:
        """The object; one request."""
        version = {"VersionId": version_id} if version_id else {}
        permission = "s3:GetObjectVersion" if version_id else "s3:GetObject"
        trying = f"read version {version_id} of" if version_id else "read"
        response = self._call(trying, key, permission, self.client.get_object, Key=key, **version)

        def read() -> bytes:
            with self._streaming(key):
                return bytes(response["Body"].read())

        return Opened(_head(response), read)

    def put(
        self, key: str, body: bytes, replaces: str, metadata: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object in one request, with its checksum."""
        condition = {"IfNoneMatch": "*"} if replaces == ABSENT else {"IfMatch": f'"{replaces}"'}
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
            **{
                "ContentType": "application/json",
                **arguments,
                **({} if replaces == WHATEVER else condition),
                **({"Metadata": dict(metadata)} if metadata else {}),
            },
        )
        return WrittenObject(
            etag=answer["ETag"].strip('"'),
            version_id=answer.get("VersionId"),
            checksum_confirmed=answer.get("ChecksumSHA256") == checksum,
        )

    def delete(self, key: str) -> None:
        """Delete the object; in a versioned bucket its versions stay."""
        self._call("delete", key, "s3:DeleteObject", self.client.delete_object, Key=key)

    def versions(self, key: str, limit: int) -> list[Version]:
        """The newest versions of the object, delete markers included; one request."""
        permission, method = "s3:ListBucketVersions", self.client.list_object_versions
        answer = self._call("list the versions of", key, permission, method, Prefix=key, MaxKeys=limit)
        found = [_version(entry, deleted=False) for entry in answer.get("Versions", []) if entry["Key"] == key]
        return found + [
            _version(entry, deleted=True) for entry in answer.get("DeleteMarkers", []) if entry["Key"] == key
        ]

    def objects(self, prefix: str) -> Iterator[Listed]:
        """The objects whose keys begin with this; one request per thousand."""
        for page in self._pages(prefix):
            for entry in page.get("Contents", []):
                yield Listed(entry["Key"], entry["Size"], entry["ETag"].strip('"'), entry["LastModified"])

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders below a prefix."""
        for page in self._pages(prefix, Delimiter="/"):
            for entry in page.get("CommonPrefixes", []):
                yield entry["Prefix"][len(prefix) : -1]

    def _pages(self, prefix: str, **arguments: str) -> Iterator[dict[str, Any]]:
        arguments["Prefix"] = prefix
        while True:
            page = self._call("list", prefix, "s3:ListBucket", self.client.list_objects_v2, **arguments)
            yield page
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def _call(self, action: str, key: str, permission: str, method: Any, **arguments: Any) -> dict[str, Any]:
        trying = f"{action} s3://{self.bucket}/{key}"
        try:
            return call(method, trying, Bucket=self.bucket, **arguments)
        except CallFailed as error:
            raise _failed(trying, self.bucket, permission, error) from None

    @contextmanager
    def _streaming(self, key: str) -> Iterator[None]:
        where = f"s3://{self.bucket}/{key}"
        try:
            with doing(f"read {where} to its end"):
                yield
        except BotoCoreError as error:
            sentence = f"Could not read {where} to its end: {first_line(error)}: try again."
            raise StoreFailed(UNREACHABLE, sentence) from None


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
