# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one stored snapshot in a process of its own and tells what that took, so that its memory is its own.

    python -m benchmarks.read_snapshot verify|bare < WHERE

Starting Python and making a client do not count: they are the same for both.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import verify_snapshot
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from benchmarks.side_by_side import Cost
from benchmarks.verification import Snapshot


def verified(snapshot: Snapshot) -> str:
    """The outcome of a full verification."""
    store = SnapshotStore(snapshot.server.client(), parse(f"s3://{snapshot.bucket}/prod"))
    return verify_snapshot(store, parse_version(snapshot.version), Demands(), datetime.now(UTC)).outcome


def parsed(snapshot: Snapshot) -> str:
    """``ok`` once the snapshot was read, hashed and parsed, whatever it holds."""
    body = snapshot.server.client().get_object(Bucket=snapshot.bucket, Key=snapshot.key)["Body"].read()
    hashlib.sha256(body).hexdigest()
    return "ok" if isinstance(json.loads(body), dict) else "corrupt"


def main() -> None:
    """Read one snapshot; print outcome and cost."""
    snapshot = Snapshot(**json.load(sys.stdin))
    work = {"verify": verified, "bare": parsed}[sys.argv[1]]
    snapshot.server.client().head_object(Bucket=snapshot.bucket, Key=snapshot.key)
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = work(snapshot)
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu, memory=_peak())
    print(json.dumps({"outcome": outcome, "cost": asdict(cost)}))


def _peak() -> int:
    # Not getrusage: that begins with the size of the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
