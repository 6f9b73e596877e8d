# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the snapshot that is waited for is there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.arrival import SIGNS, has_arrived

BEFORE: dict[str, Any] = {"digest": "a", "last_modified": "08:00", "exporters": [{"last_seen": "08:00"}]}
SEEN = {**BEFORE, "exporters": [{"last_seen": "08:00"}, {"last_seen": "08:05"}]}
WRITTEN = {**BEFORE, "last_modified": "08:05"}
CHANGED = {**WRITTEN, "digest": "b"}


@pytest.mark.parametrize(
    ("now", "signs"),
    [
        (BEFORE, {"verified"}),
        (SEEN, {"verified", "seen"}),
        (WRITTEN, {"verified", "seen", "written"}),
        (CHANGED, {"verified", "seen", "written", "changed"}),
    ],
)
def test_each_sign_needs_its_own_difference(now: dict[str, Any], signs: set[str]) -> None:
    assert {sign for sign in SIGNS if has_arrived(sign, BEFORE, now)} == signs


@pytest.mark.parametrize("sign", SIGNS)
def test_without_an_earlier_look_a_good_snapshot_is_enough(sign: str) -> None:
    assert has_arrived(sign, None, BEFORE)
