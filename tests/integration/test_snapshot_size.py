# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The largest configurations that gateways have (fact 3.10), within the bounds of docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

from benchmarks.verification import BUCKET, read, stored
from tests.servers import seaweedfs
from tests.snapshots import body, large


def test_thirty_and_two_hundred_megabytes_are_verified_within_bounds(tmp_path: Path) -> None:
    with seaweedfs() as server:
        server.create_bucket(BUCKET)
        bodies = body(large(30_000)), body(large(200_000))
        usual, huge = (read(stored(server, content), "verify", tmp_path) for content in bodies)
    assert [len(content) > least for content, least in zip(bodies, (30e6, 200e6), strict=True)] == [True, True]
    # Processor time: other tests share this machine.
    assert usual.cpu < 3
    assert usual.memory < 400e6
    assert huge.cpu < 30
    assert huge.memory < 1500e6
