# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that only a node has: the controller reads the snapshot, and the node would find nothing to serve.

One run on a fleet with one fault a host: each is red before its gateway restarts, with its cause, and serves on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import Run, run_module
from tests.fleet import DataPlane
from tests.fleet.cluster import Cluster, running_cluster
from tests.greeting import BODY
from tests.servers import Credentials, S3Server
from tests.servers.s3 import allow
from tests.servers.scripted import Asked, Reply, scripted
from tests.servers.tls import private_authority

ROLE = {
    "kong_fallback_instance_role": True,
    "kong_fallback_access_key_id": "",
    "kong_fallback_secret_access_key": "",
}


@dataclass(frozen=True)
class World:
    """A cluster whose control plane exports, and what the faults are made of."""

    cluster: Cluster
    directory: Path
    open: ExitStack

    def container(self, key: Credentials) -> str:
        """The address of a container's endpoint on loopback that hands out this key."""
        answer = {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key, "Token": ""}
        reply = Reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})
        return f"{self.open.enter_context(scripted(lambda _asked: reply)).url}/credentials"

    @property
    def reader(self) -> Credentials:
        """The key that may read."""
        key = self.cluster.fleet.data_plane
        return Credentials(key["kong_fallback_access_key_id"], key["kong_fallback_secret_access_key"])


def _no_way_out(world: World, host: DataPlane) -> dict[str, Any]:
    """The node's Python runs without a network, and with it all that the module reaches.

    A fork of the warm Python would have the network of the tests.
    """
    python = host.root / "usr/local/bin/python-without-network"
    python.write_text(f'#!/bin/sh\nunset WARM_PYTHON\nexec unshare --map-root-user --net {sys.executable} "$@"\n')
    python.chmod(0o755)
    return {"ansible_python_interpreter": str(python)}


def _role_denied(world: World, host: DataPlane) -> dict[str, Any]:
    elsewhere = allow(["s3:GetObject"], ["arn:aws:s3:::elsewhere/*"])
    role = world.cluster.server.create_identity(f"stranger-{world.cluster.bucket}", elsewhere)
    return {**ROLE, "kong_fallback_environment": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": world.container(role)}}


def _stale_key(world: World, host: DataPlane) -> dict[str, Any]:
    file = world.directory / "credentials"
    file.touch(mode=0o600)
    file.write_text("[default]\naws_access_key_id = AKIANOSUCHKEY0000000\naws_secret_access_key = of-last-year-77\n")
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": str(file),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": world.container(world.reader),
    }
    return {**ROLE, "kong_fallback_environment": environment}


def _refusing_proxy(world: World, host: DataPlane) -> dict[str, Any]:
    def refuse(_asked: Asked) -> Reply:
        return Reply(403, b"<html>not through here</html>", {"Content-Type": "text/html"})

    proxy = world.open.enter_context(scripted(refuse))
    return {"kong_fallback_environment": {"HTTP_PROXY": proxy.url}}


def _unknown_authority(world: World, host: DataPlane) -> dict[str, Any]:
    tls = private_authority(world.directory)
    store = world.open.enter_context(scripted(lambda _asked: Reply(500), tls))
    return {"kong_fallback_endpoint_url": store.url, "kong_fallback_ca_bundle": str(tls.authority)}


def _without_the_plugin(world: World, host: DataPlane) -> dict[str, Any]:
    _configure(host, "plugins = key-auth")
    return {}


def _refused_by_kong_check(world: World, host: DataPlane) -> dict[str, Any]:
    (host.kong_conf.parent / "cluster.crt").unlink()
    return {}


def _configure(host: DataPlane, line: str) -> None:
    with host.kong_conf.open("a") as conf:
        conf.write(f"{line}\n")


Fault = Callable[[World, DataPlane], dict[str, Any]]
NOTHING = " would have nothing to serve in an outage: "
FAULTS: Mapping[str, tuple[Fault, str]] = {
    "no-way-out": (_no_way_out, "Network is unreachable"),
    "role-denied": (_role_denied, "with the role of its container: the store denies access: grant s3:GetObject"),
    "stale-key": (_stale_key, "with the key of profile default in "),
    "proxy": (_refusing_proxy, "the answer is 403, but not one of S3"),
    "authority": (_unknown_authority, "certificate"),
    "plugin": (_without_the_plugin, "plugin 'request-termination' not enabled"),
    "kong-conf": (_refused_by_kong_check, "cluster.crt"),
}


