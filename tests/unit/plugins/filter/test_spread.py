# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a rollout over several clusters."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.filter.spread import spread


def fleet(*sizes: int) -> dict[str, str]:
    return {f"c{cluster}-{host}": f"c{cluster}" for cluster, size in enumerate(sizes) for host in range(size)}


def test_one_cluster_keeps_its_order() -> None:
    assert spread(fleet(5)) == list(fleet(5))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 10))
def test_every_batch_holds_the_same_share_of_every_cluster(sizes: list[int], batches: int) -> None:
    clusters = fleet(*sizes)
    hosts = spread(clusters)
    assert sorted(hosts) == sorted(clusters)
    batch = max(1, len(hosts) // batches)
    for begin in range(0, len(hosts), batch):
        share = Counter(clusters[host] for host in hosts[begin : begin + batch])
        for cluster, size in enumerate(sizes):
            assert share[f"c{cluster}"] <= size * batch / len(hosts) + len(sizes)


def test_a_small_cluster_never_restarts_at_once() -> None:
    hosts = spread(fleet(380, 20))
    assert max(sum(host.startswith("c1") for host in hosts[i : i + 100]) for i in range(0, 400, 100)) == 5


def test_anything_but_a_dict_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a dict"):
        spread(["a1"])  # type: ignore[arg-type]
