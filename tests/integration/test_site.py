# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of it, as an operator begins: an inventory, an administrator's key, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ansible import Run
from tests.fleet.cluster import Cluster

PATIENCE = 3600.0


def site(cluster: Cluster, *arguments: str) -> Run:
    """The run of a controller with an administrator's credentials; it creates the keys of the nodes."""
    root = cluster.server.root
    environment = {
        "AWS_ACCESS_KEY_ID": root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": root.secret_access_key,
        "ANSIBLE_PIPELINING": "1",
    }
    return cluster.fleet.play("kongops.fallback.site", *arguments, environment=environment, timeout=PATIENCE)


@pytest.fixture
def virgin(cluster: Cluster, tmp_path: Path) -> Cluster:
    """A cluster without a bucket and without keys."""
    cluster.fleet.variables |= {
        "kong_fallback_storage": f"s3://{cluster.bucket}-new/prod",
        "kong_fallback_secret_store": {"type": "file", "name": str(tmp_path / "secrets")},
    }
    cluster.fleet.backup_node = {"kong_fallback_export_delay": 1}
    cluster.fleet.data_plane = {}
    return cluster


@pytest.mark.parametrize("size", [1, pytest.param(50, marks=[pytest.mark.fleet, pytest.mark.timeout(PATIENCE)])])
def test_a_second_run_changes_nothing_and_takes_at_most_five_remote_operations_a_data_plane(
    virgin: Cluster, size: int
) -> None:
    hosts = [virgin.new_data_plane(f"dp{number:02}") for number in range(1, size + 1)]

    predicted = site(virgin, "--check", "--diff")
    assert predicted.code == 0, predicted.output
    assert predicted.changes == {"localhost": 0, "cp1": 5, **{host.name: 2 for host in hosts}}
    assert not any(host.pid for host in hosts)

    first = site(virgin)
    assert first.code == 0, first.output
    assert {host.get("/hello")[0] for host in hosts} == {200}
    pids = [host.pid for host in hosts]

    second = site(virgin, "-vvv")
    assert second.code == 0, second.output
    assert set(second.changes.values()) == {0}
    assert [host.pid for host in hosts] == pids
    for host in hosts:
        # With pipelining one module is one command on the host.
        assert 0 < len(re.findall(rf"^<{host.name}> EXEC ", second.output, re.MULTILINE)) <= 5
