# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access keys of one IAM user, the one whose secret is stored, and the steps of a rotation.

AWS shows a secret only once, when its key is created. So before a key is created the secret store notes which keys
there are; if anything fails before the secret is stored, a key that the note does not name is one whose secret is lost,
and is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

NONE = "none"
BEGIN = "begin"
DEACTIVATE = "deactivate"
FINISH = "finish"
STATUS = "status"
PHASES = (NONE, BEGIN, DEACTIVATE, FINISH, STATUS)

CREATE = "create"
SETTLE = "settle"
DELETE = "delete"

MOST_KEYS = 2
"""IAM's own limit per user."""


@dataclass(frozen=True)
class AccessKey:
    """An access key as IAM lists it."""

    access_key_id: str
    active: bool = True


@dataclass(frozen=True)
class Secret:
    """A stored key: what a node needs to use it, and ``created`` (UTC, ISO 8601).

    The secrets stay out of ``repr``. Only a key that an operator stores can be a temporary one with a
    ``session_token``.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str | None = None
    endpoint_url: str | None = None
    created: str | None = None
    arn: str | None = None
    session_token: str | None = field(default=None, repr=False)

    def is_older_than(self, days: int, now: datetime) -> bool:
        """Whether the key was created more than so many days ago, or at an unknown time."""
        if not self.created:
            return True
        return now - datetime.fromisoformat(self.created) > timedelta(days=days)


@dataclass(frozen=True)
class StoredKey:
    """What the secret store holds: a key, a note that one is being created in addition to the keys ``beside``, or
    both."""

    secret: Secret | None = None
    beside: tuple[str, ...] | None = None

    @property
    def access_key_id(self) -> str | None:
        """The stored key."""
        return self.secret.access_key_id if self.secret else None


@dataclass(frozen=True)
class Step:
    """One change to the keys: ``create``, ``settle`` (drop the note), ``deactivate`` or ``delete``."""

    action: str
    access_key_id: str | None = None


def timestamp(now: datetime) -> str:
    """A moment as ``Secret.created`` has it."""
    return now.astimezone(timezone.utc).isoformat(timespec="seconds")


def parse_stored(text: str | None, ref: str) -> StoredKey:
    """What the secret store holds; ``ref`` names it in errors. Raises InvalidInput, which never repeats the text."""
    if text is None:
        return StoredKey()
    try:
        content = json.loads(text)
        known = {name: content[name] for name in Secret.__dataclass_fields__ if content.get(name) is not None}
        beside = content.get("beside")
        secret = Secret(**known) if "access_key_id" in known else None
        return StoredKey(secret, None if beside is None else tuple(beside))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidInput(
            f"{ref} does not hold a JSON object with access_key_id and secret_access_key: remove or replace it."
        ) from None


def render_stored(stored: StoredKey) -> str:
    """The JSON object that the secret store holds."""
    content = {**(asdict(stored.secret) if stored.secret else {}), "beside": stored.beside}
    return json.dumps({name: value for name, value in content.items() if value is not None})


def rotation_steps(
    user: str, keys: Sequence[AccessKey], stored: StoredKey, phase: str = NONE, due: bool = True
) -> tuple[Step, ...]:
    """The steps of this phase from here; after each of them, a new run reaches the same end.

    ``due`` says whether ``begin`` should create a second key at all. Raises InvalidInput if only a person
    can decide.
    """
    if phase == STATUS:
        return ()
    lost = _lost(keys, stored)
    kept = [key for key in keys if key not in lost]
    current = _current(kept, stored)
    others = [key for key in kept if key is not current]
    if current is None and phase in (DEACTIVATE, FINISH):
        raise InvalidInput(f"The secret store has no key of the user {user} to switch to: begin a rotation first.")
    if current is None and len(kept) >= MOST_KEYS:
        raise InvalidInput(
            f"The user {user} has the keys {_names(kept)}, and neither is stored: delete one that nothing uses."
        )
    steps = [Step(DELETE, key.access_key_id) for key in lost]
    if current is None or (phase == BEGIN and not others and (due or not current.active)):
        return (*steps, Step(CREATE))
    if not current.active:
        raise InvalidInput(
            f"The stored key {_names([current])} of the user {user} is inactive: activate it, or begin a rotation."
        )
    if stored.beside is not None:
        steps.append(Step(SETTLE))
    if phase == DEACTIVATE:
        steps += [Step(DEACTIVATE, key.access_key_id) for key in others if key.active]
    if phase == FINISH:
        steps += [Step(DELETE, key.access_key_id) for key in _inactive(user, others)]
    return tuple(steps)


def _inactive(user: str, others: Sequence[AccessKey]) -> Sequence[AccessKey]:
    active = [key for key in others if key.active]
    if active:
        raise InvalidInput(f"The previous key {_names(active)} of the user {user} is active: deactivate it first.")
    return others


def _lost(keys: Sequence[AccessKey], stored: StoredKey) -> list[AccessKey]:
    if stored.beside is None:
        return []
    return [key for key in keys if key.access_key_id not in (*stored.beside, stored.access_key_id)]


def _current(keys: Sequence[AccessKey], stored: StoredKey) -> AccessKey | None:
    return next((key for key in keys if key.access_key_id == stored.access_key_id), None)


def _names(keys: Sequence[AccessKey]) -> str:
    return " and ".join(key.access_key_id for key in keys)


def keys_after(keys: Sequence[AccessKey], steps: Sequence[Step], new: AccessKey) -> tuple[AccessKey, ...]:
    """The keys of the user after these steps; ``new`` is the key that ``create`` adds."""
    after = {key.access_key_id: key for key in keys}
    for step in steps:
        if step.action == CREATE:
            after[new.access_key_id] = new
        elif step.action == DELETE:
            del after[str(step.access_key_id)]
        elif step.action == DEACTIVATE:
            after[str(step.access_key_id)] = AccessKey(str(step.access_key_id), active=False)
    return tuple(after.values())
