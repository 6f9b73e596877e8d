# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a cluster as an object of its fallback storage.

A job writes it only if it has not changed since the job read it, so that only one of two jobs gets it. A store that
ignores such conditions cannot promise that; reading back what was written detects most collisions there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._lock.lease import (
    Claim,
    Lock,
    from_json,
    released,
    renewed,
    taken,
    to_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import MISSING
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    CHANGED,
    UNSUPPORTED,
    StoreFailed,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore

_ATTEMPTS = 20
_METADATA = {"uploader": "kongops.fallback.cluster_lock"}


@dataclass(frozen=True)
class Turn:
    """The lock as it was found and as it is now; None for no lock."""

    before: Lock | None
    after: Lock | None


def take_lock(store: SnapshotStore, claim: Claim, check_mode: bool = False) -> Turn:
    """Take or renew the lock; raises ClusterIsLocked while another holder has it, InvalidInput and OperationFailed."""
    return _turn(store, lambda lock: taken(lock, claim, store.storage), check_mode)


def renew_lock(store: SnapshotStore, claim: Claim) -> bool:
    """Renew the lease of this member, and whether it still had the lock; raises InvalidInput and OperationFailed."""
    turn = _turn(store, lambda lock: renewed(lock, claim), check_mode=False)
    return turn.after is not turn.before


def release_lock(store: SnapshotStore, claim: Claim, check_mode: bool = False) -> Turn:
    """Release this member's part of the lock, if it has one; raises InvalidInput and OperationFailed."""
    return _turn(store, lambda lock: released(lock, claim), check_mode)


def _turn(store: SnapshotStore, change: Callable[[Lock | None], Lock | None], check_mode: bool) -> Turn:
    for _attempt in range(_ATTEMPTS):
        before, etag = _read(store)
        after = change(before)
        if after is None:
            return Turn(before, before)
        if check_mode or (_write(store, after, etag) and _read(store)[0] == after):
            return Turn(before, after)
    raise OperationFailed(
        f"Could not take or release the lock of {store.storage}: too many jobs try at the same time: run again later."
    )


def _key(store: SnapshotStore) -> str:
    return f"{store.storage.prefix}/lock/job.json"


def _read(store: SnapshotStore) -> tuple[Lock | None, str | None]:
    key = _key(store)
    try:
        found = store.get(key)
    except StoreFailed as error:
        if error.reason != MISSING:
            raise
        return None, None
    return from_json(found.body, store.storage.at(key)), found.head.etag


def _write(store: SnapshotStore, lock: Lock, etag: str | None) -> bool:
    """Whether the object was still the one with this ETag (None: did not exist), and is now this lock."""
    key, content = _key(store), to_json(lock)
    try:
        store.put(key, content, replaces=etag, metadata=_METADATA, s3_config={})
    except StoreFailed as error:
        if error.reason == UNSUPPORTED:
            store.put_unconditionally(key, content, metadata=_METADATA, s3_config={})
            return True
        # A condition on an object that is gone fails as not found.
        if error.reason == CHANGED or (error.reason == MISSING and etag):
            return False
        raise
    return True
