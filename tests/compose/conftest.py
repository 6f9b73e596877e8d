# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One world for all stories."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.checkout import CHECKOUT
from tests.compose.world import World, world


@pytest.fixture(scope="module")
def compose() -> Iterator[World]:
    """A host with Docker that has the files of the guide, and no container."""
    if os.getppid() > 1:  # Docker and the gateways would run among the processes and in the network of this machine.
        raise SystemExit("These tests need processes and a network of their own: run `make compose` as root.")
    with world(CHECKOUT / ".cache/booted") as found:
        yield found
