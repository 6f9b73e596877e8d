# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three clusters in one inventory, by group variables: two regions of one store, and a store of one's own with TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fleet import ControlPlane, DataPlane, Fleet, Group
from tests.greeting import greeting, publish
from tests.servers import S3Server, seaweedfs
from tests.servers.tls import private_authority

# One run sets up three clusters.
pytestmark = pytest.mark.timeout(1200)


@dataclass(frozen=True)
class Site:
    """A cluster of the fleet: its nodes, and the store in which the run has made its bucket."""

    control_plane: ControlPlane
    data_plane: DataPlane
    server: S3Server
    bucket: str

    @property
    def hosts(self) -> list[ControlPlane | DataPlane]:
        """Both nodes."""
        return [self.control_plane, self.data_plane]

    def snapshot(self) -> dict[str, Any]:
        """What the backup node has exported."""
        key = f"prod/{self.control_plane.version}/config.json"
        content: dict[str, Any] = json.load(self.server.client().get_object(Bucket=self.bucket, Key=key)["Body"])
        return content


@dataclass(frozen=True)
class World:
    """The fleet, and its clusters by name."""

    fleet: Fleet
    sites: dict[str, Site]

    def state(self) -> dict[str, tuple[int | None, bytes, bytes]]:
        """Of each node: its process and the files that the collection writes."""
        hosts = [host for site in self.sites.values() for host in site.hosts]
        return {
            host.name: (host.pid, host.kong_conf.read_bytes(), host.environment_file.read_bytes()) for host in hosts
        }


def add_site(fleet: Fleet, name: str, service: str, server: S3Server, region: str, version: str) -> Site:
    """A cluster whose control plane runs and knows one service; its group in the inventory says where its store is."""
    control_plane = fleet.add_control_plane(f"cp-{name}", version)
    data_plane = fleet.add_data_plane(f"dp-{name}", control_plane, version)
    bucket = f"kong-{fleet.directory.name[-10:].replace('_', '-')}-{name}".lower()
    authority = {} if server.authority is None else {"kong_fallback_trusted_certificate": str(server.authority)}
    fleet.groups[name] = Group(
        [control_plane, data_plane],
        {
            "kong_fallback_storage": f"s3://{bucket}/prod",
            "kong_fallback_region": region,
            "kong_fallback_prove_access": "never",
            "kong_fallback_endpoint_url": server.endpoint_url,
            "kong_fallback_ca_bundle": str(server.authority or ""),
            "kong_fallback_operator_access_key_id": server.root.access_key_id,
            "kong_fallback_operator_secret_access_key": server.root.secret_access_key,
            "kong_fallback_secret_store": {"type": "file", "name": str(fleet.directory / "secrets" / name)},
            **authority,
        },
    )
    if server.authority:
        for host in (control_plane, data_plane):
            host.kong_conf.write_text(
                f"{host.kong_conf.read_text()}lua_ssl_trusted_certificate = system,{server.authority}\n"
            )
    control_plane.start()
    publish(control_plane.admin_url, service, name)
    return Site(control_plane, data_plane, server, bucket)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[World]:
    """Three clusters, each set up by one and the same run of the playbook `site`."""
    directory: Path = tmp_path_factory.mktemp("clusters")
    with ExitStack() as stack:
        private = stack.enter_context(seaweedfs(private_authority(directory)))
        fleet = stack.enter_context(Fleet(directory, backup_node={"kong_fallback_export_delay": 1}))
        sites = {
            name: add_site(fleet, name, stack.enter_context(greeting(f"hello from {name}")), *where)
            for name, where in {
                "eu": (moto_iam_server, "eu-central-1", "3.11.0.14"),
                "us": (moto_iam_server, "us-west-2", "3.10.0.15"),
                "own": (private, private.region, "3.11.0.14"),
            }.items()
        }
        run = fleet.play("kongops.fallback.site")
        assert run.code == 0, run.output
        yield World(fleet, sites)


def test_each_cluster_serves_and_exports_its_own_configuration(world: World) -> None:
    for name, site in world.sites.items():
        assert [service["name"] for service in site.snapshot()["services"]] == [name]
        assert site.data_plane.get("/hello") == (200, f"hello from {name}")


def test_a_mistake_in_one_cluster_touches_no_other(world: World) -> None:
    us, eu = world.sites["us"], world.sites["eu"]
    world.fleet.groups["wrong"] = Group([us.data_plane], {"kong_fallback_storage": f"s3://{eu.bucket}/prod"})
    before = world.state()

    run = world.fleet.play("kongops.fallback.data_plane")

    del world.fleet.groups["wrong"]
    assert run.code != 0
    assert set(run.reasons) == {"dp-us"}
    assert f"s3://{eu.bucket}/prod/3.10.0.15/config.json" in run.reasons["dp-us"]
    assert world.state() == before
