# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML says what happens in which order; judgement is Python: expressions in roles and playbooks stay small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT

FILES = [
    file
    for folder in ("roles", "playbooks")
    for file in sorted((CHECKOUT / folder).rglob("*.yml"))
    if "meta" not in file.parts
]


def has_sentence(expression: str) -> bool:
    """Whether a text of three words or more stands in it."""
    return any(len(text.split()) >= 3 for text in re.findall(r"'([^'\n]*)'", expression))


def expressions(file: Path) -> Iterator[str]:
    """What stands between braces in a file."""
    yield from re.findall(r"\{\{(.*?)\}\}", file.read_text(), re.DOTALL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_expressions_decide_nothing(file: Path) -> None:
    for expression in expressions(file):
        lines = [line for line in expression.splitlines() if line.strip()]
        assert len(lines) <= 4, expression
        assert expression.partition("hostvars")[2].count("|") <= 2, expression
        assert not (re.search(r"\bif\b", expression) and has_sentence(expression)), expression
