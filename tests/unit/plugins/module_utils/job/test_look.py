# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a look at all nodes: which of them may be lost, and which batch sizes have no effect."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.filter.rollout_refusals import rollout_refusals

GROUPS = {"kong_backup_node": ["cp1"], "kong_data_plane": ["dp1", "dp2"]}
HOSTS = ["cp1", "dp1", "dp2"]
NO_EFFECT = "in the inventory, where they have no effect"


def refusals(lost: list[str], serial: Any, most: Any, **variables: Any) -> str:
    """What is said with these values on the command line, and these variables."""
    name = f"Look at all nodes; then data planes {serial} at once, {most}% may fail"
    given = {"kong_fallback_serial": serial, "kong_fallback_max_fail_percentage": most, **variables}
    left = [host for host in HOSTS if host not in lost]
    return " ".join(rollout_refusals(HOSTS, left, dict.fromkeys(HOSTS, given), GROUPS, name))


@pytest.mark.parametrize(("lost", "most"), [([], 0), (["dp1"], 50), (["dp1"], "50"), (["dp1", "dp2"], 100)])
def test_so_many_data_planes_may_be_lost_as_may_fail(lost: list[str], most: Any) -> None:
    assert refusals(lost, "25%", most) == ""


@pytest.mark.parametrize(
    ("lost", "most", "says"),
    [
        (["dp1"], 49, "1 of 2 data planes failed, so the run did not touch any node: dp1."),
        (["dp1", "dp2"], 99, "2 of 2 data planes failed, so the run did not touch any node: dp1, dp2."),
        (["cp1"], 100, "1 of 1 backup node failed, so the run did not touch any node: cp1."),
    ],
)
def test_without_them_no_node_is_touched(lost: list[str], most: Any, says: str) -> None:
    assert says in refusals(lost, "25%", most)


@pytest.mark.parametrize(
    "variables", [{"kong_fallback_serial": "50%"}, {"kong_fallback_max_fail_percentage": 10}], ids=["serial", "most"]
)
def test_a_batch_size_that_ansible_has_not_read_is_refused(variables: dict[str, Any]) -> None:
    said = refusals([], "25%", 0, **variables)
    assert NO_EFFECT in said
    assert all(f"{name} " in said and f" {value} " in said for name, value in variables.items())
    assert NO_EFFECT not in refusals([], [1, "25%"], 0)


def test_the_defaults_are_not_given_anywhere() -> None:
    hostvars: dict[str, dict[str, Any]] = {host: {} for host in HOSTS}
    assert rollout_refusals(HOSTS, HOSTS, hostvars, GROUPS, "Look; then 25% at once, 0% may fail") == []
    assert rollout_refusals(["cp1"], ["cp1"], hostvars, GROUPS, "Look; then 5 at once, 0% may fail") == []
