# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import (
    DRAFT_NAMES,
    known_settings,
)

RELEASES = range(4, 100)
"""The minor numbers of the documented releases, and of many to come."""


@pytest.mark.parametrize(
    ("name", "releases"),
    [
        ("role", RELEASES),
        ("cluster_fallback_config_import", RELEASES),
        ("cluster_fallback_export_s3_config", range(5, 100)),
        ("admin_gui_csp_header", range(10, 100)),
        ("wasm_filters", range(7, 11)),
        ("portal", range(4, 5)),
    ],
)
def test_a_setting_is_known_from_its_first_release_until_one_drops_it(name: str, releases: range) -> None:
    assert [minor for minor in RELEASES if name in known_settings((3, minor))] == list(releases)


def test_without_a_release_every_name_is_known() -> None:
    assert known_settings() == frozenset().union(*(known_settings((3, minor)) for minor in RELEASES))


def test_an_older_release_knows_what_the_oldest_documented_one_knows() -> None:
    assert known_settings((3, 2)) == known_settings((3, 4))


def test_an_unknown_future_release_knows_every_setting_of_the_newest() -> None:
    newest = max(minor for minor in RELEASES if known_settings((3, minor)) - known_settings((3, minor - 1)))
    assert newest >= 15
    assert known_settings((3, 99)) == known_settings((4, 0)) == known_settings((3, newest))


def test_no_release_knows_the_draft_names() -> None:
    assert not DRAFT_NAMES & known_settings()


def test_names_are_as_the_gateway_writes_them() -> None:
    assert all(name.isascii() and name.isidentifier() and name == name.lower() for name in known_settings())
