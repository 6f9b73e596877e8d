# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a full verification of a snapshot takes, and how much memory.

    python -m benchmarks.verify_snapshot [ENTITIES ...]

One line a size: the program that verifies is a process of its own, so that its memory is its own, and what it reads
comes from a real S3 server on loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import Rules, judge_body
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import Demands, verify
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.servers import Credentials, S3Server, seaweedfs
from tests.snapshots import body, large

SIZES = (1_000, 30_000, 200_000)
VERSION = parse_version("3.11.0.3")
BUCKET = "benchmark"
STORAGE = f"s3://{BUCKET}/prod"


@dataclass(frozen=True)
class Measurement:
    """One verification: sizes in bytes, times in seconds.

    ``cpu_seconds`` is for judging alone, ``peak_bytes`` the most memory of the whole process, ``idle_bytes`` that
    before it began.
    """

    entities: int
    size: int
    outcome: str
    seconds: float
    transfer_seconds: float
    cpu_seconds: float
    peak_bytes: int
    idle_bytes: int

    @property
    def judging_seconds(self) -> float:
        """What the verification takes besides the transfer."""
        return self.seconds - self.transfer_seconds


def measure(server: S3Server, entities: int) -> Measurement:
    """Verify a snapshot of so many entities on this server, in a process of its own."""
    client = server.client()
    client.put_object(Bucket=BUCKET, Key=f"prod/{VERSION}/config.json", Body=body(large(entities)))
    reach = json.dumps({"endpoint_url": server.endpoint_url, "root": asdict(server.root), "entities": entities})
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.verify_snapshot", "--verify"],
        input=reach,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    return Measurement(**json.loads(finished.stdout))


def _verify(reach: dict[str, Any]) -> Measurement:
    server = S3Server("", reach["endpoint_url"], Credentials(**reach["root"]), 0, None)  # type: ignore[arg-type]
    store = SnapshotStore(server.client(), parse(STORAGE))
    key = store.storage.key(VERSION)
    store.head(key)
    idle = _peak()
    begin = time.perf_counter()
    report = verify(store, VERSION, Demands(), datetime.now(UTC))
    seconds, peak = time.perf_counter() - begin, _peak()
    begin = time.perf_counter()
    stored = store.get(key)
    transfer = time.perf_counter() - begin
    begin = time.process_time()
    judge_body(stored.body, Rules(VERSION))
    cpu = time.process_time() - begin
    return Measurement(reach["entities"], len(stored.body), report.outcome, seconds, transfer, cpu, peak, idle)


def _peak() -> int:
    # Not getrusage: that begins with the size of the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main(arguments: Sequence[str]) -> None:
    """Measure the sizes given, or SIZES, and print a table in Markdown."""
    if arguments == ["--verify"]:
        print(json.dumps(asdict(_verify(json.load(sys.stdin)))))
        return
    print("| entities | MB | outcome | verified in s | of it transfer | judging, CPU s | peak MB | idle MB |")
    print("|---|---|---|---|---|---|---|---|")
    with seaweedfs() as server:
        server.create_bucket(BUCKET)
        for entities in [int(argument) for argument in arguments] or SIZES:
            it = measure(server, entities)
            print(
                f"| {it.entities} | {it.size / 1e6:.1f} | {it.outcome} | {it.seconds:.2f} | {it.transfer_seconds:.2f} "
                f"| {it.cpu_seconds:.2f} | {it.peak_bytes / 1e6:.0f} | {it.idle_bytes / 1e6:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
