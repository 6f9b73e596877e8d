# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Sphinx extension: the number of a fact, ``(2.4)`` or ``fact 3.11``, links to its row of kong-facts.md."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

FACTS = "kong-facts"
NUMBER = r"\d\.\d{1,2}"
CITED = re.compile(rf"(?:(?<=\()|(?<=\bfact )|(?<=\bfacts ))({NUMBER})((?:, {NUMBER})*)(?=\)|\b)")

logger = logging.getLogger(__name__)


def anchor(number: str) -> str:
    """The id of the row of a fact."""
    return f"fact-{number.replace('.', '-')}"


def facts(environment: BuildEnvironment) -> set[str]:
    """The numbers of all facts, each of which is the first cell of a row."""
    cells = (row[0] for row in environment.get_doctree(FACTS).findall(nodes.row))
    return {cell.astext() for cell in cells if re.fullmatch(NUMBER, cell.astext())}


def name_rows(app: Sphinx, tree: nodes.document) -> None:
    """Give the row of each fact an id."""
    if app.env.docname == FACTS:
        for row in tree.findall(nodes.row):
            if re.fullmatch(NUMBER, row[0].astext()):
                row["ids"].append(anchor(row[0].astext()))


def cites_facts(tree: nodes.document) -> bool:
    """Whether numbers in parentheses are facts here: the page links to their page, or is that page."""
    return any(FACTS in str(link.get("refuri", "")) for link in tree.findall(nodes.reference))


def link_numbers(app: Sphinx, tree: nodes.document, docname: str) -> None:
    """Make a link of every number of a fact; one that no fact has is a warning, which ends the build."""
    if docname == FACTS or not cites_facts(tree):
        return
    known = facts(app.env)
    page = app.builder.get_relative_uri(docname, FACTS)
    for text in list(tree.findall(nodes.Text)):
        if isinstance(text.parent, (nodes.literal, nodes.literal_block, nodes.reference)):
            continue
        parts: list[nodes.Node] = []
        end = 0
        for cited in CITED.finditer(text):
            for number in re.finditer(NUMBER, cited.group()):
                if number.group() not in known:
                    logger.warning("there is no fact %s", number.group(), location=text.parent)
                begin = cited.start() + number.start()
                link = nodes.reference("", number.group(), refuri=f"{page}#{anchor(number.group())}", internal=True)
                parts += [nodes.Text(text[end:begin]), link]
                end = cited.start() + number.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("doctree-read", name_rows)
    app.connect("doctree-resolved", link_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
