# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import (
    DRAFT_NAMES,
    known_settings,
)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("role", (3, 4), (3, 15)),
        ("cluster_fallback_config_import", (3, 4), (3, 15)),
        ("cluster_fallback_export_s3_config", (3, 5), (3, 15)),
        ("admin_gui_csp_header", (3, 10), (3, 15)),
        ("portal", (3, 4), (3, 4)),
    ],
)
def test_a_setting_is_known_from_its_first_to_its_last_release(
    name: str, first: tuple[int, int], last: tuple[int, int]
) -> None:
    assert [minor for minor in range(4, 16) if name in known_settings((3, minor))] == list(range(first[1], last[1] + 1))


def test_without_a_release_every_name_is_known() -> None:
    assert known_settings() == frozenset().union(*(known_settings((3, minor)) for minor in range(4, 16)))


def test_other_releases_know_what_the_nearest_knows() -> None:
    assert known_settings((3, 2)) == known_settings((3, 4))
    assert known_settings((4, 0)) == known_settings((3, 15))


def test_no_release_knows_the_draft_names() -> None:
    assert not DRAFT_NAMES & known_settings()


def test_names_are_as_the_gateway_writes_them() -> None:
    assert all(name.isascii() and name.isidentifier() and name == name.lower() for name in known_settings())
