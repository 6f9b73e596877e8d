# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader who follows a link or types a command of a Markdown file arrives somewhere."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT

TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=CHECKOUT,
    check=True,
    capture_output=True,
    text=True,
).stdout.split()
PAGES = [page for page in TRACKED if (CHECKOUT / page).exists()]


def prose(page: Path) -> str:
    """The page without its code blocks, in which neither ``#`` nor ``[`` means anything."""
    return re.sub(r"^( *)```.*?^\1```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> Counter[str]:
    """The anchors that GitHub gives the headings of a page, with how often each occurs."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return Counter(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


def resolves(page: Path, link: str) -> bool:
    """Whether a link of this page, to a file, a heading or both, arrives."""
    path, _hash, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("name", PAGES)
def test_every_internal_link_resolves(name: str) -> None:
    page = CHECKOUT / name
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if "://" not in link]
    assert [link for link in links if not resolves(page, link)] == []


def test_no_two_sections_of_the_troubleshooting_guide_share_an_anchor() -> None:
    repeated = [anchor for anchor, count in anchors(CHECKOUT / "docs/troubleshooting.md").items() if count > 1]
    assert repeated == []


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    typed = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)", (CHECKOUT / name).read_text(), re.MULTILINE))
    assert {first or second for first, second in typed} - targets == set()


def test_the_contributors_page_lists_the_targets_of_make() -> None:
    targets = set(re.findall(r"^([a-z]+):.* ## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    listed = set(re.findall(r"^\| `make ([a-z]+)` \|", (CHECKOUT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert targets - listed == {"help", "env"}


def test_the_readme_lists_every_module_and_playbook() -> None:
    there = {file.stem for pattern in ("plugins/modules/*.py", "playbooks/*.yml") for file in CHECKOUT.glob(pattern)}
    rows = re.findall(r"^\| (`.+?`) \|", (CHECKOUT / "README.md").read_text(), re.MULTILINE)
    assert there - {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set()
