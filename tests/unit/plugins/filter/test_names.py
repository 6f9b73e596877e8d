# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible looks for a filter in the file of its name."""

from __future__ import annotations

import importlib

import pytest

from tests.checkout import CHECKOUT

FILTERS = sorted(file.stem for file in CHECKOUT.glob("plugins/filter/*.py"))


@pytest.mark.parametrize("name", FILTERS)
def test_each_file_has_the_filter_of_its_name_and_no_other(name: str) -> None:
    plugin = importlib.import_module(f"ansible_collections.kongops.fallback.plugins.filter.{name}")
    filters = plugin.FilterModule().filters()
    assert list(filters) == [name]
    assert callable(filters[name])
