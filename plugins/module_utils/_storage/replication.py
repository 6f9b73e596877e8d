# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication rule for one fallback storage among those that a bucket already has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

Rule = Mapping[str, Any]


def replicating(current: Sequence[Rule], storage: StorageUrl, bucket_arn: str) -> list[dict[str, Any]]:
    """The rules of the bucket with ours as it should be, and all others as they are.

    Deleted objects stay in the replica: a fallback storage normally deletes nothing (fact 2.6).
    """
    name = f"kong-fallback:{storage.prefix}:replica"
    others = [dict(rule) for rule in current if rule.get("ID") != name]
    own = next((rule for rule in current if rule.get("ID") == name), {})
    # Two rules of one bucket must differ in it.
    priority = own.get("Priority") or max((rule.get("Priority", 0) for rule in others), default=0) + 1
    rule = {
        "ID": name,
        "Priority": priority,
        "Status": "Enabled",
        "Filter": {"Prefix": f"{storage.prefix}/"},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": bucket_arn},
    }
    return [*others, rule]


def check_replica(storage: StorageUrl, replica: StorageUrl, role: str) -> None:
    """Raise InvalidInput for a replica that S3 cannot keep."""
    if replica.prefix != storage.prefix:
        raise InvalidInput(
            f"replica is {replica}, but S3 replicates objects only under their own names: give another bucket"
            f" with the prefix {storage.prefix}."
        )
    if replica.bucket == storage.bucket:
        raise InvalidInput(f"replica is {replica}, which is the storage itself: give another bucket.")
    if not role:
        raise InvalidInput("replica needs replication_role: give the ARN of the role with which S3 copies the objects.")
