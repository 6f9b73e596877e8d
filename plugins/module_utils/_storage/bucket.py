# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The features of a bucket in boto3's terms: read, set, and what the store lacks.

A store reports a missing feature whether the bucket exists or not, so check mode learns as much
as a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import UNSUPPORTED_CODES, CallFailed, call
from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import (
    ENCRYPTION,
    LIFECYCLE,
    OBJECT_LOCK,
    OWNERSHIP,
    POLICY,
    PUBLIC_ACCESS,
    REPLICATION,
    TAGS,
    VERSIONING,
    Posture,
)

_NO_BUCKET = "NoSuchBucket"
_OURS_ALREADY = "BucketAlreadyOwnedByYou"


@dataclass(frozen=True)
class FeatureCalls:
    """The calls for one feature of a bucket.

    ``get`` is the method that reads it, ``absent`` the code of a bucket without it (None: the answer says so), and
    ``value`` extracts the feature from the answer. ``put`` is the method that sets it; ``arguments`` returns its
    arguments.
    """

    get: str
    absent: str | None
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


def _object_lock(answer: Mapping[str, Any]) -> Any:
    retention = answer["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention")
    if not retention:
        return None
    return {"mode": retention["Mode"], "days": retention.get("Days") or 365 * retention["Years"]}


def _object_lock_arguments(value: Mapping[str, Any]) -> dict[str, Any]:
    rule = {"DefaultRetention": {"Mode": value["mode"], "Days": value["days"]}}
    return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": rule}}


_CALLS: Mapping[str, FeatureCalls] = {
    VERSIONING: FeatureCalls(
        "get_bucket_versioning",
        None,
        lambda answer: answer.get("Status"),
        "put_bucket_versioning",
        lambda value: {"VersioningConfiguration": {"Status": value}},
    ),
    ENCRYPTION: FeatureCalls(
        "get_bucket_encryption",
        "ServerSideEncryptionConfigurationNotFoundError",
        _encryption,
        "put_bucket_encryption",
        _encryption_arguments,
    ),
    PUBLIC_ACCESS: FeatureCalls(
        "get_public_access_block",
        "NoSuchPublicAccessBlockConfiguration",
        lambda answer: answer["PublicAccessBlockConfiguration"],
        "put_public_access_block",
        lambda value: {"PublicAccessBlockConfiguration": value},
    ),
    OWNERSHIP: FeatureCalls(
        "get_bucket_ownership_controls",
        "OwnershipControlsNotFoundError",
        lambda answer: answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "put_bucket_ownership_controls",
        lambda value: {"OwnershipControls": {"Rules": [{"ObjectOwnership": value}]}},
    ),
    POLICY: FeatureCalls(
        "get_bucket_policy",
        "NoSuchBucketPolicy",
        lambda answer: json.loads(answer["Policy"]),
        "put_bucket_policy",
        lambda value: {"Policy": json.dumps(value)},
        "delete_bucket_policy",
    ),
    LIFECYCLE: FeatureCalls(
        "get_bucket_lifecycle_configuration",
        "NoSuchLifecycleConfiguration",
        _lifecycle,
        "put_bucket_lifecycle_configuration",
        _lifecycle_arguments,
        "delete_bucket_lifecycle",
    ),
    TAGS: FeatureCalls(
        "get_bucket_tagging",
        "NoSuchTagSet",
        lambda answer: boto3_tag_list_to_ansible_dict(answer["TagSet"]),
        "put_bucket_tagging",
        lambda value: {"Tagging": {"TagSet": ansible_dict_to_boto3_tag_list(value)}},
        "delete_bucket_tagging",
    ),
    OBJECT_LOCK: FeatureCalls(
        "get_object_lock_configuration",
        "ObjectLockConfigurationNotFoundError",
        _object_lock,
        "put_object_lock_configuration",
        _object_lock_arguments,
    ),
    REPLICATION: FeatureCalls(
        "get_bucket_replication",
        "ReplicationConfigurationNotFoundError",
        lambda answer: answer["ReplicationConfiguration"],
        "put_bucket_replication",
        lambda value: {"ReplicationConfiguration": value},
    ),
}


def read_posture(s3: Any, bucket: str, names: Sequence[str]) -> Posture:
    """These features of a bucket. Raises OperationFailed; a feature that is denied is not absent."""
    answers = {name: _get(s3, bucket, name) for name in names}
    return Posture(
        exists=all(code != _NO_BUCKET for _value, code in answers.values()),
        features={name: value for name, (value, _code) in answers.items()},
        unsupported=tuple(name for name, (_value, code) in answers.items() if code in UNSUPPORTED_CODES),
    )


def _get(s3: Any, bucket: str, name: str) -> tuple[Any, str | None]:
    """A feature; or None, and the code that says why."""
    feature, trying = _CALLS[name], f"read the {_words(name)} of the bucket {bucket}"
    try:
        return feature.value(call(getattr(s3, feature.get), trying, Bucket=bucket)), None
    except CallFailed as error:
        if error.code in (_NO_BUCKET, feature.absent, *UNSUPPORTED_CODES):
            return None, error.code
        raise


def set_posture(s3: Any, bucket: str, region: str | None, found: Posture, target: Posture) -> tuple[str, ...]:
    """Turn what was found into the target; returns the features that the store lacks.

    Raises OperationFailed. Every change is independent, and the next run makes those that are missing.
    """
    if not found.exists:
        _create(s3, bucket, region, is_locked=OBJECT_LOCK in target.features)
    return tuple(name for name in found.changes_to(target) if not _set(s3, bucket, name, target.features[name]))


def _create(s3: Any, bucket: str, region: str | None, is_locked: bool) -> None:
    how: dict[str, Any] = {}
    if region and region != "us-east-1":  # The only region that S3 refuses as a constraint.
        how["CreateBucketConfiguration"] = {"LocationConstraint": region}
    if is_locked:  # Not every store can turn it on later.
        how["ObjectLockEnabledForBucket"] = True
    try:
        call(s3.create_bucket, f"create the bucket {bucket}", Bucket=bucket, **how)
    except CallFailed as error:
        if error.code != _OURS_ALREADY:
            raise


def _set(s3: Any, bucket: str, name: str, value: Any) -> bool:
    """Set a feature, or delete it if it is to be None; returns whether the store has it."""
    feature, trying = _CALLS[name], f"set the {_words(name)} of the bucket {bucket}"
    deletes = value is None and feature.delete
    method, arguments = (feature.delete, {}) if deletes else (feature.put, feature.arguments(value))
    try:
        # A new bucket is not known everywhere immediately.
        call(getattr(s3, str(method)), trying, retry_on=[_NO_BUCKET], Bucket=bucket, **arguments)
    except CallFailed as error:
        # A store that does not know a feature may take the request for one to create the bucket.
        if error.code in (*UNSUPPORTED_CODES, _OURS_ALREADY):
            return False
        raise
    return True


def bucket_exists(s3: Any, bucket: str) -> bool:
    """Whether there is such a bucket."""
    return read_posture(s3, bucket, [VERSIONING]).exists


def bucket_is_empty(s3: Any, bucket: str) -> bool:
    """Whether a bucket is empty, including old versions."""
    answer = call(s3.list_object_versions, f"look into the bucket {bucket}", Bucket=bucket, MaxKeys=1)
    return not answer.get("Versions") and not answer.get("DeleteMarkers")


def delete_bucket(s3: Any, bucket: str) -> None:
    """Delete an empty bucket."""
    call(s3.delete_bucket, f"delete the bucket {bucket}", Bucket=bucket)


def _words(name: str) -> str:
    return name.replace("_", " ")
