# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what the code does: codes, facts, role variables."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import judgement as _snapshot
from tests.checkout import CHECKOUT

NODE_ROLES = ("backup_node", "data_plane")
FACTS = set(re.findall(r"^\| (\d\.\d+) \|", (CHECKOUT / "docs/kong-facts.md").read_text(), re.MULTILINE))


def finding_codes() -> set[str]:
    """Every code with which the core makes a finding."""
    makers = {"Finding", "_about"}
    return set(_snapshot.OUTCOME_OF) | {
        argument.value
        for file in (CHECKOUT / "plugins/module_utils").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) in makers
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_every_code_has_its_section_in_the_troubleshooting_guide() -> None:
    sections = set(re.findall(r"^### (\S+)$", (CHECKOUT / "docs/troubleshooting.md").read_text(), re.MULTILINE))
    codes = finding_codes()
    assert len(codes) > 40
    assert codes - sections == set()
    assert sections - codes == set()


def test_every_fact_that_the_code_cites_exists() -> None:
    cited = {
        number
        for folder in ("plugins", "roles", "playbooks")
        for file in (CHECKOUT / folder).rglob("*.*")
        if file.suffix in (".py", ".yml")
        for numbers in re.findall(r"\(?facts? ((?:\d\.\d+(?:, | and | to )?)+)", file.read_text())
        for number in re.findall(r"\d\.\d+", numbers)
    }
    assert len(cited) > 20
    assert cited - FACTS == set()


def load(path: str) -> Any:
    return yaml.safe_load((CHECKOUT / "roles" / path).read_text())


@pytest.mark.parametrize("role", NODE_ROLES)
def test_the_defaults_of_a_node_role_are_those_of_its_argument_spec(role: str) -> None:
    own = load(f"{role}/defaults/main.yml") if (CHECKOUT / "roles" / role / "defaults").exists() else {}
    options = load(f"{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert documented == {**load("node/defaults/main.yml"), **own}


@pytest.mark.parametrize("role", NODE_ROLES)
def test_every_variable_that_a_node_role_reads_is_documented(role: str) -> None:
    options = load(f"{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    read = {
        variable
        for folder in (role, "node")
        for part in ("tasks", "vars")
        for file in (CHECKOUT / "roles" / folder / part).glob("*.yml")
        for variable in re.findall(r"(?<!_)\bkong_fallback_\w+", file.read_text())
    }
    exporter_only = {"kong_fallback_export_delay", "kong_fallback_s3_config", "kong_fallback_also_import"}
    assert read - set(options) - (exporter_only if role == "data_plane" else set()) == set()


def test_secrets_among_the_role_variables_are_never_logged() -> None:
    for role in NODE_ROLES:
        options = load(f"{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        hidden = {name for name, option in options.items() if option.get("no_log")}
        secret = ("_key_id", "_access_key", "_token", "_environment")
        assert hidden == {name for name in options if name.endswith(secret)}
