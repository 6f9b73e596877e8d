# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup nodes go together on one storage (facts 1.8, 1.9), seen before any of them is touched."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fleet.cluster import Cluster
from tests.fleet.host import ControlPlane
from tests.stand_in.install import install

PLAYBOOK = "kongops.fallback.backup_node"


def second_control_plane(cluster: Cluster) -> ControlPlane:
    """Another node on the database of the first."""
    other = cluster.fleet.add_control_plane("cp2")
    (other.prefix / "stand-in-database.json").symlink_to(cluster.control_plane.prefix / "stand-in-database.json")
    other.start()
    return other


def untouched(cluster: Cluster) -> bool:
    return not any("fallback" in host.kong_conf.read_text() for host in cluster.fleet.hosts)


def also_backup_node(directory: Path, host: str) -> tuple[str, str]:
    """The arguments that put a host into kong_backup_node too."""
    inventory = directory / "more.json"
    inventory.write_text(json.dumps({"kong_backup_node": {"hosts": {host: {}}}}))
    return "-i", str(inventory)


def test_exporters_that_elect_a_leader_are_set_up_one_by_one_and_each_is_proven(cluster: Cluster) -> None:
    second_control_plane(cluster)

    run = cluster.fleet.play(PLAYBOOK)

    assert run.code == 0, run.output
    assert run.changes == {"cp1": 2, "cp2": 2, "localhost": 0}
    assert cluster.fleet.play(PLAYBOOK).changes == {"cp1": 0, "cp2": 0, "localhost": 0}


def test_several_exporters_of_a_version_without_election_are_refused(cluster: Cluster) -> None:
    second_control_plane(cluster)
    for host in cluster.fleet.hosts:
        install(host.kong.parent, "3.5.0.3")

    run = cluster.fleet.play(PLAYBOOK, "-e", "kong_fallback_gateway_version=3.5.0.3")

    assert run.code != 0
    assert "cp1, cp2 would all export to s3://" in run.reasons["cp1"]
    assert "(fact 1.9)" in run.reasons["cp1"]
    assert untouched(cluster)


def test_a_control_plane_and_a_data_plane_do_not_both_export(cluster: Cluster) -> None:
    outsider = cluster.new_data_plane("dp1")
    cluster.fleet.hosts.remove(outsider)
    inventory = cluster.fleet.directory / "more.json"
    inventory.write_text(json.dumps({"kong_backup_node": {"hosts": {"dp1": outsider.variables()}}}))

    run = cluster.fleet.play(PLAYBOOK, "-i", str(inventory))

    assert run.code != 0
    assert "must not both export to s3://" in run.reasons["cp1"]
    assert "cp1 is a control plane, dp1 is a data plane" in run.reasons["cp1"]
    assert untouched(cluster)


def test_a_host_with_two_parts_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.new_data_plane("dp1")

    run = cluster.fleet.play(PLAYBOOK, *also_backup_node(tmp_path, "dp1"))

    assert run.code != 0
    assert run.reasons["dp1"].startswith("dp1 is in kong_backup_node and in kong_data_plane: take it out of one.")
    assert untouched(cluster)


def test_a_run_that_does_not_see_every_backup_node_says_so(cluster: Cluster) -> None:
    second_control_plane(cluster)

    run = cluster.fleet.play(PLAYBOOK, "--limit", "cp1", "--check")

    assert run.code == 0, run.output
    assert "cp2 may also export to s3://" in run.output
