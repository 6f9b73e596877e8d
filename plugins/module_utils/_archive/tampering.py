# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tampering with the archive of one gateway version shows: each kind with its own sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import (
    BEGINNING,
    CLOCKS_DIFFER,
    Chain,
    Entry,
    Verify,
    copies_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import some
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding

_REPEATED, _FORKED, _REORDERED, _ORPHANED = "repeated", "forked", "reordered", "orphaned"


@dataclass(frozen=True)
class Archive:
    """Whose chain it should be: the fallback storage and the gateway version; ``location`` is that of its copies."""

    storage: str
    gateway_version: str
    location: str


@dataclass(frozen=True)
class StoredCopy:
    """A copy as the store lists it; ``size`` in bytes."""

    size: int
    etag: str


def chain_findings(chain: Chain, archive: Archive, verify: Verify, now: datetime) -> Iterator[Finding]:
    """What is wrong with the entries, one finding for each kind of tampering.

    An entry that cannot be trusted does not discredit the next one.
    """
    unsigned = [entry for entry in chain if not entry.signature]
    forged = [entry for entry in chain if entry.signature and not entry.is_signed(verify)]
    untrusted = {id(entry) for entry in (*unsigned, *forged)}
    trusted = [entry for entry in chain if id(entry) not in untrusted]
    foreign = [entry for entry in trusted if _is_foreign(entry, archive)]
    misplaced = _misplaced(chain, untrusted.union(map(id, foreign)))
    yield from _about("archive-unsigned", archive, unsigned, "have no signature, so none of your jobs wrote them")
    yield from _about(
        "archive-forged", archive, forged, "were changed after they were signed, or were not signed with your key"
    )
    yield from _about("archive-replayed", archive, [*foreign, *misplaced[_REPEATED]], _replayed(foreign))
    yield from _about(
        "archive-forked",
        archive,
        misplaced[_FORKED],
        "belong to a second history, which forks from the first one before them",
    )
    yield from _about(
        "archive-reordered", archive, misplaced[_REORDERED], "are not in the order in which they were written"
    )
    yield from _about("archive-truncated", archive, misplaced[_ORPHANED], "follow entries that were removed")
    yield from _about(
        "archive-back-dated",
        archive,
        _out_of_time(trusted, now),
        "are dated before the entry that they follow, or in the future",
    )


def credible_copies(chain: Chain, archive: Archive, verify: Verify) -> dict[str, Entry]:
    """The copies that the archive should hold now, by SHA-256, according to the entries that can be trusted."""
    return copies_of(tuple(entry for entry in chain if not _is_foreign(entry, archive) and entry.is_signed(verify)))


def suspects(held: Mapping[str, Entry], stored: Mapping[str, StoredCopy]) -> list[str]:
    """The copies, by SHA-256, whose size or ETag is not the signed one: only their bytes can tell."""
    signed = {sha256: StoredCopy(entry.copy.size, entry.copy.etag) for sha256, entry in held.items()}
    return [sha256 for sha256, copy in signed.items() if sha256 in stored and stored[sha256] != copy]


def copy_findings(
    chain: Chain,
    held: Mapping[str, Entry],
    archive: Archive,
    stored: Mapping[str, StoredCopy],
    read: Mapping[str, str],
) -> Iterator[Finding]:
    """What is wrong with the copies that should be ``held``: ``stored`` is what the store lists.

    ``read`` has the SHA-256 of the bytes of those that were read; the keys are the SHA-256 in the name.
    """
    known = {entry.copy.sha256 for entry in chain}
    changed = {sha256: actual for sha256, actual in read.items() if sha256 in held and actual != sha256}
    altered = [held[sha256] for sha256, actual in changed.items() if actual not in known]
    replaced = [held[sha256] for sha256, actual in changed.items() if actual in known]
    deleted = [entry for sha256, entry in held.items() if sha256 not in stored]
    yield from _about(
        "archive-altered", archive, altered, "have bytes that differ from those that were signed", what="copies"
    )
    yield from _about("archive-replaced", archive, replaced, "have the bytes of another copy", what="copies")
    yield from _about("archive-deleted", archive, deleted, "are gone, but no job removed them", what="copies")
    unlisted = sorted(stored.keys() - known)
    if unlisted:
        told = some([sha256[:12] for sha256 in unlisted])
        yield Finding(
            "archive-unlisted",
            ERROR,
            f"{archive.location} has copies that its chain does not list: {told}: the end of the chain was"
            " cut off, or none of your jobs wrote them, or a job was interrupted.",
        )


def lost_entries(chain: Chain, longest: int, archive: Archive) -> Iterator[Finding]:
    """The finding about a chain whose earlier version had ``longest`` entries: a chain only ever grows."""
    if longest > len(chain):
        yield Finding(
            "archive-truncated",
            ERROR,
            f"The chain of {archive.location} once had {longest} entries and now has {len(chain)}: entries"
            " were cut off its end; restore its last good version.",
        )


def _misplaced(chain: Chain, doubtful: Set[int]) -> dict[str, list[Entry]]:
    """The entries that do not follow the one before them, by reason; ``doubtful`` are ids of objects.

    What follows a doubtful entry cannot name it, and what follows a misplaced one may name the one before that.
    """
    found: dict[str, list[Entry]] = {_REPEATED: [], _FORKED: [], _REORDERED: [], _ORPHANED: []}
    everywhere = {entry.digest for entry in chain}
    seen: set[str] = set()
    followed: set[str] = set()
    branch: set[str] = set()
    before: str | None = BEGINNING
    for entry in chain:
        digest = entry.digest
        if id(entry) in doubtful:
            before = None
            continue
        if before not in (None, entry.previous):
            if digest in seen:
                reason = _REPEATED
            elif entry.previous in followed | branch:
                reason = _FORKED
                branch.add(digest)
            else:
                reason = _REORDERED if entry.previous in everywhere | {BEGINNING} else _ORPHANED
            found[reason].append(entry)
        else:
            reason = ""
        seen.add(digest)
        followed.add(entry.previous)
        if reason not in (_REPEATED, _FORKED):
            before = digest
    return found


def _is_foreign(entry: Entry, archive: Archive) -> bool:
    return (entry.copy.storage, entry.copy.gateway_version) != (archive.storage, archive.gateway_version)


def _replayed(foreign: Sequence[Entry]) -> str:
    if not foreign:
        return "occur twice"
    copy = foreign[0].copy
    return f"were signed for gateway {copy.gateway_version} in {copy.storage}, not for this archive"


def _out_of_time(trusted: Sequence[Entry], now: datetime) -> list[Entry]:
    digests = {entry.digest: entry for entry in trusted}
    return [
        entry
        for entry in trusted
        if entry.moment > now + CLOCKS_DIFFER
        or (entry.previous in digests and entry.moment < digests[entry.previous].moment)
    ]


def _about(code: str, archive: Archive, entries: Sequence[Entry], why: str, what: str = "entries") -> Iterator[Finding]:
    if entries:
        told = some([f"{entry.number} of {entry.time} ({entry.copy.sha256[:12]})" for entry in entries])
        yield Finding(code, ERROR, f"In {archive.location} {what} {why}: {told}.")
