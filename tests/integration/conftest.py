# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.cluster import Cluster, running_cluster
from tests.servers import S3Server


@pytest.fixture
def cluster(tmp_path: Path, moto_iam_server: S3Server) -> Iterator[Cluster]:
    """A cluster whose storage is moto with IAM enforced."""
    with running_cluster(tmp_path, moto_iam_server) as cluster:
        yield cluster
