# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator demands of a snapshot, as it arrives from a playbook or a survey."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import minimum_of


@pytest.mark.parametrize("least", ["many", "", None, [1]])
def test_a_minimum_has_to_be_a_number(least: Any) -> None:
    with pytest.raises(InvalidInput, match=r"kong_fallback_minimum_entities.* has services without a number: give one"):
        minimum_of({"routes": 1, "services": least})


def test_a_survey_gives_numbers_as_text() -> None:
    assert minimum_of({"routes": "12", "services": 3}) == {"routes": 12, "services": 3}
