# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock on stores that refuse; tests/integration/test_cluster_lock.py sees jobs race on real ones."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._lock.lease import Claim, taken, to_json
from ansible_collections.kongops.fallback.plugins.module_utils._lock.store import release_lock, take_lock
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.s3_objects import S3Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.unit.plugins.module_utils.storage.refusals import Client, refusal

CLAIM = Claim("job 1", "job 1", datetime(2026, 11, 22, 12, tzinfo=UTC), 600)
NO_OBJECT = refusal("NoSuchKey", status=404)
LOST_RACE = refusal("PreconditionFailed", status=412)
DENIED = refusal("AccessDenied", status=403)


def store(client: Any) -> SnapshotStore:
    """The storage whose store answers as this client does."""
    return SnapshotStore(S3Objects(client, "bucket"), parse("s3://bucket/prod"))


def test_a_job_that_loses_every_race_gives_up() -> None:
    client = Client(get_object=[NO_OBJECT] * 20, put_object=[LOST_RACE] * 20)
    with pytest.raises(OperationFailed) as refused:
        take_lock(store(client), CLAIM)
    assert str(refused.value) == (
        "Could not take or release the lock of s3://bucket/prod: too many jobs try at the same time: run again later."
    )


def test_a_store_that_knows_no_conditions_keeps_the_lock_all_the_same() -> None:
    body = to_json(taken(None, CLAIM, "s3://bucket/prod"))
    written = {"Body": io.BytesIO(body), "ETag": '"1"', "ContentLength": len(body), "LastModified": CLAIM.now}
    client = Client(
        get_object=[NO_OBJECT, written], put_object=[refusal("NotImplemented", status=501), {"ETag": '"1"'}]
    )
    turn = take_lock(store(client), CLAIM)
    assert turn.after
    assert turn.after.members == {"job 1": CLAIM.now + timedelta(seconds=600)}
    assert client.asked == ["get_object", "put_object", "put_object", "get_object"]


@pytest.mark.parametrize("client", [Client(get_object=DENIED), Client(get_object=NO_OBJECT, put_object=DENIED)])
def test_a_lock_that_may_not_be_read_or_written_is_an_error(client: Client) -> None:
    with pytest.raises(OperationFailed, match=r"^Could not (read|write) s3://bucket/prod/lock/job\.json: "):
        take_lock(store(client), CLAIM)


def test_releasing_a_lock_that_is_not_there_changes_nothing() -> None:
    turn = release_lock(store(Client(get_object=NO_OBJECT)), CLAIM)
    assert (turn.before, turn.after) == (None, None)


def test_check_mode_writes_nothing() -> None:
    client = Client(get_object=NO_OBJECT)
    turn = take_lock(store(client), CLAIM, check_mode=True)
    assert turn.after
    assert turn.after.holder == "job 1"
    assert client.asked == ["get_object"]
