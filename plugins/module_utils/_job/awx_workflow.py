# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was added to the workflow of the role awx by hand: such a link can restart data planes without an approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]
_LINKS = ("success_nodes", "failure_nodes", "always_nodes")
_PROMPTS = (
    *("extra_data", "inventory", "scm_branch", "job_type", "job_tags", "skip_tags", "limit", "diff_mode", "verbosity"),
    *("execution_environment", "forks", "job_slice_count", "timeout", "all_parents_must_converge"),
)


def foreign_steps(nodes: Sequence[Node], steps: Sequence[Node]) -> list[dict[str, str]]:
    """The nodes of the workflow that cannot become a step of ours, each with its ``identifier`` and the ``reason``.

    ``nodes`` are as the API tells them, ``steps`` are options of the module.
    """
    ours = {step["identifier"]: step for step in steps}
    found = ((node["identifier"], _strangeness(node, ours.get(node["identifier"]))) for node in nodes)
    return [{"identifier": identifier, "reason": reason} for identifier, reason in found if reason]


def _strangeness(node: Node, step: Node | None) -> str:
    if step is None:
        return f"runs {_does(node).get('name', 'nothing')}, which is not a step of this workflow"
    if "approval_node" in step and _does(node).get("unified_job_type") != "workflow_approval":
        return "does not wait for an approval"
    prompts = [name for name in _PROMPTS if node.get(name)]
    return f"sets {', '.join(prompts)}" if prompts else ""


def _does(node: Node) -> Mapping[str, Any]:
    template: Mapping[str, Any] = node.get("summary_fields", {}).get("unified_job_template") or {}
    return template


def foreign_links(nodes: Sequence[Node], links: Sequence[Node]) -> list[dict[str, Any]]:
    """The nodes with a link that is not ours: the options that leave only ours, and what goes under ``removed``."""
    names = {node["id"]: node["identifier"] for node in nodes}
    wanted = {link["identifier"]: link for link in links}
    found = (_cut(node, wanted[node["identifier"]], names) for node in nodes if node["identifier"] in wanted)
    return [each for each in found if each["removed"]]


def _cut(node: Node, link: Node, names: Mapping[int, str]) -> dict[str, Any]:
    there = {kind: [names[each] for each in node.get(kind, []) if each in names] for kind in _LINKS}
    kept = {kind: [name for name in there[kind] if name in link.get(kind, [])] for kind in _LINKS}
    removed = [
        f"{node['identifier']} -> {name} ({kind.removesuffix('_nodes')})"
        for kind in _LINKS
        for name in there[kind]
        if name not in kept[kind]
    ]
    return {"options": {**link, **kept}, "removed": ", ".join(removed)}
