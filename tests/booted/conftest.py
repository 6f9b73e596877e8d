# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cluster for all stories, set up as in the Molecule scenario; each story leaves it healthy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.booted.cluster import BootedCluster, booted_cluster
from tests.checkout import CHECKOUT

CONVERGE = CHECKOUT / "extensions/systemd/molecule/default/converge.yml"


@pytest.fixture(scope="session")
def cluster() -> Iterator[BootedCluster]:
    """A cluster whose data planes all have the fallback."""
    with booted_cluster(CHECKOUT / ".cache/booted") as cluster:
        run = cluster.play(CONVERGE)
        assert run.code == 0, run.output
        yield cluster
