# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a timer reports about a storage, repeatedly: the part of an audit that needs no node, as metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics_of_storage
from ansible_collections.kongops.fallback.plugins.module_utils._audit.plain import plain
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import UNSEEN
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import verify_snapshot


@dataclass(frozen=True)
class Seen:
    """The snapshots of a storage at a moment, as config_snapshot_info returns them; ``faults`` say what is
    unreadable or bad."""

    storage: str
    snapshots: tuple[Mapping[str, Any], ...] = ()
    faults: tuple[str, ...] = field(default=())
    is_read: bool = True

    def metrics(self, taken: datetime) -> str:
        """The metrics of it."""
        return metrics_of_storage(plain(self.storage), plain(self.snapshots), taken, self.is_read)


def look_at_storage(store: SnapshotStore, versions: Iterable[str], demands: Demands, now: datetime) -> Seen:
    """Look at the snapshots of these gateway versions, or of all that the storage has.

    Raises InvalidInput for a version that is not a full one.
    """
    storage = str(store.storage)
    try:
        wanted = [parse_version(version) for version in versions] or store.gateway_versions()
    except OperationFailed as error:
        return Seen(storage, faults=(str(error),), is_read=False)
    snapshots = tuple(verify_snapshot(store, version, demands, now).as_dict() for version in wanted)
    bad = tuple(str(each["message"]) for each in snapshots if each["outcome"] != "ok")
    seen = tuple(each for each in snapshots if each["outcome"] not in UNSEEN)
    none = () if wanted else (f"{storage} has no snapshot.",)
    return Seen(storage, seen, (*bad, *none), len(seen) == len(snapshots) and bool(wanted))
