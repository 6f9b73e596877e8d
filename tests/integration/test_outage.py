# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story that the collection is for: a new data plane during an outage of the control plane."""

from __future__ import annotations

from tests.integration.conftest import BODY, Cluster


def test_a_data_plane_provisioned_during_the_outage_serves_the_exported_route(cluster: Cluster) -> None:
    run = cluster.fleet.play("kongops.fallback.backup_node")
    assert run.returncode == 0, run.output
    print(run.output)

    cluster.control_plane.stop()
    newcomer = cluster.new_data_plane("dp1")
    run = cluster.fleet.play("kongops.fallback.data_plane")
    print(run.output)
    assert run.returncode == 0, run.output

    assert newcomer.get("/hello") == (200, BODY)
