# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role storage: its argument spec says what its defaults do and what its tasks read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROLE = Path(__file__).resolve().parents[2] / "roles" / "storage"
OPTIONS: dict[str, Any] = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"][
    "options"
]
OF_THE_NODES = {
    "kong_fallback_access_key_id",
    "kong_fallback_secret_access_key",
    "kong_fallback_session_token",
    "kong_fallback_gateway_version",
}


def test_the_defaults_are_those_of_the_argument_spec() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert {name: option["default"] for name, option in OPTIONS.items() if "default" in option} == defaults


def test_every_variable_that_is_read_is_documented_and_the_other_way_round() -> None:
    text = "".join(file.read_text() for part in ("tasks", "vars") for file in (ROLE / part).glob("*.yml"))
    read = set(re.findall(r"(?<!_)\bkong_fallback_\w+", text))
    assert read - OF_THE_NODES == set(OPTIONS)
