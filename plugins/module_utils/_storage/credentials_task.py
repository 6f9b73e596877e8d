# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities with their keys, from the options of a module to what the module returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of_key
from ansible_collections.kongops.fallback.plugins.module_utils._storage.credentials import (
    CredentialsPlan,
    CredentialsWish,
    carry_out,
    plan_credentials,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.iam import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import (
    KINDS,
    ROLE,
    USER,
    IdentityWish,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.key_ring import KeyRing, wait_until_accepted
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import ACCESS, access_policy, partition
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import NONE, PHASES, Secret, StoredKey
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import (
    TYPES,
    SecretStore,
    secret_store,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

ONE_IDENTITY: dict[str, Any] = {
    "name": {"type": "str"},
    "access": {"type": "str", "choices": list(ACCESS)},
    "secret_store": {
        "no_log": False,  # names the place, holds no secret
        "type": "dict",
        "options": {
            "type": {"type": "str", "choices": list(TYPES), "required": True},
            "name": {"type": "str", "required": True},
        },
    },
}
CREDENTIALS_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "identities": {
        "type": "list",
        "elements": "dict",
        "options": {**ONE_IDENTITY, "name": {"type": "str", "required": True}},
    },
    "identity": {"type": "str", "choices": list(KINDS), "default": USER},
    "rotation": {"type": "str", "choices": list(PHASES), "default": NONE},
    "max_age_days": {"type": "int", "default": 0},
    "wait_timeout": {"type": "int", "default": 60},
    "list_objects": {"type": "bool", "default": False},
    "kms_key": {"type": "str", "no_log": False},
    "path": {"type": "str", "default": "/"},
    "permissions_boundary": {"type": "str"},
    "trust_policy": {"type": "dict"},
    "instance_profile": {"type": "bool", "default": False},
}
"""The options of the documentation fragment ``credentials``."""

Clients = Callable[[str], Any]
"""Returns the client of a service, always the same one: creating one takes longer than all requests."""


@dataclass(frozen=True)
class Job:
    """One identity that the task asks for: its present state, the plan, and what it takes to carry it out."""

    iam: Iam
    ring: KeyRing | None
    wish: CredentialsWish
    plan: CredentialsPlan
    now: datetime


def by_name(given: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The identities by their names; raises InvalidInput for a name that two of them have."""
    identities = {identity["name"]: identity for identity in given}
    if len(identities) < len(given):
        raise InvalidInput("identities has the same name twice: give each identity a name of its own.")
    return identities


def together(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The results of several identities as one."""
    return {
        "changed": any(result["changed"] for result in results.values()),
        "diff": {
            when: {name: result["diff"][when] for name, result in results.items()} for when in ("before", "after")
        },
        "identities": {
            name: {key: value for key, value in result.items() if key != "diff"} for name, result in results.items()
        },
    }


def jobs_of(
    module: Any, storage: StorageUrl, clients: Clients, identities: Mapping[str, Mapping[str, Any]]
) -> list[Job]:
    """Look at the identities, and plan what the options ask for; raises InvalidInput and OperationFailed."""
    return [_job_of(module, storage, clients, identity) for identity in identities.values()]


def credentials_present(module: Any, storage: StorageUrl, jobs: Sequence[Job]) -> dict[str, dict[str, Any]]:
    """Carry out the plans, unless in check mode; what the module returns for each identity, by its name."""
    return {job.iam.name: _result_of(module, storage, job) for job in jobs}


def _job_of(module: Any, storage: StorageUrl, clients: Clients, identity: Mapping[str, Any]) -> Job:
    """The wish of the options for one identity; raises InvalidInput if they are contradictory."""
    params = module.params
    if not identity["access"]:
        raise InvalidInput(f"The identity {identity['name']} has no access: set access to write or read.")
    policy = access_policy(
        storage,
        identity["access"],
        partition=partition(module.region),
        kms_key=params["kms_key"],
        list_objects=params["list_objects"],
    )
    wish = IdentityWish(
        kind=params["identity"],
        policy=policy,
        path=params["path"],
        permissions_boundary=params["permissions_boundary"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
        trust=params["trust_policy"],
        instance_profile=params["instance_profile"],
    )
    iam = Iam(clients("iam"), params["identity"], identity["name"])
    ring = _key_ring_of(module, iam, store_of(identity, clients))
    whole, now = CredentialsWish(wish, params["rotation"], params["max_age_days"]), datetime.now(timezone.utc)
    return Job(iam, ring, whole, plan_credentials(iam, ring, whole, now), now)


def store_of(identity: Mapping[str, Any], clients: Clients) -> SecretStore | None:
    """The secret store of an identity, if it has one."""
    wanted = identity["secret_store"]
    return secret_store(wanted["type"], wanted["name"], clients) if wanted else None


def _key_ring_of(module: Any, iam: Iam, store: SecretStore | None) -> KeyRing | None:
    """The keys of a user, None for a role; raises InvalidInput if the options fit neither."""
    if iam.kind == ROLE:
        if store or module.params["rotation"] != NONE:
            raise InvalidInput(
                f"The role {iam.name} has no keys: leave secret_store and rotation out, or set identity to user."
            )
        return None
    if store is None:
        raise InvalidInput(
            f"The key of the user {iam.name} needs a place for its secret: give secret_store, or set identity to role."
        )
    details = Secret("", "", module.region, module.params["endpoint_url"])
    return KeyRing(iam.client, iam.name, store, details, module.no_log_values.add)


def _result_of(module: Any, storage: StorageUrl, job: Job) -> dict[str, Any]:
    plan = job.plan
    if module.check_mode:
        arn, stored = plan.target.arn, StoredKey() if plan.creates_key else plan.stored
    else:
        arn, stored = carry_out(plan, job.iam, job.ring, job.wish, job.now)
        if plan.creates_key and stored.secret:
            s3 = client_of_key(module, stored.secret.access_key_id, stored.secret.secret_access_key)
            wait_until_accepted(s3, storage, module.params["wait_timeout"])
    return {
        "changed": plan.changes,
        "diff": {"before": plan.before(), "after": plan.after()},
        "arn": arn,
        "policy": plan.target.policy,
        **(_keys_of(job.ring, plan, stored) if job.ring else {}),
    }


def _keys_of(ring: KeyRing, plan: CredentialsPlan, stored: StoredKey) -> dict[str, Any]:
    """What the module returns about the keys of a user."""
    previous = plan.previous_key()
    return {
        "access_key_id": stored.access_key_id,
        "previous_access_key_id": previous.access_key_id if previous else None,
        "previous_active": bool(previous and previous.active),
        "secret_ref": ring.store.ref,
    }
