# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of an archive: every kind of tampering is named, and an untouched one is sound."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import (
    EXPIRED,
    PUBLISHED,
    SERVED,
    Chain,
    Copy,
    Entry,
    Sign,
    append,
    copies_of,
    from_json,
    to_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.keys import signing_key
from ansible_collections.kongops.fallback.plugins.module_utils._archive.tampering import (
    Archive,
    StoredCopy,
    chain_findings,
    copy_findings,
    credible_copies,
    lost_entries,
    suspects,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from tests.archive_keys import new_key

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
STORAGE = "s3://bucket/prod"
VERSION = "3.11.0.3"
ARCHIVE = Archive(STORAGE, VERSION, f"s3://bucket/prod/archive/{VERSION}/")

Stored = dict[str, StoredCopy]


def _signer(secret: bytes) -> Sign:
    return lambda message: hmac.digest(secret, message, "sha256")


def _verify(message: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(_sign(message), signature)


_sign = _signer(b"ours")


def _sha256(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _copy(number: int, **changed: str) -> Copy:
    copy = Copy(STORAGE, VERSION, _sha256(number), 100 + number, f"etag-{number}", SERVED, "a-node")
    return replace(copy, **changed)


def _chain(length: int, sign: Sign = _sign, start: Chain = ()) -> Chain:
    chain = start
    for number in range(len(start), length):
        chain = append(chain, [_copy(number)], NOW - timedelta(hours=length - number), sign)
    return chain


def _stored(held: dict[str, Entry]) -> Stored:
    return {sha256: StoredCopy(entry.copy.size, entry.copy.etag) for sha256, entry in held.items()}


def _found(chain: Chain, stored: Stored | None = None, read: dict[str, str] | None = None) -> dict[str, str]:
    held = credible_copies(chain, ARCHIVE, _verify)
    stored = _stored(held) if stored is None else stored
    findings = [
        *chain_findings(chain, ARCHIVE, _verify, NOW),
        *copy_findings(chain, held, ARCHIVE, stored, read or {}),
    ]
    return {finding.code: finding.message for finding in findings}


GOOD = _chain(6)
HELD = copies_of(GOOD)
OTHER_VERSION = append((), [_copy(9, gateway_version="3.10.0.2")], NOW - timedelta(days=1), _sign)
OTHER_STORAGE = append((), [_copy(9, storage="s3://bucket/test")], NOW - timedelta(days=1), _sign)
SECOND_HISTORY = append(GOOD[:3], [_copy(7), _copy(8)], NOW - timedelta(hours=1), _sign)


def _entry_changed(number: int, **changed: str) -> Chain:
    entry = GOOD[number - 1]
    return (*GOOD[: number - 1], replace(entry, copy=replace(entry.copy, **changed)), *GOOD[number:])


def _signed(entry: Entry) -> Entry:
    return replace(entry, signature=base64.b64encode(_sign(entry.content)).decode())


def _back_dated(chain: Chain) -> Entry:
    entry = append(chain, [_copy(6)], NOW, _sign)[-1]
    return _signed(replace(entry, time=(NOW - timedelta(days=30)).isoformat(timespec="seconds")))


CHAINS: dict[str, tuple[Chain, str, str]] = {
    "an entry was changed": (
        _entry_changed(3, sha256=_sha256(7)),
        "archive-forged",
        "were changed after they were signed",
    ),
    "the time of an entry was changed": (
        (*GOOD[:3], replace(GOOD[3], time="2026-01-01T00:00:00+00:00"), *GOOD[4:]),
        "archive-forged",
        "4 of 2026-01-01",
    ),
    "a signature was removed": (
        (*GOOD[:3], replace(GOOD[3], signature=""), *GOOD[4:]),
        "archive-unsigned",
        "have no signature",
    ),
    "a signature is no base64": (
        (*GOOD[:3], replace(GOOD[3], signature="%"), *GOOD[4:]),
        "archive-forged",
        "4 of ",
    ),
    "another key signed": (
        _chain(7, _signer(b"theirs"), GOOD),
        "archive-forged",
        "or were not signed with your key: 7",
    ),
    "two entries changed places": ((*GOOD[:2], GOOD[3], GOOD[2], *GOOD[4:]), "archive-reordered", "4 of "),
    "the first two changed places": ((GOOD[1], GOOD[0], *GOOD[2:]), "archive-reordered", "2 of "),
    "the beginning was cut off": (GOOD[2:], "archive-truncated", "follow entries that were removed: 3 of "),
    "an entry was taken out": (
        (*GOOD[:2], *GOOD[3:]),
        "archive-truncated",
        "follow entries that were removed: 4 of ",
    ),
    "two histories were joined": ((*GOOD, *SECOND_HISTORY[3:]), "archive-forked", "belong to a second history"),
    "a second beginning": ((*GOOD, *append((), [_copy(8)], NOW, _sign)), "archive-forked", "1 of "),
    "an entry of another version": ((*GOOD, *OTHER_VERSION), "archive-replayed", "were signed for gateway 3.10.0.2"),
    "an entry of another storage": ((*GOOD, *OTHER_STORAGE), "archive-replayed", "in s3://bucket/test"),
    "the chain of another version": (OTHER_VERSION, "archive-replayed", "were signed for gateway 3.10.0.2"),
    "an entry is there twice": ((*GOOD[:4], GOOD[1], *GOOD[4:]), "archive-replayed", "occur twice: 2 of "),
    "an entry is dated back": (
        (*GOOD, _back_dated(GOOD)),
        "archive-back-dated",
        "are dated before the entry that they follow",
    ),
    "an entry is dated ahead": (
        append(GOOD, [_copy(6)], NOW + timedelta(days=1), _sign),
        "archive-back-dated",
        "or in the future: 7 of ",
    ),
}


@pytest.mark.parametrize(("chain", "code", "words"), CHAINS.values(), ids=CHAINS)
def test_each_kind_of_tampering_with_the_chain_has_its_own_sentence(chain: Chain, code: str, words: str) -> None:
    found = _found(chain)
    assert list(found) == [code]
    assert words in found[code]
    assert ARCHIVE.location in found[code]


COPIES = {
    "altered": ({_sha256(2): "f" * 64}, "archive-altered", "have bytes that differ from those that were signed: 3 of "),
    "replaced": ({_sha256(2): _sha256(1)}, "archive-replaced", "have the bytes of another copy: 3 of "),
}


@pytest.mark.parametrize(("read", "code", "words"), COPIES.values(), ids=COPIES)
def test_a_copy_with_other_bytes_is_suspected_by_the_list_and_named_by_its_bytes(
    read: dict[str, str], code: str, words: str
) -> None:
    stored = {**_stored(HELD), _sha256(2): StoredCopy(102, "another")}
    assert suspects(HELD, _stored(HELD)) == []
    assert suspects(HELD, stored) == [_sha256(2)]
    assert _found(GOOD, stored, {_sha256(2): _sha256(2)}) == {}
    assert words in _found(GOOD, stored, read)[code]


def test_a_copy_that_is_gone_and_one_that_nobody_signed_are_named() -> None:
    stored = _stored(HELD)
    del stored[_sha256(3)]
    assert "are gone, but no job removed them: 4 of " in _found(GOOD, stored)["archive-deleted"]
    cut = _found(GOOD[:4], _stored(HELD))["archive-unlisted"]
    assert f"does not list: {', '.join(sorted([_sha256(4)[:12], _sha256(5)[:12]]))}" in cut


def test_a_chain_that_was_longer_once_was_cut() -> None:
    (finding,) = lost_entries(GOOD[:4], 6, ARCHIVE)
    assert (finding.code, "once had 6 entries and now has 4" in finding.message) == ("archive-truncated", True)
    assert not list(lost_entries(GOOD, 6, ARCHIVE))


def test_what_the_retention_removed_is_not_missing_and_may_still_be_there() -> None:
    expired = append(GOOD, [_copy(0, event=EXPIRED)], NOW, _sign)
    assert _sha256(0) not in copies_of(expired)
    assert _found(expired) == {}
    assert _found(expired, _stored(HELD)) == {}
    again = append(expired, [_copy(0, event=PUBLISHED)], NOW, _sign)
    assert list(copies_of(again))[-1] == _sha256(0)
    assert _found(again) == {}


def test_many_tampered_entries_are_counted() -> None:
    message = _found(_chain(20, _signer(b"theirs")))["archive-forged"]
    assert message.endswith(" and 15 more.")


def test_the_chain_is_read_as_it_was_written_and_nothing_else_is() -> None:
    content = to_json(GOOD)
    assert from_json(content, "here") == GOOD
    assert to_json(from_json(to_json(()), "here")) == to_json(())
    broken = (
        *(b"", b"{}", b"[]", b'{"entries":[1]}', b'{"entries":[{}]}', content[:-3], content + b" ", b"[" * 100_000),
        *(content.replace(old, new) for old, new in ((b'"number":2', b'"number":"2"'), (b"served", b"sold"))),
        *(content.replace(old, new) for old, new in ((b'"size":100', b'"size":true'), (b"+00:00", b""))),
        content.replace(b'"size":100', b'"size":100,"more":1'),
    )
    for bad in broken:
        with pytest.raises(InvalidInput, match="here is not as the collection writes it"):
            from_json(bad, "here")


def test_a_clock_a_little_behind_keeps_the_order_and_one_far_behind_is_refused() -> None:
    last = GOOD[-1].moment
    chain = append(GOOD, [_copy(6)], last - timedelta(minutes=1), _sign)
    assert chain[-1].moment == last
    with pytest.raises(InvalidInput, match="The clock of the controller"):
        append(GOOD, [_copy(6)], last - timedelta(minutes=6), _sign)


def test_a_thousand_entries_are_checked_in_a_few_seconds_with_real_signatures() -> None:
    key = new_key()
    keys = signing_key(key.private, "the key")
    chain = _chain(1000, keys.sign)
    began = time.process_time()
    read = from_json(to_json(chain), "here")
    findings = [*chain_findings(read, ARCHIVE, keys.public_part().verify, NOW)]
    held = credible_copies(read, ARCHIVE, keys.public_part().verify)
    findings += copy_findings(read, held, ARCHIVE, _stored(held), {})
    assert len(held) == 1000
    assert suspects(held, _stored(held)) == findings == []
    assert time.process_time() - began < 5
