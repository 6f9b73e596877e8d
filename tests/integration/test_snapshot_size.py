# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The largest configurations that gateways have (fact 3.10), within the bounds of docs/benchmarks.md."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from benchmarks.verification import BUCKET, read, stored
from tests.ansible import run_module
from tests.servers import seaweedfs
from tests.servers.scripted import Reply, scripted
from tests.snapshots import body, large


def test_thirty_and_two_hundred_megabytes_are_verified_within_bounds(tmp_path: Path) -> None:
    with seaweedfs() as server:
        server.create_bucket(BUCKET)
        bodies = body(large(30_000)), body(large(200_000))
        usual, huge = (read(stored(server, content), "verify", tmp_path) for content in bodies)
    assert [len(content) > least for content, least in zip(bodies, (30e6, 200e6), strict=True)] == [True, True]
    # Processor time: other tests share this machine.
    assert usual.cpu < 3
    assert usual.memory < 250e6
    assert huge.cpu < 30
    assert huge.memory < 800e6


def verified(content: bytes, **options: Any) -> dict[str, Any]:
    """What config_snapshot_info says of a stored snapshot."""
    headers = {"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 08:00:00 GMT", "Content-Encoding": "gzip"}
    with scripted(lambda asked: Reply(200, content, headers)) as server:
        store = {"endpoint_url": server.url, "region": "eu-central-1", "access_key": "AKIAIOSFODNN7EXAMPLE"}
        asked = {"storage": "s3://fallback/prod", "gateway_versions": ["3.11.0.3"], "secret_key": "wJalrXUtnFEMI"}
        (snapshot,) = run_module("config_snapshot_info", {**store, **asked, **options})["snapshots"]
    return dict(snapshot)


def test_a_snapshot_beyond_max_size_is_not_read() -> None:
    snapshot = verified(b"{}" * 50, max_size=99)
    assert (snapshot["outcome"], snapshot["findings"][0]["code"]) == ("corrupt", "too-big")
    assert "it has 100 bytes, more than max_size of 99 (kong_fallback_max_size in roles)" in snapshot["message"]


def test_a_size_that_is_none_is_refused() -> None:
    answer = run_module("config_snapshot_info", {"storage": "s3://fallback/prod", "max_size": 0, "region": "x"})
    assert answer["msg"] == "max_size (kong_fallback_max_size in roles) is 0: give a number of bytes, 1 or more."


def test_an_encoded_body_is_judged_as_it_is_stored() -> None:
    """The gateway unpacks nothing, whatever the header says."""
    assert verified(gzip.compress(b"0" * 10**8))["findings"][0]["code"] == "compressed"
    assert verified(b'{"_format_version": "3.0"}')["outcome"] == "empty"
