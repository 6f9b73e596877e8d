# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._drill.failure import failure_message

TOLD = "The outage drill failed on dp1: It did not become ready."
MISSING = {"gateway_version": "3.11.0.3", "outcome": "missing", "message": "There is no snapshot."}
OTHER = {"gateway_version": "3.10.0.2", "outcome": "ok"}


@pytest.mark.parametrize(
    ("snapshot", "stored", "more"),
    [
        ({"outcome": "ok", "message": ""}, [], ""),
        ({"outcome": "unknown", "message": ""}, [], ""),
        (MISSING, [], " From the controller: There is no snapshot."),
        (
            MISSING,
            [MISSING, OTHER],
            " From the controller: There is no snapshot. There are snapshots for 3.10.0.2 (fact 3.1).",
        ),
    ],
)
def test_what_the_controller_knows_follows_the_reason(
    snapshot: dict[str, str], stored: list[dict[str, str]], more: str
) -> None:
    assert failure_message("dp1", "It did not become ready.", snapshot, stored) == TOLD + more
