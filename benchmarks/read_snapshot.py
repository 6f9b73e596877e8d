# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one stored snapshot in a process of its own and tells what that took, so that its memory is its own.

    python -m benchmarks.read_snapshot verify|bare < WHERE

Starting Python and making a client do not count: they are the same for both. The profile of a verification is what its
steps took.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import verification
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.s3_objects import S3Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from benchmarks.side_by_side import Cost
from benchmarks.verification import Snapshot

STEPS = {
    "_fetch": "fetch, and the digest of the bytes",
    "read_json_text": "parse, and the digest of the content",
    "judge_configuration": "judge",
    "configuration_hash": "the hash that a gateway would show",
}
"""The functions of a verification, and what they do."""

profile: list[tuple[str, float]] = []


def timed(name: str) -> None:
    """Let the profile tell what this function of the verification takes."""
    step = getattr(verification, name)

    def measured(*arguments: Any) -> Any:
        begin = time.process_time()
        try:
            return step(*arguments)
        finally:
            profile.append((STEPS[name], time.process_time() - begin))

    setattr(verification, name, measured)


def verified(snapshot: Snapshot) -> str:
    """The outcome of a full verification."""
    for name in STEPS:
        timed(name)
    objects = S3Objects(snapshot.server.client(), snapshot.bucket)
    store = SnapshotStore(objects, parse(f"s3://{snapshot.bucket}/prod"))
    return verification.verify_snapshot(store, parse_version(snapshot.version), Demands(), datetime.now(UTC)).outcome


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
    print(json.dumps({"outcome": outcome, "cost": asdict(cost), "profile": profile}))


def _peak() -> int:
    # Not getrusage: that begins with the size of the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
