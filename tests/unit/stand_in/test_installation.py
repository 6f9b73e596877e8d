# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.stand_in.installation import OPEN_SOURCE, Installation

# version, has_election, data_plane_exports_stray_ws_id, incremental_sync_stops_exports
VERSIONS = [
    ("3.2.0.0", False, False, False),
    ("3.4.3.3", False, False, False),
    ("3.4.3.4", True, False, False),
    ("3.5.0.3", False, False, False),
    ("3.5.0.4", True, False, False),
    ("3.6.0.0", True, False, False),
    ("3.9.1.2", True, False, False),
    ("3.10.0.12", True, True, True),
    ("3.10.0.13", True, True, False),
    ("3.10.0.15", True, False, False),
    ("3.11.0.13", True, True, True),
    ("3.11.0.14", True, False, False),
    ("3.14.0.4", True, True, True),
    ("3.14.0.5", True, False, False),
    ("3.15.0.0", True, False, False),
]


@pytest.mark.parametrize(("version", "election", "stray", "silent"), VERSIONS)
def test_facts_by_version(version: str, election: bool, stray: bool, silent: bool) -> None:
    installation = Installation(version)
    assert installation.has_election is election
    assert installation.data_plane_exports_stray_ws_id is stray
    assert installation.incremental_sync_stops_exports is silent


@pytest.mark.parametrize(
    ("version", "early"),
    [("3.11.0.3", False), ("3.12.0.10", True), ("3.12.0.11", False), ("3.13.0.9", True), ("3.13.0.10", False)],
)
def test_some_releases_say_ready_too_early(version: str, early: bool) -> None:
    assert Installation(version).may_say_ready_too_early is early


@pytest.mark.parametrize(
    ("version", "schemes"),
    [
        ("3.2.1.0", ("s3", "gcs")),
        ("3.12.0.0", ("s3", "gcs")),
        ("3.13.0.0", ("s3", "gcs", "gs")),
        ("3.14.0.0", ("s3", "gcs", "gs", "azure")),
    ],
)
def test_storage_schemes_by_version(version: str, schemes: tuple[str, ...]) -> None:
    assert Installation(version).storage_schemes == schemes


def test_banner() -> None:
    assert Installation("3.11.0.3").banner == "Kong Enterprise 3.11.0.3"
    assert Installation("3.9.1", OPEN_SOURCE).banner == "3.9.1"


@pytest.mark.parametrize("version", ["3.11", "3.11.0.x", "", "3.11.0.3.1"])
def test_an_impossible_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="gateway version"):
        Installation(version)
