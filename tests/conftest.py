# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that every test may ask for: real S3 servers, and a fresh fallback storage on each of them."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import S3Server, moto, rclone, seaweedfs
from tests.servers.azurite import Azurite, azurite
from tests.servers.blobs import Emulated
from tests.servers.google_storage import GoogleStorage, google_storage

# A busy machine is slow, which says nothing about what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# What takes longest begins first, so that no core waits for another at the end of a run on all cores.
LONGEST_FIRST = (
    "test_awx.py",
    "test_rollout.py",
    "test_node_roles.py",
    "test_snapshot_playbooks.py",
    "test_site.py",
    "test_false_greens.py",
    "test_outage_drill.py",
    "test_storage_credentials.py",
    "test_node_faults.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of a run keep in one folder what Ansible builds and compiles."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        kept = tempfile.TemporaryDirectory(prefix="kept-work-")
        config.add_cleanup(kept.cleanup)
        os.environ["KEPT_WORK"] = kept.name


def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: a playbook waits for its nodes a third of its time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files as :data:`LONGEST_FIRST` says, and leave the order within each."""
    rank = {Path(__file__).parent / "integration" / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@dataclass(frozen=True)
class Store:
    """A fresh bucket, versioned where the server can, with the fallback storage ``s3://<bucket>/prod``."""

    server: S3Server
    bucket: str

    @property
    def url(self) -> str:
        """The value of ``cluster_fallback_config_storage``."""
        return f"s3://{self.bucket}/prod"


@pytest.fixture(scope="session")
def moto_server() -> Iterator[S3Server]:
    """moto, anyone may do anything."""
    with moto() as server:
        yield server


@pytest.fixture(scope="session")
def moto_iam_server() -> Iterator[S3Server]:
    """moto, IAM decides."""
    with moto(enforce_iam=True) as server:
        yield server


@pytest.fixture(scope="session")
def seaweedfs_server() -> Iterator[S3Server]:
    """SeaweedFS, IAM decides."""
    with seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def rclone_server() -> Iterator[S3Server]:
    """rclone, the store without conditional writes."""
    with rclone() as server:
        yield server


@pytest.fixture(scope="session")
def google_server() -> Iterator[GoogleStorage]:
    """Google Cloud Storage, emulated."""
    with google_storage() as server:
        yield server


@pytest.fixture(scope="session")
def azure_server() -> Iterator[Azurite]:
    """Azure Blob Storage, emulated."""
    with azurite() as server:
        yield server


@pytest.fixture(params=["google_server", "azure_server"])
def elsewhere(request: pytest.FixtureRequest) -> Emulated:
    """A fresh storage in each service that is not S3."""
    storage: Emulated = request.getfixturevalue(request.param).fresh()
    return storage


def _fresh(server: S3Server, versioning: bool = True) -> Store:
    return Store(server, server.create_bucket(f"fallback-{uuid.uuid4().hex[:12]}", versioning))


@pytest.fixture(params=["moto_iam_server", "seaweedfs_server"])
def store(request: pytest.FixtureRequest) -> Store:
    """A fresh storage on each server that keeps conditional writes and versions; root's credentials."""
    return _fresh(request.getfixturevalue(request.param))


@pytest.fixture
def moto_store(moto_iam_server: S3Server) -> Store:
    """A fresh storage on moto, for what need not be seen on two servers."""
    return _fresh(moto_iam_server)


@pytest.fixture
def careless_store(rclone_server: S3Server) -> Store:
    """A fresh storage on the server that ignores conditional writes."""
    return _fresh(rclone_server, versioning=False)
