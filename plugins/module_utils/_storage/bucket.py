# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The posture of a bucket, feature by feature: as it is, as it should be, and from one to the other.

A store that lacks a feature says so when it is asked for it, with a bucket or without; so
check mode learns as much as a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import UNSUPPORTED, CallFailed, call
from ansible_collections.kongops.fallback.plugins.module_utils._storage.lifecycle import merged_rules, same_rules
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import (
    bucket_statements,
    merged_policy,
    partition,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

BUCKET = "bucket"
VERSIONING = "versioning"
ENCRYPTION = "encryption"
PUBLIC_ACCESS = "public_access"
OWNERSHIP = "ownership"
POLICY = "policy"
LIFECYCLE = "lifecycle"
TAGS = "tags"

AES256 = "aes256"
KMS = "kms"
KEEP = "keep"
ENCRYPTIONS = (AES256, KMS, KEEP)

_NO_BUCKET = "NoSuchBucket"
_NO_PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Feature:
    """One feature of a bucket, in boto3's words.

    ``get`` is the method that reads it and ``absent`` the code that says there is none; ``value`` takes from the answer
    what counts. ``put`` is the method that sets it and ``arguments`` makes its arguments.
    """

    get: str
    absent: str
    value: Callable[[Mapping[str, Any]], Any]
    put: str
    arguments: Callable[[Any], dict[str, Any]]
    delete: str | None = None


def _encryption(answer: Mapping[str, Any]) -> Any:
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    return {
        "algorithm": default["SSEAlgorithm"],
        "key": default.get("KMSMasterKeyID"),
        "bucket_key": rule.get("BucketKeyEnabled", False),
    }


def _encryption_arguments(value: Mapping[str, Any]) -> dict[str, Any]:
    default = {"SSEAlgorithm": value["algorithm"], **({"KMSMasterKeyID": value["key"]} if value["key"] else {})}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": value["bucket_key"]}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def _lifecycle(answer: Mapping[str, Any]) -> Any:
    return {name: answer[name] for name in ("Rules", "TransitionDefaultMinimumObjectSize") if name in answer}


def _lifecycle_arguments(value: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: value[name] for name in value if name != "Rules"}
    return {"LifecycleConfiguration": {"Rules": value["Rules"]}, **others}


FEATURES: Mapping[str, Feature] = {
    VERSIONING: Feature(
        "get_bucket_versioning",
        "",
        lambda answer: answer.get("Status"),
        "put_bucket_versioning",
        lambda value: {"VersioningConfiguration": {"Status": value}},
    ),
    ENCRYPTION: Feature(
        "get_bucket_encryption",
        "ServerSideEncryptionConfigurationNotFoundError",
        _encryption,
        "put_bucket_encryption",
        _encryption_arguments,
    ),
    PUBLIC_ACCESS: Feature(
        "get_public_access_block",
        "NoSuchPublicAccessBlockConfiguration",
        lambda answer: answer["PublicAccessBlockConfiguration"],
        "put_public_access_block",
        lambda value: {"PublicAccessBlockConfiguration": value},
    ),
    OWNERSHIP: Feature(
        "get_bucket_ownership_controls",
        "OwnershipControlsNotFoundError",
        lambda answer: answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "put_bucket_ownership_controls",
        lambda value: {"OwnershipControls": {"Rules": [{"ObjectOwnership": value}]}},
    ),
    POLICY: Feature(
        "get_bucket_policy",
        "NoSuchBucketPolicy",
        lambda answer: json.loads(answer["Policy"]),
        "put_bucket_policy",
        lambda value: {"Policy": json.dumps(value)},
        "delete_bucket_policy",
    ),
    LIFECYCLE: Feature(
        "get_bucket_lifecycle_configuration",
        "NoSuchLifecycleConfiguration",
        _lifecycle,
        "put_bucket_lifecycle_configuration",
        _lifecycle_arguments,
        "delete_bucket_lifecycle",
    ),
    TAGS: Feature(
        "get_bucket_tagging",
        "NoSuchTagSet",
        lambda answer: boto3_tag_list_to_ansible_dict(answer["TagSet"]),
        "put_bucket_tagging",
        lambda value: {"Tagging": {"TagSet": ansible_dict_to_boto3_tag_list(value)}},
        "delete_bucket_tagging",
    ),
}


@dataclass(frozen=True)
class Posture:
    """A bucket's features by name, those that somebody asked about; None: there is none of it."""

    exists: bool
    features: Mapping[str, Any]
    unsupported: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The posture as a diff shows it."""
        return dict(self.features) if self.exists else {}


@dataclass(frozen=True)
class Wish:
    """What is asked of a bucket; None or empty leaves a thing as it is.

    ``versions`` are the gateway versions whose election objects shall expire; days of 0 mean never.
    """

    versioning: bool = True
    encryption: str = AES256
    kms_key: str | None = None
    tls_only: bool = True
    vpc_endpoints: Sequence[str] = ()
    versions: Sequence[str] = ()
    election_days: int = 7
    noncurrent_days: int = 90
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True

    def asks_about(self) -> list[str]:
        """The features to look at."""
        silent = {VERSIONING: not self.versioning, ENCRYPTION: self.encryption == KEEP, TAGS: self.tags is None}
        return [name for name in FEATURES if not silent.get(name)]

    def on(self, found: Posture, storage: StorageUrl, region: str | None) -> Posture:
        """The posture that fulfils this wish, from what was found; equal to it when there is nothing to do."""
        wanted: dict[str, Any] = {
            VERSIONING: "Enabled",
            ENCRYPTION: self._encryption(),
            PUBLIC_ACCESS: dict.fromkeys(_NO_PUBLIC_ACCESS, True),
            OWNERSHIP: "BucketOwnerEnforced",
            POLICY: self._policy(found.features.get(POLICY), storage, region),
            LIFECYCLE: self._lifecycle(found.features.get(LIFECYCLE), storage),
            TAGS: self._tags(found.features.get(TAGS)),
        }
        features = {
            name: value if name in found.unsupported or _same(name, value, wanted[name]) else wanted[name]
            for name, value in found.features.items()
        }
        return Posture(True, features, found.unsupported)

    def _encryption(self) -> dict[str, Any]:
        if self.encryption == KMS:
            # A bucket key spares nearly all calls to KMS, and their price.
            return {"algorithm": "aws:kms", "key": self.kms_key, "bucket_key": True}
        return {"algorithm": "AES256", "key": None, "bucket_key": False}

    def _policy(self, found: Any, storage: StorageUrl, region: str | None) -> Any:
        ours = bucket_statements(
            storage.bucket, partition=partition(region), tls_only=self.tls_only, vpc_endpoints=self.vpc_endpoints
        )
        return merged_policy(found, ours)

    def _lifecycle(self, found: Any, storage: StorageUrl) -> Any:
        rules = merged_rules(
            (found or {}).get("Rules", []),
            storage,
            versions=self.versions,
            election_days=self.election_days,
            noncurrent_days=self.noncurrent_days,
        )
        return {**(found or {}), "Rules": rules} if rules else None

    def _tags(self, found: Any) -> dict[str, str] | None:
        wanted = {str(name): str(value) for name, value in (self.tags or {}).items()}
        return {**({} if self.purge_tags else found or {}), **wanted} or None


def _same(name: str, found: Any, wanted: Any) -> bool:
    if found is None or wanted is None:
        return found is wanted
    if name == POLICY:
        return not compare_policies(found, wanted)
    if name == LIFECYCLE:
        return same_rules(found["Rules"], wanted["Rules"])
    if name == ENCRYPTION and wanted["algorithm"] == "AES256":
        return True  # Whatever the bucket encrypts with is at least that.
    return bool(found == wanted)


def read(s3: Any, bucket: str, names: Sequence[str]) -> Posture:
    """The posture of a bucket, these features of it. Raises OperationFailed; a feature that is denied is not absent."""
    features: dict[str, Any] = {}
    unsupported, exists = [], True
    for name in names:
        try:
            features[name] = _get(s3, bucket, name)
        except CallFailed as error:  # noqa: PERF203
            features[name] = None
            if error.code == _NO_BUCKET:
                exists = False
            elif error.code in UNSUPPORTED:
                unsupported.append(name)
            elif error.code != FEATURES[name].absent:
                raise
    return Posture(exists, features, tuple(unsupported))


def _get(s3: Any, bucket: str, name: str) -> Any:
    feature, trying = FEATURES[name], f"read the {_words(name)} of the bucket {bucket}"
    return feature.value(call(getattr(s3, feature.get), trying, Bucket=bucket))


def bring(s3: Any, bucket: str, region: str | None, found: Posture, target: Posture) -> tuple[str, ...]:
    """Turn what was found into the target; returns the features that the store turned out to lack.

    Raises OperationFailed. Every change stands alone, and the next run makes those that are missing.
    """
    if not found.exists:
        create(s3, bucket, region)
    lacking = []
    for name in changes(found, target):
        try:
            _set(s3, bucket, name, target.features[name])
        except CallFailed as error:  # noqa: PERF203
            if error.code not in UNSUPPORTED:
                raise
            lacking.append(name)
    return tuple(lacking)


def changes(found: Posture, target: Posture) -> list[str]:
    """The features to set."""
    return [name for name in target.features if found.features[name] != target.features[name]]


def create(s3: Any, bucket: str, region: str | None) -> None:
    """Make a bucket in a region."""
    where: dict[str, Any] = {}
    if region and region != "us-east-1":  # The one region that is no constraint.
        where["CreateBucketConfiguration"] = {"LocationConstraint": region}
    try:
        call(s3.create_bucket, f"create the bucket {bucket}", Bucket=bucket, **where)
    except CallFailed as error:
        if error.code != "BucketAlreadyOwnedByYou":
            raise


def _set(s3: Any, bucket: str, name: str, value: Any) -> None:
    feature, trying = FEATURES[name], f"set the {_words(name)} of the bucket {bucket}"
    # A bucket that has just been made is not known everywhere at once.
    if value is None and feature.delete:
        call(getattr(s3, feature.delete), trying, retry_on=[_NO_BUCKET], Bucket=bucket)
    else:
        call(getattr(s3, feature.put), trying, retry_on=[_NO_BUCKET], Bucket=bucket, **feature.arguments(value))


def exists(s3: Any, bucket: str) -> bool:
    """Whether there is such a bucket."""
    return read(s3, bucket, [VERSIONING]).exists


def is_empty(s3: Any, bucket: str) -> bool:
    """Whether a bucket holds nothing, old versions included."""
    answer = call(s3.list_object_versions, f"look into the bucket {bucket}", Bucket=bucket, MaxKeys=1)
    return not answer.get("Versions") and not answer.get("DeleteMarkers")


def remove(s3: Any, bucket: str) -> None:
    """Delete an empty bucket."""
    call(s3.delete_bucket, f"delete the bucket {bucket}", Bucket=bucket)


def _words(name: str) -> str:
    return name.replace("_", " ")
