# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket, from the options of a module to what the module returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Not by AnsibleAWSModule.warn, which passes warnings on in a way that ansible-core deprecates.
from ansible.module_utils.common.warnings import warn

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import is_plain_http, s3_storage
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import read_posture, set_posture
from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import (
    AES256,
    ENCRYPTIONS,
    FEATURES,
    BucketWish,
    Posture,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.replication import check_replica
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

BUCKET_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "versioning": {"type": "bool", "default": True},
    "encryption": {"type": "str", "choices": list(ENCRYPTIONS), "default": AES256},
    "kms_key": {"type": "str", "no_log": False},
    "tls_only": {"type": "bool", "default": True},
    "vpc_endpoints": {"type": "list", "elements": "str", "default": []},
    "gateway_versions": {"type": "list", "elements": "str", "default": []},
    "election_expiry_days": {"type": "int", "default": 7},
    "noncurrent_expiry_days": {"type": "int", "default": 90},
    "replica": {"type": "str"},
    "replication_role": {"type": "str", "default": ""},
    "required": {"type": "list", "elements": "str", "choices": list(FEATURES), "default": []},
}
"""The options of the documentation fragment ``bucket``."""

OK = "ok"
CHANGED = "changed"
UNSUPPORTED = "unsupported"


def check_bucket_options(params: Mapping[str, Any]) -> None:
    """Raise InvalidInput for contradictory options."""
    if params["tls_only"] and is_plain_http(params["endpoint_url"]):
        raise InvalidInput(
            "tls_only denies every request to an endpoint_url of plain HTTP: set tls_only to false, or use https://."
        )
    for name in ("election_expiry_days", "noncurrent_expiry_days", "object_lock_days"):
        if params.get(name, 0) < 0:
            raise InvalidInput(f"{name} is {params[name]}: give a number of days, or 0 for never.")
    if params["replica"]:
        check_replica(s3_storage(params["storage"]), s3_storage(params["replica"]), params["replication_role"])


def _wish_of(params: Mapping[str, Any]) -> BucketWish:
    """The wish of the options for the bucket."""
    return BucketWish(
        versioning=params["versioning"],
        encryption=params["encryption"],
        kms_key=params["kms_key"],
        tls_only=params["tls_only"],
        vpc_endpoints=params["vpc_endpoints"],
        versions=params["gateway_versions"],
        election_days=params["election_expiry_days"],
        noncurrent_days=params["noncurrent_expiry_days"],
        lock_days=params.get("object_lock_days", 0),
        replica=s3_storage(params["replica"]) if params["replica"] else None,
        replication_role=params["replication_role"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
    )


def bucket_present(module: Any, s3: Any, storage: StorageUrl) -> dict[str, Any]:
    """Give the bucket what the options ask for; in check mode only say what would change."""
    wish = _wish_of(module.params)
    found = read_posture(s3, storage.bucket, wish.asks_about())
    _refuse_lack(module.params["required"], found.unsupported)
    target = wish.on(found, storage, module.region)
    lacking: tuple[str, ...] = ()
    if not module.check_mode:
        lacking = set_posture(s3, storage.bucket, module.region, found, target)
        _refuse_lack(module.params["required"], lacking)
    outcome = _outcome_of(found, target, lacking)
    for name in (name for name, state in outcome.items() if state == UNSUPPORTED):
        warn(f"The store does not support {name.replace('_', ' ')} of buckets: protect the snapshots in another way.")
    return {
        "changed": CHANGED in outcome.values(),
        "diff": {"before": found.as_dict(), "after": target.as_dict()},
        "posture": outcome,
    }


def _refuse_lack(required: list[str], unsupported: tuple[str, ...]) -> None:
    """Raise OperationFailed if the store lacks a required feature."""
    missing = [name for name in required if name in unsupported]
    if missing:
        names = " and ".join(missing).replace("_", " ")
        raise OperationFailed(f"The store does not support {names} of buckets, which is required: use another store.")


def _outcome_of(found: Posture, target: Posture, lacking: tuple[str, ...]) -> dict[str, str]:
    """For the bucket and each of its features: ok, changed or unsupported."""
    outcome = {"bucket": OK if found.exists else CHANGED}
    changed = found.changes_to(target)
    for name in target.features:
        if name in found.unsupported or name in lacking:
            outcome[name] = UNSUPPORTED
        else:
            outcome[name] = CHANGED if name in changed else OK
    return outcome
