# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles behind the jobs: their argument specs say what their defaults do and what their tasks read."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.checkout import CHECKOUT

ROLES = ("awx", "job", "snapshot")
OF_OTHER_ROLES = {
    # The lock is taken for a host with its own variables, whatever role works on it.
    "job": {"kong_fallback_cluster", "kong_fallback_verdict", "kong_fallback_versions", "kong_fallback_report"},
    "snapshot": set(),
    "awx": set(),
}


def options(role: str) -> dict[str, Any]:
    specs = yaml.safe_load((CHECKOUT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    return {name: option for spec in specs.values() for name, option in spec["options"].items()}


@pytest.mark.parametrize("role", ROLES)
def test_the_defaults_are_those_of_the_argument_spec(role: str) -> None:
    defaults = yaml.safe_load((CHECKOUT / "roles" / role / "defaults/main.yml").read_text())
    documented: dict[str, list[Any]] = {}
    specs = yaml.safe_load((CHECKOUT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    for spec in specs.values():
        for name, option in spec["options"].items():
            if "default" in option:
                documented.setdefault(name, []).append(option["default"])
    assert {name: {repr(value) for value in values} for name, values in documented.items()} == {
        name: {repr(value)} for name, value in defaults.items()
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_that_is_read_is_documented(role: str) -> None:
    everywhere = {name for file in CHECKOUT.glob("roles/*/meta/argument_specs.yml") for name in options(file.parts[-3])}
    files = [file for part in ("tasks", "vars") for file in (CHECKOUT / "roles" / role / part).glob("*.yml")]
    read = {name for file in files for name in re.findall(r"(?<!_)\bkong_fallback_\w+", file.read_text())}
    known = set(options(role)) if role == "snapshot" else everywhere
    assert read - known == OF_OTHER_ROLES[role] & read


@pytest.mark.parametrize("role", ROLES)
def test_secrets_are_never_logged(role: str) -> None:
    for name, option in options(role).items():
        assert option.get("no_log", False) == name.endswith(("_key_id", "_access_key", "_token", "_headers")), name
