# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a replica, and since when it is behind."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.replica import (
    replica_findings,
    replica_lag,
)


def snapshot(**changed: Any) -> dict[str, Any]:
    """A good snapshot, written at 12:00 and looked at five minutes later."""
    good = {"gateway_version": "3.11.0.3", "outcome": "ok", "message": "", "configuration_hash": "a" * 32}
    return {**good, "last_modified": "2026-11-25T12:00:00+00:00", "age_seconds": 300, "history": [], **changed}


COPY = snapshot(last_modified="2026-11-25T10:00:00+00:00", age_seconds=7500)
OLD = {**COPY, "configuration_hash": "b" * 32}
ROWS = {
    "equal": (snapshot(), COPY, "replica-current", "info", "it lags 0 s behind"),
    "late, but not yet too late": (
        snapshot(),
        OLD,
        "replica-behind",
        "warning",
        "lags 300 s behind the snapshot of 3.11",
    ),
    "too late": (
        snapshot(age_seconds=700),
        OLD,
        "replica-behind",
        "error",
        "its own is 7500 s old: check the replication",
    ),
    "bad": (
        snapshot(),
        {**COPY, "outcome": "missing", "message": "It is gone."},
        "replica-bad",
        "error",
        "It is gone.",
    ),
}


@pytest.mark.parametrize(("live", "copy", "code", "severity", "words"), ROWS.values(), ids=ROWS)
def test_a_replica_is_judged_beside_its_storage(
    live: dict[str, Any], copy: dict[str, Any], code: str, severity: str, words: str
) -> None:
    (finding,) = replica_findings([live], [copy], 600)
    assert (finding.code, finding.severity) == (code, severity)
    assert words in finding.message


def test_nothing_is_said_of_a_replica_that_was_not_asked_or_has_no_good_original() -> None:
    assert not list(replica_findings([snapshot()], [], 600))
    assert not list(replica_findings([snapshot(outcome="corrupt")], [OLD], 600))


def test_a_busy_storage_does_not_hide_that_its_replica_has_been_behind_for_long() -> None:
    times = ("12:00", "11:40", "10:30", "09:00")
    history = [{"last_modified": f"2026-11-25T{time}:00+00:00"} for time in times]
    assert replica_lag(snapshot(), OLD) == 300
    assert replica_lag(snapshot(history=history), OLD) == 95 * 60
