# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import (
    BEGIN,
    CREATE,
    DEACTIVATE,
    DELETE,
    FINISH,
    MOST_KEYS,
    NONE,
    PHASES,
    SETTLE,
    STATUS,
    AccessKey,
    Secret,
    Step,
    StoredKey,
    keys_after,
    parse_stored,
    render_stored,
    rotation_steps,
    timestamp,
)

A, B = AccessKey("AKIAA"), AccessKey("AKIAB")
OLD_A = AccessKey("AKIAA", active=False)
HOLDS_A = StoredKey(Secret("AKIAA", "a" * 40))
HOLDS_B = StoredKey(Secret("AKIAB", "b" * 40))


@pytest.mark.parametrize(
    ("keys", "stored", "phase", "steps"),
    [
        # a new user
        ([], StoredKey(), NONE, [Step(CREATE)]),
        ([], StoredKey(), BEGIN, [Step(CREATE)]),
        # all is well
        ([A], HOLDS_A, NONE, []),
        ([A], HOLDS_A, STATUS, []),
        ([], StoredKey(), STATUS, []),
        # a rotation, and each of its steps once more
        ([A], HOLDS_A, BEGIN, [Step(CREATE)]),
        ([A, B], HOLDS_B, BEGIN, []),
        ([A, B], HOLDS_B, NONE, []),
        ([A, B], HOLDS_B, DEACTIVATE, [Step(DEACTIVATE, "AKIAA")]),
        ([OLD_A, B], HOLDS_B, DEACTIVATE, []),
        ([OLD_A, B], HOLDS_B, BEGIN, []),
        ([OLD_A, B], HOLDS_B, FINISH, [Step(DELETE, "AKIAA")]),
        ([B], HOLDS_B, FINISH, []),
        # a run that died between creating a key and storing it
        ([A], StoredKey(beside=()), NONE, [Step(DELETE, "AKIAA"), Step(CREATE)]),
        ([], StoredKey(beside=()), NONE, [Step(CREATE)]),
        ([A, B], StoredKey(HOLDS_A.secret, beside=("AKIAA",)), NONE, [Step(DELETE, "AKIAB"), Step(SETTLE)]),
        ([A, B], StoredKey(HOLDS_A.secret, beside=("AKIAA",)), BEGIN, [Step(DELETE, "AKIAB"), Step(CREATE)]),
        ([A], StoredKey(HOLDS_A.secret, beside=("AKIAA",)), NONE, [Step(SETTLE)]),
        # someone deleted the stored key
        ([], HOLDS_A, NONE, [Step(CREATE)]),
        # a user with a key from before: it serves until a rotation takes it away
        ([A], StoredKey(), NONE, [Step(CREATE)]),
        # a key that was made inactive by hand is replaced only by a rotation
        ([OLD_A], HOLDS_A, BEGIN, [Step(CREATE)]),
    ],
)
def test_each_state_has_its_steps(keys: list[AccessKey], stored: StoredKey, phase: str, steps: list[Step]) -> None:
    assert list(rotation_steps("writer", keys, stored, phase)) == steps


@pytest.mark.parametrize(
    ("keys", "stored", "phase", "reason"),
    [
        ([A, B], StoredKey(), NONE, "AKIAA and AKIAB"),
        ([A, B], HOLDS_B, FINISH, "AKIAA of the user writer is active"),
        ([A], StoredKey(), DEACTIVATE, "begin a rotation"),
        ([OLD_A], StoredKey(), FINISH, "begin a rotation"),
        ([OLD_A], HOLDS_A, NONE, "AKIAA of the user writer is inactive"),
        ([OLD_A, B], HOLDS_A, BEGIN, "AKIAA of the user writer is inactive"),
    ],
)
def test_what_only_a_person_can_decide_is_refused(
    keys: list[AccessKey], stored: StoredKey, phase: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        rotation_steps("writer", keys, stored, phase)


def test_a_rotation_that_is_not_due_does_not_begin() -> None:
    assert rotation_steps("writer", [A], HOLDS_A, BEGIN, due=False) == ()
    assert rotation_steps("writer", [OLD_A], HOLDS_A, BEGIN, due=False) == (Step(CREATE),)


KEYS = [
    keys
    for count in range(MOST_KEYS + 1)
    for keys in product(*[[AccessKey(name), AccessKey(name, False)] for name in ("AKIAA", "AKIAB")[:count]])
]
STORED = [
    StoredKey(secret and Secret(secret, "x" * 40), beside)
    for secret in (None, "AKIAA", "AKIAB", "AKIAX")
    for beside in (None, (), ("AKIAA",), ("AKIAA", "AKIAB"))
]


@pytest.mark.parametrize("phase", PHASES)
def test_from_every_state_a_phase_ends_where_doing_it_again_does_nothing(phase: str) -> None:
    seen = 0
    for keys, stored in product(KEYS, STORED):
        try:
            steps = rotation_steps("writer", keys, stored, phase)
        except InvalidInput:
            continue
        seen += 1
        new = AccessKey("AKIANEW")
        for number in range(len(steps)):
            assert len(keys_after(keys, steps[:number], new)) <= MOST_KEYS
        after = keys_after(keys, steps, new)
        made = Step(CREATE) in steps
        secret = Secret("AKIANEW", "x" * 40) if made else stored.secret
        settled = made or Step(SETTLE) in steps
        assert (
            rotation_steps("writer", after, StoredKey(secret, None if settled else stored.beside), phase, due=not made)
            == ()
        )
        if phase != STATUS:
            assert secret
            assert AccessKey(secret.access_key_id) in after, "the stored key is there and active"
        if not made and phase not in (STATUS, FINISH):
            lost = stored.beside is not None
            assert lost or {key.access_key_id for key in keys} == {key.access_key_id for key in after}
    assert seen >= 15


def test_what_is_stored_is_what_nodes_need() -> None:
    secret = Secret("AKIAA", "s" * 40, region="eu-central-1", created=timestamp(datetime(2026, 11, 22, 8, tzinfo=UTC)))
    text = render_stored(StoredKey(secret))
    assert text == (
        f'{{"access_key_id": "AKIAA", "secret_access_key": "{"s" * 40}", "region": "eu-central-1",'
        ' "created": "2026-11-22T08:00:00+00:00"}'
    )
    assert "s" * 40 not in repr(StoredKey(secret))


@given(
    st.builds(
        StoredKey,
        st.none() | st.builds(Secret, st.text(min_size=1), st.text(), region=st.none() | st.text(min_size=1)),
        st.none() | st.lists(st.text()).map(tuple),
    )
)
def test_what_is_stored_reads_back(stored: StoredKey) -> None:
    assert parse_stored(render_stored(stored), "file:x") == stored


@pytest.mark.parametrize(
    "text", ["", "AKIAA:secret", "[]", '"x"', '{"access_key_id": "AKIAA"}', '{"beside": 1}', "null"]
)
def test_another_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput, match="file:x") as refused:
        parse_stored(text, "file:x")
    assert "AKIAA" not in str(refused.value)


def test_a_key_of_unknown_age_is_old() -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    young = Secret("AKIAA", "x", created=timestamp(now - timedelta(days=2)))
    assert not young.is_older_than(3, now)
    assert young.is_older_than(1, now)
    assert Secret("AKIAA", "x").is_older_than(365, now)
