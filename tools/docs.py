# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site from the Markdown files and the documentation of modules, roles and plugins.

    python -m tools.docs

The site is `.cache/docs/html/index.html`. A warning of Sphinx ends the build: a link that leads nowhere, a page that no
other leads to, the number of a fact that does not exist.
"""

from __future__ import annotations

import re
import shutil

from tools import tree
from tools.programs import SCRIPTS, run

SITE = tree.CACHE / "docs"
SOURCE = SITE / "source"
HTML = SITE / "html"
PUBLISHED = "https://github.com/kongops/kongops.fallback/blob/main/"
# Pages outside docs/, and what they are called in the site.
ELSEWHERE = {"README.md": "readme.md", "CONTRIBUTING.md": "contributing.md", "docs/docsite/index.md": "index.md"}


def local(page: str, link: str) -> str:
    """Where a link of a page leads in the site: to a page of it, or else to the file as it is published."""
    path, mark, heading = link.partition("#")
    if not path or ("://" in path and not path.startswith(PUBLISHED)):
        return link
    start = tree.CHECKOUT if "://" in path else (tree.CHECKOUT / page).parent
    target = (start / path.removeprefix(PUBLISHED)).resolve().relative_to(tree.CHECKOUT).as_posix()
    if target in ELSEWHERE:
        return ELSEWHERE[target] + mark + heading
    if target.startswith("docs/") and target.count("/") == 1:
        return target.removeprefix("docs/") + mark + heading
    return PUBLISHED + target + mark + heading


def assemble() -> None:
    """Put all pages into one folder, with links that lead from one to another."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(tree.CHECKOUT / "docs/docsite", SOURCE)
    for pattern in ("*.svg", "*.png", "*.json"):
        for file in (tree.CHECKOUT / "docs").glob(pattern):
            shutil.copy(file, SOURCE)
    pages = {f"docs/{page.name}": page.name for page in (tree.CHECKOUT / "docs").glob("*.md")} | ELSEWHERE
    for page, name in pages.items():
        text = (tree.CHECKOUT / page).read_text()
        text = re.sub(r"(\]\()([^)\s]+)(?=\))", lambda found, page=page: found[1] + local(page, found[2]), text)
        text = re.sub(r"^(\[.+\]: )(\S+)$", lambda found, page=page: found[1] + local(page, found[2]), text, flags=re.M)
        text = text.replace("https://raw.githubusercontent.com/kongops/kongops.fallback/main/docs/", "")
        (SOURCE / name).write_text(text)


def main() -> None:
    """Build the site, and print where it is."""
    assemble()
    reference = SOURCE / "reference"
    reference.mkdir()
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir"]
    run(SCRIPTS / "antsibull-docs", "collection", *options, reference, "kongops.fallback")
    run(SCRIPTS / "sphinx-build", "--fail-on-warning", "--keep-going", "--quiet", "--jobs", "2", SOURCE, HTML)
    print(HTML / "index.html")


if __name__ == "__main__":
    main()
