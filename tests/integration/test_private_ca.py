# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store behind TLS whose certificate a private authority has signed (fact 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fleet import Host
from tests.fleet.cluster import Cluster, running_cluster
from tests.greeting import BODY
from tests.servers import seaweedfs
from tests.servers.tls import private_authority


@dataclass(frozen=True)
class Private:
    """A cluster and the authority of its store."""

    cluster: Cluster
    authority: Path

    def trust(self, host: Host) -> None:
        """What the operator adds to the host's kong.conf."""
        with host.kong_conf.open("a") as conf:
            conf.write(f"lua_ssl_trusted_certificate = system,{self.authority}\n")


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Private]:
    """A cluster whose store only those trust who know its authority."""
    tls = private_authority(tmp_path)
    with seaweedfs(tls) as server, running_cluster(tmp_path, server) as cluster:
        cluster.fleet.variables |= {
            "kong_fallback_ca_bundle": str(tls.authority),
            "kong_fallback_trusted_certificate": str(tls.authority),
        }
        yield Private(cluster, tls.authority)


def test_a_data_plane_comes_up_from_a_store_with_a_private_authority(private: Private) -> None:
    fleet, control_plane = private.cluster.fleet, private.cluster.control_plane
    private.trust(control_plane)
    exported = fleet.play("kongops.fallback.backup_node")
    assert exported.code == 0, exported.output
    control_plane.stop()
    newcomer = private.cluster.new_data_plane("dp1")
    before = newcomer.kong_conf.read_bytes()

    refused = fleet.play("kongops.fallback.data_plane")

    line = f"write lua_ssl_trusted_certificate = system,{private.authority} into {newcomer.kong_conf}. (fact 2.5)"
    assert line in refused.reasons["dp1"]
    assert newcomer.kong_conf.read_bytes() == before
    assert not newcomer.environment_file.exists()

    private.trust(newcomer)
    ignorant = ("-e", "kong_fallback_proof=controller", "-e", "kong_fallback_ca_bundle=")
    unproven = fleet.play("kongops.fallback.data_plane", *ignorant)
    assert "CERTIFICATE_VERIFY_FAILED" in unproven.reasons["dp1"]
    assert newcomer.pid is None

    run = fleet.play("kongops.fallback.data_plane", "-e", "kong_fallback_proof=both")
    assert run.code == 0, run.output
    assert run["Read each snapshot once for all nodes with the same access"]["results"]
    assert newcomer.get("/hello") == (200, BODY)
