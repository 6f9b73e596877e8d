# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only nodes that would change or have to restart are worked on."""

from __future__ import annotations

from ansible_collections.kongops.fallback.plugins.filter.due import due


def look(changed: list[str], restart: bool) -> dict[str, object]:
    return {"__kong_fallback_look": {"changed_parts": changed, "restart_needed": restart}}


def test_a_node_is_due_if_it_would_change_or_has_to_restart() -> None:
    hostvars = {
        "settled": look([], False),
        "changed": look(["environment"], False),
        "stale": look([], True),
        "unseen": {},
    }
    assert due(hostvars, hostvars) == ["changed", "stale"]
    assert due(hostvars, hostvars, every=True) == ["settled", "changed", "stale"]
    asked = {host: {**variables, "kong_fallback_proof_always": "yes"} for host, variables in hostvars.items()}
    assert due(asked, asked) == ["settled", "changed", "stale"]
