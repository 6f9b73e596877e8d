# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of the role outage_drill: documented is what it reads, its own variables and those of the nodes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"
SPEC = yaml.safe_load((ROLES / "outage_drill/meta/argument_specs.yml").read_text())
OPTIONS: dict[str, Any] = SPEC["argument_specs"]["main"]["options"]
READ_FROM = (
    *(ROLES / "outage_drill/tasks").glob("*.yml"),
    *(ROLES / "outage_drill/vars").glob("*.yml"),
    *(ROLES / f"node/{part}.yml" for part in ("tasks/access", "tasks/credentials", "vars/main")),
)
GIVEN_BY_THE_NODES = {"kong_fallback_state"}


def load(path: str) -> Any:
    return yaml.safe_load((ROLES / path).read_text())


def test_the_defaults_are_those_of_the_argument_spec() -> None:
    defaults = {**load("node/defaults/main.yml"), **load("outage_drill/defaults/main.yml")}
    documented = {name: option["default"] for name, option in OPTIONS.items() if "default" in option}
    assert documented == {name: defaults[name] for name in documented}
    assert set(load("outage_drill/defaults/main.yml")) <= set(documented)


def test_a_variable_of_the_nodes_is_documented_with_the_same_type() -> None:
    nodes = load("data_plane/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    for name in set(OPTIONS) & set(nodes):
        assert (name, OPTIONS[name]["type"]) == (name, nodes[name]["type"])


def test_every_variable_that_is_read_is_documented() -> None:
    read = {name for file in READ_FROM for name in re.findall(r"(?<!_)\bkong_fallback_\w+", file.read_text())}
    left_to_awx = {"kong_fallback_time_to_ready"}
    assert read - set(OPTIONS) <= GIVEN_BY_THE_NODES | left_to_awx


def test_secrets_are_never_logged() -> None:
    secret = ("_key_id", "_access_key", "_token", "_environment")
    assert {name for name in OPTIONS if name.endswith(secret)} == {
        name for name, option in OPTIONS.items() if option.get("no_log")
    }
