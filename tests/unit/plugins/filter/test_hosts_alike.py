# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work is done once for all hosts that agree in what it depends on."""

from __future__ import annotations

from ansible_collections.kongops.fallback.plugins.filter.hosts_alike import hosts_alike

HOSTVARS = {
    "dp1": {"reading": {"region": "eu", "bucket": "a"}, "look": {"version": "3.11.0.3"}},
    "dp2": {"reading": {"bucket": "a", "region": "eu"}, "look": {"version": "3.11.0.3"}},
    "dp3": {"reading": {"region": "eu", "bucket": "a"}, "look": {"version": "3.10.0.1"}},
    "dp4": {"reading": {}, "look": {"version": "3.11.0.3"}},
    "dp5": {"look": {"version": "3.11.0.3"}},
    "dp6": {"reading": {"region": "eu"}},
}


def test_hosts_are_grouped_by_the_values_of_their_variables() -> None:
    assert hosts_alike(HOSTVARS, HOSTVARS, ["reading", "look.version"]) == [
        {"host": "dp1", "hosts": ["dp1", "dp2"]},
        {"host": "dp3", "hosts": ["dp3"]},
    ]
