# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the retention removes, and what it never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import REPLACED, SERVED, Copy, append
from ansible_collections.kongops.fallback.plugins.module_utils._archive.retention import Keep, expired_copies

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

ROWS = {
    "nothing is limited": (Keep(), "sssss", "", ""),
    "the newest are kept": (Keep(count=2), "sssss", "", "abc"),
    "there are not so many": (Keep(count=9), "sssss", "", ""),
    "what is too old goes": (Keep(days=3), "sssss", "", "ab"),
    "either is enough": (Keep(count=4, days=3), "sssss", "", "ab"),
    "the newest one stays however old it is": (Keep(days=1, count=1), "s", "", ""),
    "what is in use stays": (Keep(count=1), "sssss", "b", "acd"),
    "the newest that was served stays": (Keep(count=1), "ssrrr", "", "acd"),
}


@pytest.mark.parametrize(("keep", "events", "in_use", "expected"), ROWS.values(), ids=ROWS)
def test_the_retention_removes(keep: Keep, events: str, in_use: str, expected: str) -> None:
    chain = ()
    for place, (name, event) in enumerate(zip("abcde", events, strict=False)):
        copy = Copy("s3://b/p", "3.11.0.3", name, 1, "etag", {"s": SERVED, "r": REPLACED}[event], "a-node")
        chain = append(chain, [copy], NOW - timedelta(days=len(events) - place), lambda _message: b"")
    assert "".join(entry.copy.sha256 for entry in expired_copies(chain, keep, NOW, in_use)) == expected
