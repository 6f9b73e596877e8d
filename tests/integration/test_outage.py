# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story that the collection is for: a new data plane during an outage, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet.cluster import Cluster
from tests.greeting import BODY


@pytest.fixture
def outage(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with an exported configuration, its control plane just stopped."""
    run = cluster.fleet.play("kongops.fallback.backup_node")
    assert run.code == 0, run.output
    cluster.control_plane.stop()
    return cluster


def test_a_data_plane_provisioned_during_the_outage_serves_the_exported_route(outage: Cluster) -> None:
    newcomer = outage.new_data_plane("dp1")

    run = outage.fleet.play("kongops.fallback.data_plane")

    assert run.code == 0, run.output
    assert newcomer.get("/hello") == (200, BODY)
    assert "[fallback config] fallback config applied" in newcomer.error_log.read_text()


def test_without_a_snapshot_the_run_says_so(outage: Cluster) -> None:
    outage.server.client().delete_object(Bucket=outage.bucket, Key=outage.snapshot_key())
    newcomer = outage.new_data_plane("dp1")

    run = outage.fleet.play("kongops.fallback.data_plane")

    assert run.code != 0
    assert run.reasons["dp1"].startswith("dp1 would have nothing to serve in an outage:")
    assert outage.snapshot_key() in run.reasons["dp1"]
    assert newcomer.pid is None


def test_a_data_plane_of_another_patch_version_is_refused_and_told_its_version(outage: Cluster) -> None:
    newcomer = outage.new_data_plane("dp1", version="3.11.0.13")

    run = outage.fleet.play("kongops.fallback.data_plane")

    assert run.code != 0
    assert outage.snapshot_key("3.11.0.13") in run.reasons["dp1"]
    assert newcomer.pid is None


def test_wrong_credentials_are_refused_before_the_gateway_is_touched(outage: Cluster) -> None:
    outage.fleet.data_plane["kong_fallback_secret_access_key"] = "not-the-secret-of-this-key-0f3c"
    newcomer = outage.new_data_plane("dp1")

    run = outage.fleet.play("kongops.fallback.data_plane")

    assert run.code != 0
    assert "nothing to serve" in run.reasons["dp1"]
    assert "not-the-secret-of-this-key-0f3c" not in run.output
    assert newcomer.pid is None
