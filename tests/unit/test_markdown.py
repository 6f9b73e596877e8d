# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader who follows a link or types a command of a Markdown file arrives somewhere."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.checkout import CHECKOUT

PUBLISHED = "https://github.com/kongops/kongops.fallback/blob/main/"
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=CHECKOUT,
    check=True,
    capture_output=True,
    text=True,
).stdout.split()
SUPPORT = ("README.md", "docs/support.md")
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


def links(page: Path) -> list[str]:
    """Where the links of a page lead, those with a name at its end among them."""
    found = re.findall(r"\]\(([^)\s]+)\)|^\[.+\]: (\S+)$", prose(page), re.MULTILINE)
    return [inline or at_the_end for inline, at_the_end in found]


@pytest.mark.parametrize("name", PAGES)
def test_every_internal_link_resolves(name: str) -> None:
    page = CHECKOUT / name
    within = [(page, link) for link in links(page) if "://" not in link]
    published = [(CHECKOUT / "README.md", link.removeprefix(PUBLISHED)) for link in links(page) if PUBLISHED in link]
    assert [link for start, link in (*within, *published) if not resolves(start, link)] == []


def test_galaxy_shows_the_readme_with_links_that_arrive() -> None:
    readme = CHECKOUT / "README.md"
    assert [link for link in links(readme) if "://" not in link] == []
    named = set(re.findall(r"^\[(.+)\]: ", readme.read_text(), re.MULTILINE))
    used = re.findall(r"\[([^\]\n]+)\](?:\[([^\]\n]+)\])?(?![(:])", prose(readme))
    assert {(name or text).lower() for text, name in used} == named


@pytest.mark.parametrize("name", [page for page in PAGES if page.startswith(("docs/", "roles/"))])
def test_a_page_of_the_tarball_leads_to_nothing_that_is_not_in_it(name: str) -> None:
    left_out = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["build_ignore"]
    targets = [CHECKOUT / name / ".." / link.partition("#")[0] for link in links(CHECKOUT / name) if "://" not in link]
    shipped = [Path(os.path.relpath(target, CHECKOUT)).parts[:1] for target in targets]
    assert [top for top in shipped if any(fnmatch(first, ignored) for first in top for ignored in left_out)] == []


def test_the_architecture_says_what_every_directory_is_for() -> None:
    table = (CHECKOUT / "docs/architecture.md").read_text().partition("## Where things are")[2]
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    folders = {Path(file).parent.parts[:2] for file in tracked.split()}
    inner = {
        "/".join(parts) for parts in folders if parts[:1] in (("tests",), ("roles",), ("plugins",), ("extensions",))
    }
    outer = {parts[0] for parts in folders if parts} - {"changelogs", "docs", "meta", ".github", ".ci"}
    there = {folder for folder in {*inner, *outer} if (CHECKOUT / folder).is_dir()}
    assert [folder for folder in sorted(there) if f"`{folder}" not in table] == []


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


def test_the_readme_names_the_versions_that_are_supported() -> None:
    tables = [re.findall(r"^\| ([^|]+) \| ([^|]+) \|", (CHECKOUT / page).read_text(), re.MULTILINE) for page in SUPPORT]
    readme, policy = (
        {what.partition(",")[0]: versions.partition(",")[0] for what, versions in table} for table in tables
    )
    rows = ("ansible-core", "Python on the controller", "Python on the nodes", "Kong Gateway Enterprise", "boto3")
    assert {row: readme[row] for row in rows} == {row: policy[row] for row in rows}
