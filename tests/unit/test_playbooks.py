# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook: it begins with the check of the inventory, and its plays keep their order on every controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.yaml import yaml_load

from tests.checkout import CHECKOUT

FOLDER = CHECKOUT / "playbooks"
JOBS = sorted(FOLDER.glob("*.yml"))
BEGIN = "kongops.fallback.parts.begin"


def entries(file: Path) -> list[dict[str, Any]]:
    """The plays of a playbook, and its imports of others."""
    loaded: list[dict[str, Any]] = yaml_load(file.read_text())
    return loaded


@pytest.mark.parametrize("file", JOBS, ids=lambda file: file.stem)
def test_a_job_begins_with_the_check_of_the_inventory_and_does_it_once(file: Path) -> None:
    imports = [entry.get("ansible.builtin.import_playbook") for entry in entries(file)]
    assert imports[0] == BEGIN
    assert imports.count(BEGIN) == 1
    # A job in another would bring its own.
    assert all(name is None or name.startswith("kongops.fallback.parts.") for name in imports)
    assert entries(file)[0]["vars"]["__kong_fallback_begin"]["name"] == file.stem


@pytest.mark.parametrize("file", JOBS, ids=lambda file: file.stem)
def test_what_a_job_asks_of_its_begin_mentions_nothing_that_is_made_of_it(file: Path) -> None:
    """Older releases of ansible-core fill in all of a mapping to read one of its keys, and would go in a circle."""
    asked = entries(file)[0]["vars"]["__kong_fallback_begin"]
    assert [value for value in asked.values() if "__kong_fallback" in str(value)] == []


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.yml")), ids=lambda file: str(file.relative_to(FOLDER)))
def test_every_play_keeps_its_hosts_together_whatever_ansible_cfg_says(file: Path) -> None:
    plays = [entry for entry in entries(file) if "hosts" in entry]
    assert {play["name"]: play.get("strategy") for play in plays} == {play["name"]: "linear" for play in plays}
