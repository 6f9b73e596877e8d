# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The posture of a bucket, feature by feature: as it is, and as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

from ansible_collections.kongops.fallback.plugins.module_utils._storage.lifecycle import merged_rules, same_rules
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import (
    bucket_statements,
    merged_policy,
    partition,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.replication import replicating
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

VERSIONING = "versioning"
ENCRYPTION = "encryption"
PUBLIC_ACCESS = "public_access"
OWNERSHIP = "ownership"
POLICY = "policy"
LIFECYCLE = "lifecycle"
TAGS = "tags"
OBJECT_LOCK = "object_lock"
REPLICATION = "replication"
FEATURES = (VERSIONING, ENCRYPTION, PUBLIC_ACCESS, OWNERSHIP, POLICY, LIFECYCLE, TAGS, OBJECT_LOCK, REPLICATION)

AES256 = "aes256"
KMS = "kms"
KEEP = "keep"
ENCRYPTIONS = (AES256, KMS, KEEP)

_NO_PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Posture:
    """The requested features of a bucket by name; None if the bucket lacks it."""

    exists: bool
    features: Mapping[str, Any]
    unsupported: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The posture as a diff shows it."""
        return dict(self.features) if self.exists else {}

    def changes_to(self, target: Posture) -> list[str]:
        """The features to set to get from this posture to another."""
        return [name for name in target.features if self.features[name] != target.features[name]]


@dataclass(frozen=True)
class BucketWish:
    """What is asked of a bucket; None or empty leaves a feature as it is.

    ``versions`` are the gateway versions whose election objects expire; days of 0 mean never. With ``lock_days`` no
    version of an object can be deleted for so long. S3 copies each object to the bucket of ``replica`` as the role
    ``replication_role`` (ARN).
    """

    versioning: bool = True
    encryption: str = AES256
    kms_key: str | None = None
    tls_only: bool = True
    vpc_endpoints: Sequence[str] = ()
    versions: Sequence[str] = ()
    election_days: int = 7
    noncurrent_days: int = 90
    lock_days: int = 0
    replica: StorageUrl | None = None
    replication_role: str = ""
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True

    def asks_about(self) -> list[str]:
        """The features to read."""
        silent = {
            VERSIONING: not self.versioning,
            ENCRYPTION: self.encryption == KEEP,
            TAGS: self.tags is None,
            OBJECT_LOCK: not self.lock_days,
            REPLICATION: not self.replica,
        }
        return [name for name in FEATURES if not silent.get(name)]

    def on(self, found: Posture, storage: StorageUrl, region: str | None) -> Posture:
        """The posture that fulfils this wish; a feature that fulfils it already stays exactly as it was found."""
        wanted: dict[str, Any] = {
            VERSIONING: "Enabled",
            ENCRYPTION: self._encryption(),
            PUBLIC_ACCESS: dict.fromkeys(_NO_PUBLIC_ACCESS, True),
            OWNERSHIP: "BucketOwnerEnforced",
            POLICY: self._policy(found.features.get(POLICY), storage, region),
            LIFECYCLE: self._lifecycle(found.features.get(LIFECYCLE), storage),
            TAGS: self._tags(found.features.get(TAGS)),
            OBJECT_LOCK: {"mode": "GOVERNANCE", "days": self.lock_days},
            REPLICATION: self._replication(found.features.get(REPLICATION), storage, region),
        }
        features = {
            name: value if name in found.unsupported or _fulfils(name, value, wanted[name]) else wanted[name]
            for name, value in found.features.items()
        }
        return Posture(True, features, found.unsupported)

    def _encryption(self) -> dict[str, Any]:
        if self.encryption == KMS:
            # A bucket key saves nearly all calls to KMS, and their cost.
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

    def _replication(self, found: Any, storage: StorageUrl, region: str | None) -> Any:
        if not self.replica:
            return found
        rules = (found or {}).get("Rules", [])
        return {
            "Role": self.replication_role,
            "Rules": replicating(rules, storage, f"arn:{partition(region)}:s3:::{self.replica.bucket}"),
        }

    def _tags(self, found: Any) -> dict[str, str] | None:
        wanted = {str(name): str(value) for name, value in (self.tags or {}).items()}
        return {**({} if self.purge_tags else found or {}), **wanted} or None


def _fulfils(name: str, found: Any, wanted: Any) -> bool:
    if found is None or wanted is None:
        return found is wanted
    if name == POLICY:
        return not compare_policies(found, wanted)
    if name == LIFECYCLE:
        return same_rules(found["Rules"], wanted["Rules"])
    if name == ENCRYPTION and wanted["algorithm"] == "AES256":
        return True  # Any default encryption is at least as strong.
    if name == REPLICATION:
        return bool(found["Role"] == wanted["Role"] and same_rules(found["Rules"], wanted["Rules"]))
    if name == OBJECT_LOCK:
        return bool(found["days"] >= wanted["days"])  # Any mode; a lock is never shortened.
    return bool(found == wanted)
