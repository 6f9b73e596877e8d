# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access keys of one IAM user, the one whose secret is stored, and the steps of a rotation.

A secret is shown once, when its key is made. So before a key is made the store notes which keys there are; whatever
goes wrong between making and storing, any key that the note does not know is one whose secret is lost, and goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
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
"""IAM's own limit a user."""


@dataclass(frozen=True)
class AccessKey:
    """An access key as IAM lists it."""

    access_key_id: str
    active: bool = True


@dataclass(frozen=True)
class Secret:
    """A stored key: what a node needs to use it, and ``created`` (UTC, ISO 8601).

    The secrets stay out of ``repr``. Only a key that an operator stores is a temporary one with a ``session_token``.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str | None = None
    endpoint_url: str | None = None
    created: str | None = None
    arn: str | None = None
    session_token: str | None = field(default=None, repr=False)

    def is_older_than(self, days: int, now: datetime) -> bool:
        """Whether the key was made more than so many days ago, or nobody knows when."""
        if not self.created:
            return True
        return now - datetime.fromisoformat(self.created) > timedelta(days=days)


@dataclass(frozen=True)
class Stored:
    """What the secret store holds: a key, a note that one is being made beside the keys ``beside``, or both."""

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


def parse_stored(text: str | None, ref: str) -> Stored:
    """Read what the secret store holds; ``ref`` names it in errors. Raises InvalidInput, without repeating the text."""
    if text is None:
        return Stored()
    try:
        content = json.loads(text)
        known = {name: content[name] for name in Secret.__dataclass_fields__ if content.get(name) is not None}
        beside = content.get("beside")
        secret = Secret(**known) if "access_key_id" in known else None
        return Stored(secret, None if beside is None else tuple(beside))
    except (ValueError, TypeError, AttributeError):
        raise InvalidInput(
            f"{ref} does not hold a JSON object with access_key_id and secret_access_key: remove it, or name another."
        ) from None


def render_stored(stored: Stored) -> str:
    """The JSON object that the secret store holds."""
    content = {**(asdict(stored.secret) if stored.secret else {}), "beside": stored.beside}
    return json.dumps({name: value for name, value in content.items() if value is not None})


def plan(keys: Sequence[AccessKey], stored: Stored, phase: str = NONE, due: bool = True) -> tuple[Step, ...]:
    """The steps that this phase takes from here; each leaves a state from which a new plan ends alike.

    ``due`` says whether ``begin`` should make a second key at all. Raises InvalidInput where only a person can decide.
    """
    if phase == STATUS:
        return ()
    lost = _lost(keys, stored)
    kept = [key for key in keys if key not in lost]
    current = _current(kept, stored)
    others = [key for key in kept if key is not current]
    if current is None and phase in (DEACTIVATE, FINISH):
        raise InvalidInput(
            "No key of this user is stored, so there is nothing to change over to: begin a rotation first."
        )
    if current is None and len(kept) >= MOST_KEYS:
        raise InvalidInput(f"The secret store knows none of the keys {_names(kept)}: delete one that nothing uses.")
    steps = [Step(DELETE, key.access_key_id) for key in lost]
    if current is None or (phase == BEGIN and not others and (due or not current.active)):
        return (*steps, Step(CREATE))
    if not current.active:
        raise InvalidInput(f"The stored key {_names([current])} is inactive, so of no use: activate or rotate it.")
    if stored.beside is not None:
        steps.append(Step(SETTLE))
    if phase == DEACTIVATE:
        steps += [Step(DEACTIVATE, key.access_key_id) for key in others if key.active]
    if phase == FINISH:
        steps += [Step(DELETE, key.access_key_id) for key in _inactive(others)]
    return tuple(steps)


def _inactive(others: Sequence[AccessKey]) -> Sequence[AccessKey]:
    active = [key for key in others if key.active]
    if active:
        raise InvalidInput(f"The previous key {_names(active)} is active: deactivate it, and see who misses it.")
    return others


def _lost(keys: Sequence[AccessKey], stored: Stored) -> list[AccessKey]:
    if stored.beside is None:
        return []
    return [key for key in keys if key.access_key_id not in (*stored.beside, stored.access_key_id)]


def _current(keys: Sequence[AccessKey], stored: Stored) -> AccessKey | None:
    return next((key for key in keys if key.access_key_id == stored.access_key_id), None)


def _names(keys: Sequence[AccessKey]) -> str:
    return " and ".join(key.access_key_id for key in keys)


def applied(keys: Sequence[AccessKey], step: Step, new: AccessKey) -> tuple[AccessKey, ...]:
    """The keys of the user after a step; ``new`` is what ``create`` makes."""
    if step.action == CREATE:
        return (*keys, new)
    if step.action == DELETE:
        return tuple(key for key in keys if key.access_key_id != step.access_key_id)
    if step.action == DEACTIVATE:
        return tuple(replace(key, active=False) if key.access_key_id == step.access_key_id else key for key in keys)
    return tuple(keys)
