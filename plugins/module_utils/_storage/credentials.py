# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM identity with its access keys and the stored secret: read everything, plan, carry out the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._storage.iam import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import USER, Identity, IdentityWish
from ansible_collections.kongops.fallback.plugins.module_utils._storage.key_ring import KeyRing, delete_key, list_keys
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import (
    CREATE,
    NONE,
    STATUS,
    AccessKey,
    Step,
    StoredKey,
    keys_after,
    rotation_steps,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import SecretStore

NEW_KEY = AccessKey("(a new key)")
"""Stands for a key that does not exist yet."""


@dataclass(frozen=True)
class CredentialsWish:
    """What is asked of an identity and its keys; ``rotation`` is one of the phases of a rotation."""

    identity: IdentityWish
    rotation: str = NONE
    max_age_days: int = 0


@dataclass(frozen=True)
class CredentialsPlan:
    """What was found, and what to do; ``target`` is the identity and ``steps`` lead to the wanted keys."""

    found: Identity
    target: Identity
    keys: tuple[AccessKey, ...]
    stored: StoredKey
    steps: tuple[Step, ...] = ()

    @property
    def creates_key(self) -> bool:
        """Whether there will be a new key."""
        return any(step.action == CREATE for step in self.steps)

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps) or self.before() != self.after()

    def before(self) -> dict[str, Any]:
        """What was found, as a diff shows it."""
        return _as_diff(self.found, self.keys, self.stored.access_key_id)

    def after(self) -> dict[str, Any]:
        """What the plan leads to, as a diff shows it."""
        return _as_diff(self.target, keys_after(self.keys, self.steps, NEW_KEY), self._key_in_use())

    def previous_key(self) -> AccessKey | None:
        """The key that a rotation replaces, as long as there is one."""
        keys = keys_after(self.keys, self.steps, NEW_KEY)
        return next((key for key in keys if key.access_key_id != self._key_in_use()), None)

    def _key_in_use(self) -> str | None:
        return NEW_KEY.access_key_id if self.creates_key else self.stored.access_key_id


def _as_diff(identity: Identity, keys: Sequence[AccessKey], in_use: str | None) -> dict[str, Any]:
    states = {key.access_key_id: "active" if key.active else "inactive" for key in keys}
    return {**identity.as_dict(), "keys": states, "stored_key": in_use}


def plan_credentials(iam: Iam, ring: KeyRing | None, wish: CredentialsWish, now: datetime) -> CredentialsPlan:
    """The plan that fulfils a wish, from the present state; ``ring`` is None for an identity without keys.

    Raises OperationFailed, and InvalidInput if only a person can decide.
    """
    stored = ring.stored() if ring else StoredKey()
    keys = list_keys(iam.client, iam.name) if ring else ()
    found = iam.find(wish.identity, stored.secret.arn if stored.secret else None)
    target = found if wish.rotation == STATUS else wish.identity.on(found)
    due = not stored.secret or stored.secret.is_older_than(wish.max_age_days, now)
    steps = rotation_steps(iam.name, keys, stored, wish.rotation, due) if ring else ()
    return CredentialsPlan(found, target, keys, stored, steps)


def carry_out(
    plan: CredentialsPlan, iam: Iam, ring: KeyRing | None, wish: CredentialsWish, now: datetime
) -> tuple[str | None, StoredKey]:
    """Carry out a plan; returns the ARN of the identity and what the secret store then holds.

    Raises OperationFailed; the next run continues from there.
    """
    arn = plan.target.arn
    if plan.target != plan.found:
        arn = iam.change(plan.found, plan.target, wish.identity.path)
    stored = ring.carry_out(plan.steps, plan.keys, plan.stored, arn, now) if ring else plan.stored
    return arn, stored


def remove_credentials(iam: Iam, store: SecretStore | None, instance_profile: bool, check_mode: bool) -> dict[str, Any]:
    """Remove an identity with its keys, then the stored secret; returns what there was, as a diff shows it.

    Returns an empty result if there was nothing. Raises OperationFailed.
    """
    secret = store is not None and store.get() is not None
    found = iam.find(IdentityWish(iam.kind, {}))
    keys = list_keys(iam.client, iam.name) if found.arn and iam.kind == USER else ()
    if found.arn and not check_mode:
        for key in keys:
            delete_key(iam.client, iam.name, key.access_key_id)
        iam.remove(instance_profile)
    if store and secret and not check_mode:
        store.remove()
    there = _as_diff(found, keys, None) if found.arn else {}
    return {**there, "secret": store.ref} if store and secret else there
