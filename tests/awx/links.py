# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which links AWX 24.6.1 takes in a workflow: ``WorkflowJobTemplateNodeChildrenBaseList`` in ``awx/api/views``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

KINDS = ("success_nodes", "failure_nodes", "always_nodes")
Links = Mapping[tuple[int, str], Iterable[int]]
"""The nodes that follow a node, by its id and the kind of the link."""


def link_error(links: Links, parent: int, kind: str, child: int) -> str | None:
    """What AWX says against a link."""
    if parent == child or child in _before(links, parent):
        return "Cycle detected."
    if any(child in links.get((parent, other), ()) for other in KINDS if other != kind):
        return "Relationship not allowed."
    return None


def _before(links: Links, node: int) -> set[int]:
    """The nodes from which one gets to a node."""
    parents = {parent for (parent, _kind), children in links.items() if node in children}
    return parents.union(*(_before(links, parent) for parent in parents))
