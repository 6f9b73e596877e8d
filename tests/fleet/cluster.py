# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as an operator has it before the collection comes: gateways, and a storage with a key for each access."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ansible import run_module
from tests.fleet.fleet import Fleet
from tests.fleet.host import ControlPlane, DataPlane, Host
from tests.greeting import greeting, publish
from tests.servers import Credentials, S3Server
from tests.servers.s3 import allow
from tests.waiting import until


@dataclass(frozen=True)
class Cluster:
    """A running control plane with a service and a route to it, and a storage that nothing has written to yet."""

    fleet: Fleet
    control_plane: ControlPlane
    server: S3Server
    bucket: str

    def snapshot_key(self, version: str = "") -> str:
        """The key of a snapshot in the bucket."""
        return f"prod/{version or self.fleet.version}/config.json"

    def new_data_plane(self, name: str, version: str = "") -> DataPlane:
        """A provisioned data plane that has not been started."""
        return self.fleet.add_data_plane(name, self.control_plane, version)

    def part_of(self, host: Host) -> dict[str, Any]:
        """The part of a host, as options of `cluster_fallback_node`."""
        exports = isinstance(host, ControlPlane)
        key = self.fleet.backup_node if exports else self.fleet.data_plane
        return {
            "environment": {
                "path": str(host.environment_file),
                "region": self.fleet.variables["kong_fallback_region"],
                "endpoint_url": self.fleet.variables["kong_fallback_endpoint_url"],
                "access_key_id": key["kong_fallback_access_key_id"],
                "secret_access_key": key["kong_fallback_secret_access_key"],
            },
            "settings": {
                "storage": self.fleet.variables["kong_fallback_storage"],
                "node_role": "backup_node" if exports else "data_plane",
                **({"export_delay": self.fleet.backup_node["kong_fallback_export_delay"]} if exports else {}),
            },
        }

    @property
    def operator(self) -> dict[str, str]:
        """The variables with the credentials of the operator, who may do what no node may."""
        root = self.server.root
        return {
            "kong_fallback_operator_access_key_id": root.access_key_id,
            "kong_fallback_operator_secret_access_key": root.secret_access_key,
        }

    def by_operator(self, **variables: Any) -> tuple[str, str]:
        """The arguments that give a playbook these variables and the operator's, in no list of processes."""
        file = self.fleet.directory / "operator.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({**self.operator, **variables}))
        return "-e", f"@{file}"

    def report(self) -> dict[str, Any]:
        """What `config_snapshot_info` reports of the snapshot, with all rights."""
        storage = {
            name: self.fleet.variables[f"kong_fallback_{name}"] for name in ("storage", "region", "endpoint_url")
        }
        root = {"access_key": self.server.root.access_key_id, "secret_key": self.server.root.secret_access_key}
        options = {**storage, **root, "gateway_versions": [self.fleet.version]}
        (snapshot,) = run_module("config_snapshot_info", options)["snapshots"]
        return dict(snapshot)

    def take_part(self, host: Host) -> None:
        """Set a host up as its role does and start it, in a second instead of ten."""
        gateway = {"path": str(host.kong_conf), "kong_command": str(host.kong)}
        answer = run_module("cluster_fallback_node", {**gateway, **self.part_of(host)})
        assert not answer["failed"], answer["msg"]
        host.start()

    def export(self) -> bytes:
        """Let the control plane export; its snapshot, as soon as it is there."""
        self.take_part(self.control_plane)
        client = self.server.client()
        until(lambda: client.list_objects_v2(Bucket=self.bucket, Prefix=self.snapshot_key()).get("Contents"), 30)
        return bytes(client.get_object(Bucket=self.bucket, Key=self.snapshot_key())["Body"].read())


@contextmanager
def running_cluster(directory: Path, server: S3Server) -> Iterator[Cluster]:
    """A cluster below ``directory`` with a bucket of its own; every process of it ends with the context."""
    bucket = server.create_bucket(f"fallback-{uuid.uuid4().hex[:12]}")
    with greeting() as service, Fleet(directory) as fleet:
        fleet.variables = {
            "kong_fallback_storage": f"s3://{bucket}/prod",
            "kong_fallback_region": server.region,
            "kong_fallback_endpoint_url": server.endpoint_url,
        }
        fleet.backup_node = {**_access(_writer(server, bucket)), "kong_fallback_export_delay": 1}
        fleet.data_plane = _access(_reader(server, bucket))
        control_plane = fleet.add_control_plane()
        control_plane.start()
        publish(control_plane.admin_url, service)
        yield Cluster(fleet, control_plane, server, bucket)


def _writer(server: S3Server, bucket: str) -> Credentials:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/prod/*"]
    return server.create_identity(
        f"writer-{bucket}", allow(["s3:PutObject", "s3:GetObject", "s3:ListBucket"], resources)
    )


def _reader(server: S3Server, bucket: str) -> Credentials:
    return server.create_identity(
        f"reader-{bucket}", allow(["s3:GetObject"], [f"arn:aws:s3:::{bucket}/prod/*/config.json"])
    )


def _access(credentials: Credentials) -> dict[str, str]:
    """The role variables that carry a key."""
    return {
        "kong_fallback_access_key_id": credentials.access_key_id,
        "kong_fallback_secret_access_key": credentials.secret_access_key,
    }
