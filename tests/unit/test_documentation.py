# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what the code does: codes and facts."""

from __future__ import annotations

import ast
import re

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import judgement as _snapshot
from tests.checkout import CHECKOUT

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
