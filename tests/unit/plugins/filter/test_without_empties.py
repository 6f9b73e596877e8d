# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say nothing are left out."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.filter.without_empties import without_empties


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_what_holds_nothing_is_left_out(nothing: object) -> None:
    assert without_empties({"region": "eu-central-1", "tags": nothing}) == {"region": "eu-central-1"}


@pytest.mark.parametrize("value", [False, 0, " ", [""]])
def test_values_stay(value: object) -> None:
    assert without_empties({"value": value}) == {"value": value}


def test_anything_but_options_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a dict of options, not list"):
        without_empties(["region"])  # type: ignore[arg-type]
