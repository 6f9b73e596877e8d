# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One job at a time on a cluster: who may take its lock, and its state afterwards.

A holder may have several members, such as the slices of one job. Each member takes and releases its own part, and the
lock is free when all members have released it or the last lease has expired.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput


class ClusterIsLocked(InvalidInput):
    """Another holder works on the cluster."""


@dataclass(frozen=True)
class Claim:
    """Who asks for the lock, and when; ``lease`` in seconds."""

    holder: str
    member: str
    now: datetime
    lease: int


@dataclass(frozen=True)
class Lock:
    """The lock of a cluster; ``members`` says until when each has it."""

    holder: str
    since: datetime
    members: Mapping[str, datetime]

    def is_held(self, now: datetime) -> bool:
        """Whether a member has the lock at this moment."""
        return any(until > now for until in self.members.values())

    @property
    def until(self) -> datetime:
        """When the lease of the last member expires."""
        return max(self.members.values(), default=self.since)


def taken(lock: Lock | None, claim: Claim, storage: object) -> Lock:
    """The lock after this claim; raises ClusterIsLocked while another holder has it."""
    mine = {claim.member: claim.now + timedelta(seconds=claim.lease)}
    if lock is None or not lock.is_held(claim.now):
        return Lock(claim.holder, claim.now, mine)
    if lock.holder == claim.holder:
        return Lock(claim.holder, lock.since, {**lock.members, **mine})
    seconds = math.ceil((lock.until - claim.now).total_seconds())
    raise ClusterIsLocked(
        f"{lock.holder} has been working on {storage} since {text_of(lock.since)}: wait until it finishes; "
        f"if it was killed, its lock expires in {seconds} seconds, at {text_of(lock.until)}."
    )


def renewed(lock: Lock | None, claim: Claim) -> Lock | None:
    """The lock with a new lease of this member; None if this member no longer has it."""
    if lock is None or lock.holder != claim.holder or claim.member not in lock.members:
        return None
    return Lock(lock.holder, lock.since, {**lock.members, claim.member: claim.now + timedelta(seconds=claim.lease)})


def released(lock: Lock | None, claim: Claim) -> Lock | None:
    """The lock without this member; None if this member does not have it."""
    if lock is None or lock.holder != claim.holder or claim.member not in lock.members:
        return None
    others = {member: until for member, until in lock.members.items() if member != claim.member}
    return Lock(lock.holder, lock.since, others)


def to_json(lock: Lock) -> bytes:
    """The content of the object that keeps the lock."""
    members = {member: text_of(until) for member, until in sorted(lock.members.items())}
    document = {"holder": lock.holder, "since": text_of(lock.since), "members": members}
    return json.dumps(document, indent=2).encode()


def from_json(content: bytes, where: str) -> Lock:
    """The lock that an object keeps; raises InvalidInput."""
    try:
        document = json.loads(content)
        members = {str(member): _time_of(until) for member, until in document["members"].items()}
        return Lock(str(document["holder"]), _time_of(document["since"]), members)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidInput(
            f"{where} is not a lock of this collection, or was truncated in transit: run again; "
            "if that does not help, find out what wrote it, then delete it."
        ) from None


def text_of(moment: datetime) -> str:
    """The moment to the second, in ISO 8601."""
    return moment.isoformat(timespec="seconds")


def _time_of(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
