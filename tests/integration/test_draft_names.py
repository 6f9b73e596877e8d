# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that was set up by the draft documentation for 3.1, and its upgrade (facts 1.1 to 1.3)."""

from __future__ import annotations

from tests.ansible import run_module
from tests.fleet import Host
from tests.fleet.cluster import Cluster
from tests.greeting import BODY
from tests.stand_in.install import install

OLD = "3.1.1.6"


def set_up_by_the_draft(host: Host, node_role: str, storage: str) -> None:
    """A running gateway of 3.1 with the names of the draft."""
    install(host.kong.parent, OLD)
    options = {"path": str(host.kong_conf), "kong_command": str(host.kong), "node_role": node_role, "storage": storage}
    written = run_module("cluster_fallback_config", options)
    assert written["parameter_names"] == "draft", written["printed"]
    host.start()


def fallback_settings(host: Host) -> list[str]:
    """The fallback settings that a person sees in kong.conf, without the storage."""
    lines = [line for line in host.kong_conf.read_text().splitlines() if line.startswith("cluster_fallback")]
    return sorted(line for line in lines if "storage" not in line)


def test_the_first_run_after_the_upgrade_brings_the_released_names_and_restarts(cluster: Cluster) -> None:
    control_plane, data_plane = cluster.control_plane, cluster.new_data_plane("dp1")
    set_up_by_the_draft(control_plane, "backup_node", f"s3://{cluster.bucket}/prod")
    set_up_by_the_draft(data_plane, "data_plane", f"s3://{cluster.bucket}/prod")
    before = {control_plane.pid, data_plane.pid}
    assert fallback_settings(data_plane) == [
        "cluster_fallback_config = on",
        "cluster_fallback_config_exporter = off",
    ]

    refused = cluster.fleet.play("kongops.fallback.data_plane")
    assert "no fallback configuration, which 3.2 introduced: upgrade it. (fact 1.2)" in refused.reasons["dp1"]

    for host in cluster.fleet.hosts:
        install(host.kong.parent, cluster.fleet.version)
    run = cluster.fleet.play("kongops.fallback.nodes")

    assert run.code == 0, run.output
    assert fallback_settings(data_plane) == [
        "cluster_fallback_config_export = off",
        "cluster_fallback_config_import = on",
    ]
    assert "cluster_fallback_config_export = on" in fallback_settings(control_plane)
    assert not {control_plane.pid, data_plane.pid} & {None, *before}
    assert data_plane.get("/hello") == (200, BODY)
