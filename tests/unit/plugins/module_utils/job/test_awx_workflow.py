# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing stays in the workflow that restarts data planes by another way than ours."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_workflow import foreign_links, foreign_steps

STEPS = [
    {"identifier": "verify", "unified_job_template": "verify"},
    {"identifier": "approval", "approval_node": {"name": "Restart?"}},
    {"identifier": "data-planes", "unified_job_template": "data planes"},
]
LINKS = [
    {"identifier": "verify", "success_nodes": ["approval"], "failure_nodes": [], "always_nodes": []},
    {"identifier": "approval", "success_nodes": ["data-planes"], "failure_nodes": [], "always_nodes": []},
    {"identifier": "data-planes", "success_nodes": [], "failure_nodes": [], "always_nodes": []},
]


def node(number: int, identifier: str, kind: str = "job", **more: Any) -> dict[str, Any]:
    """A node as the API tells it."""
    template = {"id": 50 + number, "name": identifier, "unified_job_type": kind}
    links: dict[str, Any] = {"success_nodes": [], "failure_nodes": [], "always_nodes": []}
    told = {"id": number, "identifier": identifier, "summary_fields": {"unified_job_template": template}}
    return {**told, **links, "limit": None, "extra_data": {}, "forks": None, **more}


OURS = [
    node(1, "verify", success_nodes=[2]),
    node(2, "approval", "workflow_approval", success_nodes=[3]),
    node(3, "data-planes"),
]


def test_what_is_ours_stays() -> None:
    assert foreign_steps(OURS, STEPS) == []
    assert foreign_links(OURS, LINKS) == []


@pytest.mark.parametrize(
    ("stranger", "reason"),
    [
        (node(4, "b5e6", summary_fields={"unified_job_template": {"name": "wipe"}}), "runs wipe, which is not a step"),
        (node(4, "b5e6", summary_fields={}), "runs nothing, which is not a step"),
        (node(2, "approval", "job"), "does not wait for an approval"),
        (node(3, "data-planes", limit="dp1", extra_data={"a": 1}), "sets extra_data, limit"),
        (node(3, "data-planes", all_parents_must_converge=True), "sets all_parents_must_converge"),
    ],
)
def test_a_step_that_the_module_cannot_reset_has_to_go(stranger: dict[str, Any], reason: str) -> None:
    (found,) = foreign_steps([stranger], STEPS)
    assert found["identifier"] == stranger["identifier"]
    assert reason in found["reason"]


def test_a_link_around_the_approval_has_to_go_and_is_named() -> None:
    changed = [node(1, "verify", success_nodes=[2, 3], always_nodes=[3]), *OURS[1:]]
    (found,) = foreign_links(changed, LINKS)
    assert found["options"] == LINKS[0]
    assert found["removed"] == "verify -> data-planes (success), verify -> data-planes (always)"


def test_a_link_backwards_goes_before_ours_comes() -> None:
    changed = [node(1, "verify"), node(2, "approval", "workflow_approval", failure_nodes=[1]), OURS[2]]
    (found,) = foreign_links(changed, LINKS)
    assert found["options"] == {**LINKS[1], "success_nodes": []}
    assert found["removed"] == "approval -> verify (failure)"
