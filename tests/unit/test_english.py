# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users read holds none of the words that docs/STYLE.md replaces."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT

FILES = sorted(
    file
    for pattern in (
        *("*.md", "docs/**/*.md", "docs/**/*.yml", "docs/*.svg", "roles/**/*.md", "roles/**/*.yml"),
        *("playbooks/**/*.yml", "plugins/**/*.py", "extensions/**/*.yml", "changelogs/**/*.yml"),
        *("demo/*.py", "tools/*.py", "benchmarks/**/*.py", "examples/**/*.md", "examples/**/*.yml", "Makefile"),
    )
    for file in CHECKOUT.glob(pattern)
    if file.name not in ("STYLE.md", "CHANGELOG.md")
)
WORDS = re.compile(
    r"""\b(mend(s|ed|ing)? | whoever | (some|no)body | anew | for\ ever | out\ of\ reach | (brings?|brought)\ about
    | (?<!there\ )(is|are)\ no(?!\ (longer|such))(?=\ \w)
    | h[eo]ld\ (\w+\ ){0,3}against | (otherwise|another\ \w+)\ than | as\ wanted | in\ vain | shall | be\ it\ by
    | by\ and\ by | from\ then\ on | half\ way | belongs?\ into | without\ end | (is|are|was|were)\ worked\ on
    | put\ back\ as | None\ w(here|hen)\ there\ is | what\ bec[ao]mes?\ of | that\ there\ is\ not
    | (once|one)\ an?\ (batch|cluster|file|host|key|node|process|run|snapshot|step|storage|version))\b""",
    re.VERBOSE | re.IGNORECASE,
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_no_word_that_the_style_replaces(file: Path) -> None:
    lines = enumerate(file.read_text().splitlines(), 1)
    assert [f"{number}: {line.strip()}" for number, line in lines if WORDS.search(line)] == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("Mend the node.", True),
        ("which is no number", True),
        ("once a node", True),
        ("there is no snapshot", False),
        ("the key is no longer valid", False),
        ("Nobody knows", True),
        ("held against the facts", True),
        ("hold a new file against the check", True),
        ("another version than the others", True),
        ("rather than another version", False),
        ("the half that is held", False),
    ],
)
def test_the_words_are_found(line: str, is_found: bool) -> None:
    assert bool(WORDS.search(line)) is is_found
