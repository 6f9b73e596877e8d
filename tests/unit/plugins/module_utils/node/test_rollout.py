# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches as Ansible would cut them, less the hosts on which there is nothing to do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._node.rollout import batches, spread_hosts

FOUR = dict.fromkeys(["a1", "a2", "a3", "a4"], "a")


@pytest.mark.parametrize(
    ("serial", "cut"),
    [
        ("25%", [["a1"], ["a2"], ["a3"], ["a4"]]),
        ("1%", [["a1"], ["a2"], ["a3"], ["a4"]]),
        ("50%", [["a1", "a2"], ["a3", "a4"]]),
        (3, [["a1", "a2", "a3"], ["a4"]]),
        ("3", [["a1", "a2", "a3"], ["a4"]]),
        (0, [["a1", "a2", "a3", "a4"]]),
        ([1, "50%"], [["a1"], ["a2", "a3"], ["a4"]]),
    ],
)
def test_batches_are_those_of_ansible(serial: Any, cut: list[list[str]]) -> None:
    assert batches(FOUR, serial, FOUR) == cut


def test_hosts_that_are_not_due_leave_their_batch_and_no_other_takes_their_place() -> None:
    assert batches(FOUR, "50%", {"a1", "a3", "a4"}) == [["a1"], ["a3", "a4"]]
    assert batches(FOUR, "50%", {"a4"}) == [["a4"]]
    assert batches(FOUR, "50%", set()) == []


@pytest.mark.parametrize("serial", ["many", "", "x%", None])
def test_a_size_that_is_none_is_refused(serial: Any) -> None:
    with pytest.raises(InvalidInput, match="kong_fallback_serial is"):
        batches(FOUR, serial, FOUR)


CLUSTERS = st.dictionaries(st.integers(0, 60).map(str), st.sampled_from("abc"), min_size=1)


@given(clusters=CLUSTERS, share=st.integers(1, 100), due=st.sets(st.integers(0, 60).map(str)))
def test_no_batch_holds_more_of_a_cluster_than_its_share(clusters: dict[str, str], share: int, due: set[str]) -> None:
    cut = batches(clusters, f"{share}%", due)
    assert [host for batch in cut for host in batch] == [host for host in spread_hosts(clusters) if host in due]
    size = max(1, share * len(clusters) // 100)
    for batch in cut:
        for cluster in set(clusters.values()):
            members = sum(clusters[host] == cluster for host in clusters)
            assert sum(clusters[host] == cluster for host in batch) <= members * size / len(clusters) + 1
