# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as an operator has it before the collection comes: gateways that run, and a storage with two keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Store
from tests.fleet import ControlPlane, DataPlane, Fleet, upstream
from tests.servers import Credentials
from tests.servers.s3 import allow

BODY = "hello from the service behind the gateways"


@dataclass(frozen=True)
class Cluster:
    """A running control plane with one service and one route, and a storage that nothing has written to yet."""

    fleet: Fleet
    control_plane: ControlPlane
    store: Store

    @property
    def storage(self) -> str:
        """The value of ``kong_fallback_storage``."""
        return self.store.url

    def snapshot_key(self, version: str = "3.11.0.14") -> str:
        """The key of a snapshot in the bucket."""
        return f"prod/{version}/config.json"

    def new_data_plane(self, name: str, version: str = "") -> DataPlane:
        """A provisioned data plane that has not been started."""
        return self.fleet.add_data_plane(name, self.control_plane, version)


def access(credentials: Credentials) -> dict[str, str]:
    """The role variables that carry a key."""
    return {
        "kong_fallback_access_key_id": credentials.access_key_id,
        "kong_fallback_secret_access_key": credentials.secret_access_key,
    }


@pytest.fixture
def cluster(tmp_path: Path, moto_store: Store) -> Iterator[Cluster]:
    """A cluster whose storage is moto with IAM enforced; writer and reader have a key of their own."""
    bucket = moto_store.bucket
    writer = allow(["s3:PutObject", "s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/prod/*"])
    reader = allow(["s3:GetObject"], [f"arn:aws:s3:::{bucket}/prod/*/config.json"])
    with upstream(BODY) as service, Fleet(tmp_path) as fleet:
        fleet.variables = {
            "kong_fallback_storage": moto_store.url,
            "kong_fallback_region": moto_store.server.region,
            "kong_fallback_endpoint_url": moto_store.server.endpoint_url,
        }
        fleet.backup_node = {
            **access(moto_store.server.create_identity(f"writer-{bucket}", writer)),
            "kong_fallback_export_delay": 1,
        }
        fleet.data_plane = access(moto_store.server.create_identity(f"reader-{bucket}", reader))
        control_plane = fleet.add_control_plane()
        control_plane.start()
        control_plane.configure("/services", {"name": "greeting", "url": service})
        control_plane.configure("/services/greeting/routes", {"name": "hello", "paths": ["/hello"]})
        yield Cluster(fleet, control_plane, moto_store)
