# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The largest configurations that gateways have (fact 3.10), within the bounds of docs/benchmarks.md."""

from __future__ import annotations

from benchmarks.verify_snapshot import BUCKET, measure
from tests.servers import seaweedfs


def test_thirty_and_two_hundred_megabytes_are_verified_within_bounds() -> None:
    with seaweedfs() as server:
        server.create_bucket(BUCKET)
        usual = measure(server, 30_000)
        huge = measure(server, 200_000)
    assert (usual.outcome, huge.outcome) == ("ok", "ok")
    assert usual.size > 30e6
    assert huge.size > 200e6
    # Processor time: other tests share this machine.
    assert usual.cpu_seconds < 3
    assert usual.peak_bytes < 400e6
    assert huge.cpu_seconds < 30
    assert huge.peak_bytes < 1500e6
