# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tamper-evident archive: sign what goes into it, and check it with the public key alone.

A copy is written before its entry and removed after it. So a job that is killed in between leaves a copy without an
entry, which the next run of the same job signs, or one that the retention removes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import (
    ADOPTED,
    EXPIRED,
    REPLACED,
    SERVED,
    VOUCHED,
    Chain,
    Copy,
    Entry,
    Sign,
    Verify,
    append,
    copies_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.retention import Keep, expired_copies
from ansible_collections.kongops.fallback.plugins.module_utils._archive.store import ArchiveStore, StoredChain
from ansible_collections.kongops.fallback.plugins.module_utils._archive.tampering import (
    Archive,
    chain_findings,
    copy_findings,
    credible_copies,
    lost_entries,
    suspects,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

_ATTEMPTS = 20


@dataclass(frozen=True)
class SignedArchive:
    """The archive of a fallback storage: ``store`` has the copies, ``live`` is the storage whose snapshots they are.

    ``sign`` is None if there is only the public key.
    """

    store: SnapshotStore
    live: StorageUrl
    verify: Verify
    sign: Sign | None = None
    s3_config: Mapping[str, Any] = field(default_factory=dict)

    def of(self, version: GatewayVersion) -> ArchiveStore:
        """The part of one gateway version."""
        return ArchiveStore(self.store, version)

    def expected(self, version: GatewayVersion) -> Archive:
        """Whose chain this should be."""
        return Archive(str(self.live), str(version), self.of(version).location)


@dataclass(frozen=True)
class ArchiveReport:
    """What is known about the archive of one gateway version; ``held`` are the last entries of its copies."""

    gateway_version: GatewayVersion
    location: str
    chain: Chain
    findings: tuple[Finding, ...]
    held: tuple[Entry, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as a module returns it."""
        return {
            "gateway_version": str(self.gateway_version),
            "location": self.location,
            "sound": not self.findings,
            "findings": [finding.as_dict() for finding in self.findings],
            "entries": len(self.chain),
            "head": self.chain[-1].digest if self.chain else None,
            "copies": [told(entry) for entry in self.held],
        }


@dataclass(frozen=True)
class NewCopy:
    """A snapshot to archive: SHA-256 and bytes of its body, why it is archived, one of EVENTS, and who wrote it."""

    sha256: str
    body: bytes
    event: str
    uploader: str


@dataclass(frozen=True)
class ArchivePlan:
    """The chain as it is and as it would be, and the difference: copies that get an entry, and copies to delete.

    ``leftovers`` are the SHA-256 of the copies to delete, ``expired`` those of them that have no entry about that yet.
    """

    before: Chain
    predicted: Chain
    adopted: tuple[NewCopy, ...]
    new: NewCopy | None
    expired: tuple[Copy, ...]
    leftovers: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether anything in the archive changes."""
        return bool(self.adopted or self.new or self.leftovers or self.expired)


def told(entry: Entry) -> dict[str, Any]:
    """A copy as a module returns it."""
    copy = entry.copy
    return {
        "sha256": copy.sha256,
        "size": copy.size,
        "time": entry.time,
        "event": copy.event,
        "uploader": copy.uploader,
    }


def check_archive(
    archive: SignedArchive, version: GatewayVersion, now: datetime, is_full: bool = False
) -> ArchiveReport:
    """The report on the archive of one gateway version; raises StoreFailed.

    It reads the bytes of a copy only if ETag or size differ from what was signed, or ``is_full``.
    """
    parts, expected = archive.of(version), archive.expected(version)
    unknown = ArchiveReport(version, parts.location, (), ())
    stored = parts.copies()
    try:
        found = parts.chain()
    except InvalidInput as error:
        return replace(unknown, findings=(Finding("archive-unreadable", ERROR, error.reason),))
    if found.etag is None:
        return replace(unknown, findings=(_no_chain(parts, bool(stored)),))
    held = credible_copies(found.entries, expected, archive.verify)
    doubtful = held.keys() & stored.keys() if is_full else suspects(held, stored)
    read = {sha256: parts.read_copy(sha256).sha256 for sha256 in doubtful}
    findings = (
        *chain_findings(found.entries, expected, archive.verify, now),
        *lost_entries(found.entries, _longest_before(archive, parts, found), expected),
        *copy_findings(found.entries, held, expected, stored, read),
    )
    return ArchiveReport(version, parts.location, found.entries, findings, tuple(held.values()))


def require_vouched(archive: SignedArchive, version: GatewayVersion, sha256: str, now: datetime) -> None:
    """Raise InvalidInput for bytes that the archive does not vouch for, such as what was only kept when replaced."""
    chain = _sound(archive, version, now).entries
    entry = copies_of(chain).get(sha256)
    if entry is None or entry.copy.event == REPLACED:
        snapshot = f"the snapshot {sha256[:12]} of {version}"
        known = f"has {snapshot} only because it was replaced" if entry else f"has no entry for {snapshot}"
        raise InvalidInput(
            f"The archive {archive.of(version).location} {known}, so it does not vouch for it: run the playbook archive"
            " once its gateways serve it, or set force."
        )


def require_sound(archive: SignedArchive, version: GatewayVersion, now: datetime, adopt: bool = False) -> Chain:
    """The chain to which a job may append; raises InvalidInput, and StoreFailed.

    It may begin a chain if the archive is empty, with ``adopt`` also if there are copies.
    """
    found = _sound(archive, version, now, is_needed=False)
    parts = archive.of(version)
    if found.etag is None and not adopt and (_longest_before(archive, parts, found) or parts.copies()):
        raise InvalidInput(_no_chain(parts, has_copies=True).message)
    return found.entries


def record(archive: SignedArchive, version: GatewayVersion, copies: Iterable[NewCopy], now: datetime) -> Chain:
    """The chain with signed entries for these copies, which are already written; raises OperationFailed and
    InvalidInput.

    It signs what the store returns.
    """
    parts, signed = archive.of(version), []
    for copy in copies:
        parts.write_copy(copy.sha256, copy.body, archive.s3_config)
        signed.append(_read_back(archive, version, copy))
    return _append(archive, version, signed, now) if signed else archive.of(version).chain().entries


def needs_entry(chain: Chain, sha256: str) -> bool:
    """Whether a snapshot that gateways serve has no entry yet in which they or an operator vouch for it."""
    entry = copies_of(chain).get(sha256)
    return entry is None or entry.copy.event not in VOUCHED


def plan_archive(
    archive: SignedArchive,
    live: SnapshotStore,
    version: GatewayVersion,
    sha256: str | None,
    *,
    adopts: bool,
    keep: Keep,
    now: datetime,
) -> ArchivePlan:
    """Decide what archiving the live snapshot with this SHA-256 would do, and what expires.

    Raises InvalidInput if it must not be done, and StoreFailed.
    """
    if archive.sign is None:
        raise InvalidInput("There is no signing_key, and an unsigned archive proves nothing: give one.")
    before = require_sound(archive, version, now, adopts)
    stored = archive.of(version).copies()
    adopted = tuple(NewCopy(name, b"", ADOPTED, "unknown") for name in sorted(stored)) if not before and adopts else ()
    new = _served(live, version, sha256) if sha256 and needs_entry(before, sha256) else None
    chain = append(before, [_unread(archive, version, copy) for copy in (*adopted, *_given(new))], now, _unsigned)
    gone = tuple(entry.copy for entry in expired_copies(chain, keep, now, (sha256 or "",)))
    chain = append(chain, [replace(copy, event=EXPIRED) for copy in gone], now, _unsigned)
    held, known = copies_of(chain), {entry.copy.sha256 for entry in chain}
    leftovers = tuple(name for name in stored if name in known and name not in held)
    return ArchivePlan(before, chain, adopted, new, gone, leftovers)


def keep_archive(archive: SignedArchive, version: GatewayVersion, plan: ArchivePlan, now: datetime) -> Chain:
    """Carry out the plan and return the chain; raises OperationFailed and InvalidInput."""
    parts = archive.of(version)
    if plan.new:
        parts.write_copy(plan.new.sha256, plan.new.body, archive.s3_config)
    signed = [_read_back(archive, version, copy) for copy in (*plan.adopted, *_given(plan.new))]
    signed += [replace(copy, event=EXPIRED) for copy in plan.expired]
    chain = _append(archive, version, signed, now) if signed else plan.before
    for sha256 in plan.leftovers:
        parts.remove_copy(sha256)
    return chain


def _served(live: SnapshotStore, version: GatewayVersion, sha256: str) -> NewCopy:
    found = live.get(live.storage.key(version))
    if found.sha256 != sha256:
        raise InvalidInput(
            f"The snapshot of gateway {version} is no longer {sha256[:12]}, but {found.sha256[:12]}, written by"
            f" {found.head.uploader or 'an unknown uploader'} at {found.head.last_modified.isoformat()}: run again."
        )
    return NewCopy(sha256, found.body, SERVED, found.head.uploader or "unknown")


def _given(copy: NewCopy | None) -> tuple[NewCopy, ...]:
    return (copy,) if copy else ()


def _unread(archive: SignedArchive, version: GatewayVersion, copy: NewCopy) -> Copy:
    """The copy of an entry that is only predicted."""
    return Copy(str(archive.live), str(version), copy.sha256, len(copy.body), "", copy.event, copy.uploader)


def _unsigned(_message: bytes) -> bytes:
    return b""


def _sound(archive: SignedArchive, version: GatewayVersion, now: datetime, is_needed: bool = True) -> StoredChain:
    parts, expected = archive.of(version), archive.expected(version)
    found = parts.chain()
    if found.etag is None and is_needed:
        raise InvalidInput(_no_chain(parts, has_copies=False).message)
    for finding in (
        *chain_findings(found.entries, expected, archive.verify, now),
        *lost_entries(found.entries, _longest_before(archive, parts, found) if found.etag else 0, expected),
    ):
        raise InvalidInput(finding.message)
    return found


def _longest_before(archive: SignedArchive, parts: ArchiveStore, found: StoredChain) -> int:
    """How many entries an earlier version of the chain had, by the number in an entry of ours; 0 if there is none."""
    ours = (chain[-1] for chain in parts.larger_chains(found) if chain and chain[-1].is_signed(archive.verify))
    return max((entry.number for entry in ours), default=0)


def _no_chain(parts: ArchiveStore, has_copies: bool) -> Finding:
    told = f"{parts.location} has no archive: run the playbook archive, or find out who deleted it."
    if has_copies:
        told = (
            f"{parts.location} has or had copies, but no chain: restore the last version of chain.json, or,"
            " if there never was one, run the playbook archive with kong_fallback_archive_adopt."
        )
    return Finding("archive-missing", ERROR, told)


def _read_back(archive: SignedArchive, version: GatewayVersion, copy: NewCopy) -> Copy:
    parts = archive.of(version)
    found = parts.read_copy(copy.sha256)
    if found.sha256 != copy.sha256:
        raise OperationFailed(
            f"{parts.location}{copy.sha256}.json does not match the SHA-256 in its name, so nothing was signed:"
            " remove the object, and find out who changed the archive."
        )
    return Copy(
        storage=str(archive.live),
        gateway_version=str(version),
        sha256=copy.sha256,
        size=len(found.body),
        etag=found.head.etag,
        event=copy.event,
        uploader=copy.uploader,
    )


def _append(archive: SignedArchive, version: GatewayVersion, copies: Sequence[Copy], now: datetime) -> Chain:
    if archive.sign is None:
        raise InvalidInput("Nothing was signed, because there is no signing_key: give one.")
    parts = archive.of(version)
    for _attempt in range(_ATTEMPTS):
        found = _sound(archive, version, now, is_needed=False)
        chain = append(found.entries, copies, now, archive.sign)
        if parts.write_chain(chain, found.etag, archive.s3_config):
            return chain
    raise OperationFailed(
        f"Could not append to the chain of {parts.location}: too many jobs try at the same time: run again later."
    )
