# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import S3Server
from tests.unit.stand_in.gateways import Bucket, Gateway


@pytest.fixture
def gateways(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Installs gateways; those that run are stopped at the end."""
    made: list[Gateway] = []

    def make(**arguments: Any) -> Gateway:
        root = tmp_path / f"gateway-{len(made)}"
        root.mkdir()
        made.append(Gateway(root, **arguments))
        return made[-1]

    yield make
    for gateway in made:
        gateway.end()


@pytest.fixture
def bucket(moto_server: S3Server) -> Bucket:
    name = f"fallback-{uuid.uuid4().hex[:12]}"
    moto_server.create_bucket(name, True)
    return Bucket(moto_server, name)
