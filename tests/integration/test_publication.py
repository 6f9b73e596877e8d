# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing with two at once, with a kill at every step, and on stores that do and do not keep conditional writes."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import Rules
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import StoreFailed
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.publication import (
    Published,
    Wishes,
    archived_body,
    given_body,
    plan_publication,
    plan_removal,
    publish,
    stored_body,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.s3_objects import S3Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.conftest import Store
from tests.snapshots import body, flat

VERSION = parse_version("3.11.0.3")
RULES = Rules(VERSION)
KEY = f"prod/{VERSION}/config.json"
OLD, NEW, OTHER = (body(flat(2, routes)) for routes in (3, 4, 5))


def _store(store: Store, client: Any = None) -> SnapshotStore:
    return SnapshotStore(S3Objects(client or store.server.client(), store.bucket), parse(store.url))


def _publish(store: SnapshotStore, content: bytes, **wishes: Any) -> Published:
    how = Wishes(RULES, **wishes)
    return publish(store, VERSION, plan_publication(store, VERSION, given_body(content, RULES), how), how)


def _keys(store: Store) -> list[str]:
    answer = store.server.client().list_objects_v2(Bucket=store.bucket)
    return [entry["Key"] for entry in answer.get("Contents", [])]


def test_a_first_snapshot_is_archived_published_and_read_back(store: Store) -> None:
    snapshots = _store(store)
    result = _publish(snapshots, OLD)
    live = snapshots.get(KEY)
    assert live.body == OLD
    assert live.head.uploader == "kongops.fallback.config_snapshot"
    assert result.version_id == live.head.version_id
    assert result.warnings == ()
    assert snapshots.get(snapshots.storage.archive_key(VERSION, live.sha256)).body == OLD


def test_the_same_again_changes_nothing(store: Store) -> None:
    snapshots = _store(store)
    _publish(snapshots, OLD)
    before = snapshots.versions(KEY, 10)
    wishes = Wishes(RULES)
    again = plan_publication(snapshots, VERSION, given_body(OLD, RULES), wishes)
    assert not again.changes
    publish(snapshots, VERSION, again, wishes)
    assert snapshots.versions(KEY, 10) == before


def test_another_spelling_of_the_same_configuration_is_not_published(store: Store) -> None:
    snapshots = _store(store)
    _publish(snapshots, OLD)
    spelled = b" " + OLD.replace(b'"port":8080', b'"port":8080.0')
    intended = plan_publication(snapshots, VERSION, given_body(spelled, RULES), Wishes(RULES))
    assert not intended.changes
    assert intended.wanted is not None
    assert intended.wanted.content == OLD


def test_what_the_gateway_itself_exported_is_archived_before_it_is_replaced(store: Store) -> None:
    store.server.client().put_object(Bucket=store.bucket, Key=KEY, Body=OLD, Metadata={"uploader": "node-1"})
    snapshots = _store(store)
    _publish(snapshots, NEW)
    in_archive = {key for key in _keys(store) if key.startswith(f"prod/archive/{VERSION}/")}
    bodies = [given_body(content, RULES) for content in (OLD, NEW)]
    assert in_archive == {snapshots.storage.archive_key(VERSION, each.sha256) for each in bodies}


def test_without_an_archive_there_is_none(store: Store) -> None:
    _publish(_store(store), OLD, archive=False)
    assert [key for key in _keys(store) if f"archive/{VERSION}" in key] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (body({"_format_version": "3.0"}), "a snapshot that is empty without force: The snapshot"),
        (body(flat(2, 1, consumers=[])), "that is shrunk without force: Only"),
        (body(flat(upstreams=[{"id": "x", "name": "u"}])), "Did not publish a snapshot that is unimportable: An id"),
        (OLD[:-1], "cut off"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_worse_snapshot_does_not_replace_a_good_one(moto_store: Store, content: bytes, reason: str) -> None:
    snapshots = _store(moto_store)
    _publish(snapshots, OLD)
    with pytest.raises(InvalidInput, match=reason):
        _publish(snapshots, content)
    assert snapshots.get(KEY).body == OLD


def test_force_publishes_a_worse_snapshot_but_never_one_that_no_gateway_imports(moto_store: Store) -> None:
    snapshots = _store(moto_store)
    _publish(snapshots, OLD)
    for content in (body(flat(2, 1)), body({"_format_version": "3.0"})):
        _publish(snapshots, content, force=True)
        assert snapshots.get(KEY).body == content
    with pytest.raises(InvalidInput, match="unimportable"):
        _publish(snapshots, body(flat(upstreams=[{"id": "x", "name": "u"}])), force=True)


def test_a_bad_snapshot_is_replaced_whatever_the_sizes(moto_store: Store) -> None:
    moto_store.server.client().put_object(Bucket=moto_store.bucket, Key=KEY, Body=body(flat(9, 99))[:-1])
    snapshots = _store(moto_store)
    _publish(snapshots, OLD)
    assert snapshots.get(KEY).body == OLD


def test_promotion_and_rollback(store: Store) -> None:
    snapshots = _store(store)
    first = _publish(snapshots, OLD)
    _publish(snapshots, NEW)
    back = stored_body(snapshots, KEY, first.version_id, RULES)
    publish(snapshots, VERSION, plan_publication(snapshots, VERSION, back, Wishes(RULES)), Wishes(RULES))
    assert snapshots.get(KEY).body == OLD
    later = parse_version("3.12.0.9")
    promoted = stored_body(snapshots, KEY, None, Rules(later))
    publish(snapshots, later, plan_publication(snapshots, later, promoted, Wishes(Rules(later))), Wishes(Rules(later)))
    assert snapshots.get(snapshots.storage.key(later)).body == OLD
    assert archived_body(snapshots, VERSION, given_body(NEW, RULES).sha256, RULES).content == NEW


def test_a_missing_bucket_is_no_empty_storage(store: Store) -> None:
    nowhere = SnapshotStore(
        S3Objects(store.server.client(), "no-such-bucket-here"), parse("s3://no-such-bucket-here/prod")
    )
    with pytest.raises(StoreFailed, match="no bucket"):
        plan_publication(nowhere, VERSION, given_body(OLD, RULES), Wishes(RULES))


def test_encryption_is_asked_for_and_arguments_of_ours_are_refused(store: Store) -> None:
    snapshots = _store(store)
    _publish(snapshots, OLD, s3_config={"ServerSideEncryption": "AES256"})
    assert snapshots.head(KEY).encryption == "AES256"
    with pytest.raises(InvalidInput, match="IfMatch"):
        _publish(snapshots, NEW, s3_config={"IfMatch": "x"})


# Removal


def _remove(store: SnapshotStore, in_use: tuple[str, ...] = (), **wishes: Any) -> None:
    how = Wishes(RULES, **wishes)
    intended = plan_removal(store, VERSION, [parse_version(text) for text in in_use], how, datetime.now(UTC))
    publish(store, VERSION, intended, how)


def test_a_retired_snapshot_is_removed_and_stays_in_the_archive(store: Store) -> None:
    snapshots = _store(store)
    store.server.client().put_object(Bucket=store.bucket, Key=KEY, Body=OLD)
    _remove(snapshots, in_use=("3.12.0.9",))
    with pytest.raises(StoreFailed, match="404"):
        snapshots.head(KEY)
    assert snapshots.get(snapshots.storage.archive_key(VERSION, given_body(OLD, RULES).sha256)).body == OLD
    _remove(snapshots)


def test_a_snapshot_in_use_is_not_removed(store: Store) -> None:
    snapshots = _store(store)
    client = store.server.client()
    client.put_object(Bucket=store.bucket, Key=KEY, Body=OLD)
    with pytest.raises(InvalidInput, match="versions_in_use"):
        _remove(snapshots, in_use=(str(VERSION),))
    client.put_object(Bucket=store.bucket, Key=f"prod/{VERSION}/election/node-1", Body=b"")
    with pytest.raises(InvalidInput, match="exporter node-1 was alive"):
        _remove(snapshots)
    assert snapshots.get(KEY).body == OLD
    _remove(snapshots, in_use=(str(VERSION),), force=True)
    assert KEY not in _keys(store)


# Two at once


def test_two_publishers_never_lose_an_update_and_the_loser_says_so(store: Store) -> None:
    publishers = [_store(store), _store(store)]
    _publish(publishers[0], OLD)
    for round_number in range(50):
        contents = [body(flat(2, 3, _comment=f"{round_number} {name}")) for name in ("one", "two")]
        answers = _at_once([_publisher(*each) for each in zip(publishers, contents, strict=True)])
        failures = [str(answer) for answer in answers if isinstance(answer, Exception)]
        winners = [contents[index] for index, answer in enumerate(answers) if not isinstance(answer, Exception)]
        assert len(failures) == 1, (round_number, answers)
        # Who wrote first may also find the other's when reading back, if that one began late enough to see the first.
        assert re.search("was replaced during this run|immediately replaced", failures[0])
        assert "kongops.fallback.config_snapshot" in failures[0]
        assert publishers[0].get(KEY).body == winners[0]


def _publisher(store: SnapshotStore, content: bytes) -> Callable[[threading.Barrier], Published]:
    wishes = Wishes(RULES, archive=False)
    intended = plan_publication(store, VERSION, given_body(content, RULES), wishes)

    def run(both_ready: threading.Barrier) -> Published:
        both_ready.wait()
        return publish(store, VERSION, intended, wishes)

    return run


def _at_once(publishers: list[Callable[[threading.Barrier], Published]]) -> list[Published | Exception]:
    barrier = threading.Barrier(len(publishers))
    answers: list[Published | Exception] = [OperationFailed("did not run")] * len(publishers)

    def run(index: int) -> None:
        try:
            answers[index] = publishers[index](barrier)
        except OperationFailed as error:
            answers[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(publishers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# A kill at every step


class _Killed(BaseException):
    """Like a signal: no handler of the collection catches it."""


class _Mortal:
    """A client whose process dies at its n-th call, just before it is sent or just after it was carried out."""

    def __init__(self, client: Any, dies_at: int, after: bool) -> None:
        self._client, self._dies_at, self._after, self.calls = client, dies_at, after, 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name == "meta":
            return method

        def call(**arguments: Any) -> Any:
            self.calls += 1
            if self.calls == self._dies_at and not self._after:
                raise _Killed
            try:
                return method(**arguments)
            finally:
                if self.calls == self._dies_at:
                    raise _Killed

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("first", [None, OLD], ids=["nothing-there", "an-old-one-there"])
def test_killed_at_any_step_the_old_or_the_new_is_there_and_the_next_run_converges(
    store: Store, first: bytes | None, after: bool
) -> None:
    client = store.server.client()
    step, killed = 0, True
    while killed:
        step += 1
        storage = f"s3://{store.bucket}/step-{step}"
        snapshots = SnapshotStore(S3Objects(client, store.bucket), parse(storage))
        key = snapshots.storage.key(VERSION)
        if first:
            client.put_object(Bucket=store.bucket, Key=key, Body=first)
        try:
            _publish(SnapshotStore(S3Objects(_Mortal(client, step, after), store.bucket), parse(storage)), NEW)
            killed = False
        except _Killed:
            assert _content(snapshots, key) in (first, NEW)
        _publish(snapshots, NEW)
        assert _content(snapshots, key) == NEW
        assert _content(snapshots, snapshots.storage.archive_key(VERSION, given_body(NEW, RULES).sha256)) == NEW
        assert not plan_publication(snapshots, VERSION, given_body(NEW, RULES), Wishes(RULES)).changes
    assert step > 6


def _content(store: SnapshotStore, key: str) -> bytes | None:
    try:
        return store.get(key).body
    except StoreFailed as error:
        if error.reason != "missing":
            raise
        return None


# A lost answer, and stores that cannot be trusted


class _Deceptive:
    """A client that does something of its own around one method."""

    def __init__(self, client: Any, **instead: Callable[..., Any]) -> None:
        self._client, self._instead = client, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._client, name)


def test_a_write_that_was_sent_twice_because_its_answer_was_lost_is_a_success(store: Store) -> None:
    client = store.server.client()

    def twice(**arguments: Any) -> Any:
        client.put_object(**arguments)
        return client.put_object(**arguments)

    snapshots = _store(store)
    _publish(snapshots, OLD)
    _publish(_store(store, _Deceptive(client, put_object=twice)), NEW)
    assert snapshots.get(KEY).body == NEW


def test_a_store_that_keeps_other_bytes_is_found_out(moto_store: Store) -> None:
    client = moto_store.server.client()

    def garbled(**arguments: Any) -> Any:
        answer = client.get_object(**arguments)
        if answer["Metadata"].get("uploader"):
            answer["Body"] = io.BytesIO(answer["Body"].read()[:-1])
        return answer

    with pytest.raises(OperationFailed, match="different bytes from those that were written"):
        _publish(_store(moto_store, _Deceptive(client, get_object=garbled)), NEW)


def test_a_snapshot_that_an_exporter_replaces_at_once_is_not_called_published(store: Store) -> None:
    client = store.server.client()

    def overtaken(**arguments: Any) -> Any:
        answer = client.put_object(**arguments)
        if arguments["Key"] == KEY:
            client.put_object(Bucket=store.bucket, Key=KEY, Body=OTHER, Metadata={"uploader": "node-1"})
        return answer

    with pytest.raises(OperationFailed, match="immediately replaced by node-1"):
        _publish(_store(store, _Deceptive(client, put_object=overtaken)), NEW)


def test_a_tampered_archive_is_found_out(store: Store) -> None:
    snapshots = _store(store)
    archive_key = snapshots.storage.archive_key(VERSION, given_body(OLD, RULES).sha256)
    store.server.client().put_object(Bucket=store.bucket, Key=archive_key, Body=OLD[:-1])
    with pytest.raises(OperationFailed, match="changed the archive"):
        _publish(snapshots, OLD)


def test_an_archive_that_lies_is_not_rolled_back_to(store: Store) -> None:
    snapshots = _store(store)
    lie = given_body(OLD, RULES).sha256
    store.server.client().put_object(
        Bucket=store.bucket, Key=snapshots.storage.archive_key(VERSION, lie), Body=OLD.replace(b"8080", b"8081")
    )
    with pytest.raises(InvalidInput, match="does not match the SHA-256"):
        archived_body(snapshots, VERSION, lie, RULES)
    with pytest.raises(InvalidInput, match="64 hexadecimal digits"):
        archived_body(snapshots, VERSION, "../../3.11.0.3/config", RULES)


def test_a_snapshot_that_changes_before_its_removal_stays(store: Store) -> None:
    snapshots = _store(store)
    _publish(snapshots, OLD)
    wishes = Wishes(RULES)
    intended = plan_removal(snapshots, VERSION, [], wishes, datetime.now(UTC))
    _publish(snapshots, NEW)
    with pytest.raises(OperationFailed, match="was replaced during this run"):
        publish(snapshots, VERSION, intended, wishes)
    assert snapshots.get(KEY).body == NEW


def test_a_store_that_ignores_conditions_is_noticed_and_used_only_if_allowed(careless_store: Store) -> None:
    snapshots = _store(careless_store)
    with pytest.raises(OperationFailed, match="ignores conditional writes"):
        _publish(snapshots, OLD)
    assert KEY not in _keys(careless_store)
    result = _publish(snapshots, OLD, allow_unconditional=True)
    assert [warning[:35] for warning in result.warnings] == [
        "The store ignores conditional write",
        "The store does not confirm checksum",
    ]
    assert snapshots.get(KEY).body == OLD
    _publish(snapshots, NEW, allow_unconditional=True)
    assert snapshots.get(KEY).body == NEW


def test_on_a_store_that_ignores_conditions_a_change_in_between_is_still_seen(careless_store: Store) -> None:
    snapshots = _store(careless_store)
    wishes = Wishes(RULES, allow_unconditional=True)
    _publish(snapshots, OLD, allow_unconditional=True)
    intended = plan_publication(snapshots, VERSION, given_body(NEW, RULES), wishes)
    careless_store.server.client().put_object(Bucket=careless_store.bucket, Key=KEY, Body=OTHER)
    with pytest.raises(OperationFailed, match="was replaced during this run"):
        publish(snapshots, VERSION, intended, wishes)
    assert snapshots.get(KEY).body == OTHER


def test_a_store_that_keeps_conditions_is_known_by_its_answers(store: Store) -> None:
    snapshots = _store(store)
    assert snapshots.keeps_conditions("prod/archive/.conditional-write")
    assert snapshots.keeps_conditions("prod/archive/.conditional-write")
