# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the replica of a fallback storage has what the storage has, or how long it has been behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding

Snapshot = Mapping[str, Any]


def replica_findings(
    snapshots: Sequence[Snapshot], copies: Sequence[Snapshot], max_lag: int | None
) -> Iterator[Finding]:
    """For each snapshot of the fallback storage whether the replica would serve as well.

    ``copies`` are the snapshots of the replica, both as config_snapshot_info reports them. The replica may be behind
    for ``max_lag`` (seconds); the history of a snapshot tells since when it is.
    """
    copy_of = {copy["gateway_version"]: copy for copy in copies}
    for snapshot in snapshots:
        version = snapshot["gateway_version"]
        copy = copy_of.get(version)
        if copy is None:
            continue
        if copy["outcome"] != "ok":
            yield Finding("replica-bad", ERROR, f"The replica has no good snapshot of {version}: {copy['message']}")
        elif snapshot["outcome"] != "ok":
            continue
        elif copy["configuration_hash"] == snapshot["configuration_hash"]:
            yield Finding("replica-current", INFO, f"The replica has the snapshot of {version}; it lags 0 s behind.")
        else:
            yield _behind(snapshot, copy, max_lag)


def _behind(snapshot: Snapshot, copy: Snapshot, max_lag: int | None) -> Finding:
    lag = replica_lag(snapshot, copy)
    is_late = max_lag is not None and lag > max_lag
    cure = "check the replication, or the last run of the playbook archive" if is_late else "run again later"
    message = (
        f"The replica lags {lag} s behind the snapshot of {snapshot['gateway_version']}; its"
        f" own is {copy['age_seconds']} s old: {cure}."
    )
    return Finding("replica-behind", ERROR if is_late else WARNING, message)


def replica_lag(snapshot: Snapshot, copy: Snapshot) -> int:
    """Seconds since the fallback storage got the first snapshot that the replica does not have.

    If the storage keeps no history, seconds since it got the last one.
    """
    last, copied = datetime.fromisoformat(snapshot["last_modified"]), datetime.fromisoformat(copy["last_modified"])
    written = [datetime.fromisoformat(version["last_modified"]) for version in snapshot["history"]]
    first = min((moment for moment in written if moment > copied), default=last)
    return int(snapshot["age_seconds"] + (last - min(first, last)).total_seconds())