@dataclass(frozen=True)
class Faulty:
    """The fleet after the run: what it said, and which processes the gateways were before."""

    cluster: Cluster
    hosts: Mapping[str, DataPlane]
    pids: Mapping[str, int | None]
    run: Run


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[Faulty]:
    directory = tmp_path_factory.mktemp("faults")
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster(directory, moto_iam_server))
        world = World(cluster, directory, stack)
        plugin = {"name": "request-termination", "config": {"status_code": 503}, "enabled": False}
        cluster.control_plane.configure("/services/greeting/plugins", plugin)
        hosts = {name: cluster.new_data_plane(name) for name in FAULTS}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(DataPlane.start, hosts.values()))
        cluster.export()
        of_hosts = directory / "host_vars"
        of_hosts.mkdir()
        for name, host in hosts.items():
            (of_hosts / f"{name}.json").write_text(json.dumps(FAULTS[name][0](world, host)))
        pids = {name: host.pid for name, host in hosts.items()}
        batch = ("-e", "kong_fallback_serial=100%", "-e", "kong_fallback_max_fail_percentage=100")
        run = cluster.fleet.play("kongops.fallback.data_plane", *batch)
        yield Faulty(cluster, hosts, pids, run)


def test_the_controller_reads_a_good_snapshot_with_the_same_key(faulty: Faulty) -> None:
    fleet = faulty.cluster.fleet
    options = {
        "storage": fleet.variables["kong_fallback_storage"],
        "region": fleet.variables["kong_fallback_region"],
        "endpoint_url": fleet.variables["kong_fallback_endpoint_url"],
        "access_key": fleet.data_plane["kong_fallback_access_key_id"],
        "secret_key": fleet.data_plane["kong_fallback_secret_access_key"],
        "gateway_versions": [fleet.version],
    }
    assert run_module("config_snapshot_info", options)["verified"]
    assert faulty.run.code != 0


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_node_alone_is_found_before_its_gateway_restarts(faulty: Faulty, name: str) -> None:
    host, reason = faulty.hosts[name], faulty.run.reasons[name]
    assert FAULTS[name][1] in reason
    assert reason.startswith(f"{name}{NOTHING}") or name == "kong-conf"
    assert "\n" not in reason
    assert host.pid == faulty.pids[name]
    assert host.get("/hello") == (200, BODY)


@dataclass(frozen=True)
class Stranded:
    """A data plane that was set up and green before the policy of its key went."""

    cluster: Cluster
    name: str

    def play(self, playbook: str, *arguments: str) -> Run:
        """Run a playbook on the backup node and this data plane."""
        return self.cluster.fleet.play(f"kongops.fallback.{playbook}", "--limit", f"cp1:{self.name}", *arguments)


@pytest.fixture(scope="module")
def stranded(faulty: Faulty) -> Stranded:
    cluster = faulty.cluster
    cluster.take_part(cluster.new_data_plane("stranded"))
    reader = f"reader-{cluster.bucket}"
    cluster.server.client("iam").delete_user_policy(UserName=reader, PolicyName=reader)
    cluster.fleet.variables |= cluster.operator
    return Stranded(cluster, "stranded")


def test_verify_tries_the_access_of_the_nodes_and_not_only_that_of_the_operator(stranded: Stranded) -> None:
    run = stranded.play("verify")

    assert run.code != 0
    assert run.reasons["cp1"].startswith(f"stranded{NOTHING}This node could not read s3://")
    assert "the store denies access" in run.reasons["cp1"]
    assert f"a new data plane would come up: no, because stranded{NOTHING}" in run.output


def test_a_backup_node_is_not_green_before_a_data_plane_can_import(stranded: Stranded) -> None:
    run = stranded.play("backup_node", "-e", "kong_fallback_proof_always=true")

    assert run.code != 0
    assert list(run.reasons) == ["stranded"]
    assert run.reasons["stranded"].startswith("stranded cannot import what the backup node exported: This node could")
    assert "a new data plane would come up: no, because stranded cannot import" in run.output
