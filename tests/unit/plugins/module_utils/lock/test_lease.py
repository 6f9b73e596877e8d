# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets the lock of a cluster, and what others are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._lock.lease import (
    Claim,
    Lock,
    from_json,
    released,
    renewed,
    taken,
    to_json,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORAGE = "s3://kong-fallback/prod"


def claim(holder: str = "job 1", member: str = "slice 1", minutes: int = 0) -> Claim:
    return Claim(holder, member, NOON + timedelta(minutes=minutes), lease=600)


def hold(*claims: Claim) -> Lock:
    lock: Lock | None = None
    for one in claims:
        lock = taken(lock, one, STORAGE)
    assert lock is not None
    return lock


def test_another_holder_is_told_who_since_when_and_until_when() -> None:
    with pytest.raises(InvalidInput) as refused:
        taken(hold(claim(), claim(member="slice 2", minutes=1)), claim("job 2", minutes=5), STORAGE)
    assert str(refused.value) == (
        f"job 1 has been working on {STORAGE} since 2026-11-22T12:00:00+00:00: wait until it finishes; "
        "if it was killed, its lock expires in 360 seconds, at 2026-11-22T12:11:00+00:00."
    )


def test_the_lock_of_a_killed_job_is_free_after_its_lease() -> None:
    assert taken(hold(claim()), claim("job 2", minutes=10), STORAGE).holder == "job 2"


def test_a_renewal_keeps_the_beginning_and_moves_the_end() -> None:
    lock = hold(claim(), claim(minutes=5))
    assert (lock.since, lock.until) == (NOON, NOON + timedelta(minutes=15))


def test_the_lock_is_free_only_when_the_last_member_has_given_it_back() -> None:
    lock = released(hold(claim(), claim(member="slice 2")), claim())
    assert lock is not None
    assert lock.is_held(NOON)
    lock = released(lock, claim(member="slice 2"))
    assert lock is not None
    assert not lock.is_held(NOON)
    assert taken(lock, claim("job 2"), STORAGE).holder == "job 2"


def test_a_job_renews_what_it_still_has_and_nothing_else() -> None:
    lock = renewed(hold(claim(), claim(member="slice 2")), claim(minutes=5))
    assert lock is not None
    assert lock.members == {"slice 1": NOON + timedelta(minutes=15), "slice 2": NOON + timedelta(minutes=10)}
    assert renewed(hold(claim("job 2")), claim()) is None
    assert renewed(released(hold(claim()), claim()), claim()) is None
    assert renewed(None, claim()) is None


@pytest.mark.parametrize("other", [claim("job 2"), claim(member="slice 2")])
def test_nobody_gives_back_what_is_not_theirs(other: Claim) -> None:
    assert released(hold(claim()), other) is None
    assert released(None, other) is None


def test_the_object_says_what_the_lock_says() -> None:
    lock = hold(claim(), claim(member="slice 2"))
    assert from_json(to_json(lock), "the lock") == lock


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\xff", b"[]", b"null", b"{}", b'{"holder": "x", "since": "x", "members": {}}'),
        b'{"holder": "x", "since": "2026-11-22T12:00:00", "members": {}}',
        b'{"holder": "x", "since": "2026-11-22T12:00:00+00:00", "members": []}',
    ],
)
def test_what_is_no_lock_is_named(content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^s3://b/prod/lock/job\.json is not a lock"):
        from_json(content, "s3://b/prod/lock/job.json")
