# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing a snapshot without ever leaving a worse one behind.

First everything is read and decided (a plan), in check mode too; then the plan is carried out (``publish``) in such an
order that a kill at any moment leaves the old snapshot or the new one, complete: archive, conditional write, read back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.archiving import (
    NewCopy,
    SignedArchive,
    needs_entry,
    record,
    require_sound,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import REPLACED, copies_of
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Configuration,
    read_configuration,
    read_json,
    to_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import (
    CORRUPT,
    MISSING,
    OK,
    SHRUNK,
    UNIMPORTABLE,
    Judgement,
    Rules,
    judge_body,
    judge_configuration,
    shrinkage,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    CHANGED,
    Head,
    StoreFailed,
    WrittenObject,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore, StoredObject
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.uploader import UPLOADER
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.workspace_ids import (
    without_stray_workspace_ids,
)

_ALIVE_SECONDS = 30 * 60
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Body:
    """The bytes of a snapshot, their SHA-256, and the judgement of them; ``notes`` say what was left out of it.

    ``origin`` is the SHA-256 of the stored bytes that it comes from, None if it comes from elsewhere.
    """

    content: bytes
    sha256: str
    judgement: Judgement
    notes: tuple[str, ...] = ()
    origin: str | None = None


@dataclass(frozen=True)
class Wishes:
    """How to publish.

    ``s3_config`` are further arguments of PutObject, ``force`` allows a snapshot that is worse than the stored one,
    ``allow_unconditional`` is for stores that ignore conditional writes. ``copies`` is the store of the archive if that
    is elsewhere; a ``signed`` archive also gets an entry for each copy.
    """

    rules: Rules
    archive: bool = True
    force: bool = False
    max_shrink_percent: int = 50
    allow_unconditional: bool = False
    s3_config: Mapping[str, Any] = field(default_factory=dict)
    copies: SnapshotStore | None = None
    signed: Signing | None = None


@dataclass(frozen=True)
class Signing:
    """How to sign what is published: the reason, which is one of EVENTS of the chain, and the time."""

    archive: SignedArchive
    event: str
    now: datetime


@dataclass(frozen=True)
class PublicationPlan:
    """The present state, the wanted state, and the difference.

    ``wanted`` is None if the snapshot is to be removed; ``to_archive`` are the bodies that the archive does not have
    yet, or ``to_sign`` the copies to archive with an entry; ``archive_key`` is that of ``wanted``, None without an
    archive.
    """

    key: str
    live: StoredObject | None
    before: Body | None
    wanted: Body | None
    to_archive: tuple[Body, ...] = ()
    archive_key: str | None = None
    to_sign: tuple[NewCopy, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether the live object is written or deleted."""
        return self.wanted is not self.before

    @property
    def changes(self) -> bool:
        """Whether anything in the storage changes."""
        return self.writes or bool(self.to_archive or self.to_sign)


@dataclass(frozen=True)
class Published:
    """What was done; ``warnings`` are for the operator."""

    version_id: str | None = None
    warnings: tuple[str, ...] = ()


def given_body(content: bytes, rules: Rules) -> Body:
    """A configuration that the operator gives, JSON or YAML; raises InvalidInput when it cannot be read."""
    configuration = read_configuration(content)
    return _importable(content if _is_json(content) else to_json(configuration), configuration, rules)


def promoted_body(store: SnapshotStore, version: GatewayVersion, wishes: Wishes) -> Body:
    """The snapshot of a gateway version, for another version; raises StoreFailed and InvalidInput.

    An older gateway refuses fields that it does not know, and a patch may bring some.
    """
    target = wishes.rules.gateway_version
    if version > target and not wishes.force:
        raise InvalidInput(
            f"Did not promote the snapshot of gateway {version} to {target}, which is older and refuses what it does"
            f" not know: export from a control plane of {target}, or set force and drill on a data plane of {target}."
        )
    found = store.get(store.storage.key(version))
    return replace(_importable(found.body, read_json(found.body), wishes.rules), origin=found.sha256)


def stored_body(store: SnapshotStore, key: str, version_id: str | None, rules: Rules) -> Body:
    """A stored snapshot, or an older version of it; raises StoreFailed and InvalidInput."""
    found = store.get(key, version_id)
    return replace(_judged(found.body, read_json(found.body), rules), origin=found.sha256)


def copied_body(store: SnapshotStore, version: GatewayVersion, sha256: str | None, rules: Rules) -> Body:
    """The snapshot of another storage; raises StoreFailed, and InvalidInput if it has not this SHA-256."""
    body = stored_body(store, store.storage.key(version), None, rules)
    if sha256 not in (None, body.sha256):
        raise InvalidInput(
            f"The snapshot of gateway {version} in {store.storage} is not {sha256[:12]} any longer, but"
            f" {body.sha256[:12]}: run again."
        )
    return replace(body, origin=None)


def archived_body(store: SnapshotStore, version: GatewayVersion, sha256: str, rules: Rules) -> Body:
    """A snapshot from the archive; raises StoreFailed, and InvalidInput if it does not match its name."""
    if not _SHA256.fullmatch(sha256):
        raise InvalidInput("from_sha256 is not a SHA-256: give 64 hexadecimal digits in lower case.")
    body = stored_body(store, store.storage.archive_key(version, sha256), None, rules)
    if body.sha256 != sha256:
        raise InvalidInput(f"The archived snapshot {sha256} does not match the SHA-256 in its name: do not use it.")
    return body


def plan_publication(store: SnapshotStore, version: GatewayVersion, wanted: Body, wishes: Wishes) -> PublicationPlan:
    """Decide what publishing would do; raises InvalidInput for a snapshot that must not be published."""
    store.check_s3_config(wishes.s3_config)
    key = store.storage.key(version)
    live = _live(store, key)
    before = _body_of(live, wishes.rules) if live else None
    _refuse_worse(wanted, before, wishes)
    # A different form of the same configuration is not a reason to write.
    if before and before.judgement.digest == wanted.judgement.digest:
        wanted = before
    if not wishes.archive:
        return PublicationPlan(key, live, before, wanted)
    copies = wishes.copies or store
    plan = PublicationPlan(key, live, before, wanted, archive_key=copies.storage.archive_key(version, wanted.sha256))
    if wishes.signed:
        return replace(plan, to_sign=tuple(_unsigned(plan, version, wishes.signed)))
    return replace(plan, to_archive=tuple(_unarchived(copies, version, [wanted, *_worth_keeping(before)])))


def plan_removal(
    store: SnapshotStore, version: GatewayVersion, in_use: list[GatewayVersion], wishes: Wishes, now: datetime
) -> PublicationPlan:
    """Decide what removing would do; raises InvalidInput while the version is in use, unless ``force``."""
    key = store.storage.key(version)
    live = _live(store, key)
    if live is None:
        return PublicationPlan(key, None, None, None)
    before = _body_of(live, wishes.rules)
    if not wishes.force:
        _refuse_in_use(store, version, in_use, now)
    plan = PublicationPlan(key, live, before, None)
    if not wishes.archive:
        return plan
    if wishes.signed:
        return replace(plan, to_sign=tuple(_unsigned(plan, version, wishes.signed)))
    return replace(plan, to_archive=tuple(_unarchived(wishes.copies or store, version, _worth_keeping(before))))


def publish(store: SnapshotStore, version: GatewayVersion, intended: PublicationPlan, wishes: Wishes) -> Published:
    """Carry the plan out; raises OperationFailed, and even then leaves the old snapshot or the new one, complete."""
    warnings: list[str] = []
    conditional = _keeps_conditions(store, wishes, warnings) if intended.wanted and intended.changes else True
    for body in intended.to_archive:
        _archive(wishes.copies or store, version, body, wishes, conditional)
    if wishes.signed and intended.to_sign:
        record(wishes.signed.archive, version, intended.to_sign, wishes.signed.now)
    head = intended.live.head if intended.live else None
    if intended.writes and intended.wanted is None:
        _remove(store, intended)
        head = None
    elif intended.writes and intended.wanted:
        head = _write(store, intended, intended.wanted, wishes, conditional, warnings)
    return Published(head.version_id if head else None, tuple(warnings))


def _judged(content: bytes, configuration: Configuration, rules: Rules) -> Body:
    return Body(content, hashlib.sha256(content).hexdigest(), judge_configuration(configuration, rules))


def _importable(content: bytes, configuration: Configuration, rules: Rules) -> Body:
    """What to publish of a configuration that comes from elsewhere."""
    cleaned, collections = without_stray_workspace_ids(configuration)
    if not collections:
        return _judged(content, configuration, rules)
    note = (
        f"Left ws_id out of {', '.join(collections)}, which do not belong to a workspace: every gateway refuses"
        " a snapshot that has it there. (fact 3.8)"
    )
    return replace(_judged(to_json(cleaned), cleaned, rules), notes=(note,))


def _is_json(content: bytes) -> bool:
    return content.lstrip()[:1] == b"{"


def _live(store: SnapshotStore, key: str) -> StoredObject | None:
    try:
        return store.get(key)
    except StoreFailed as error:
        if error.reason != MISSING:
            raise
        return None


def _body_of(live: StoredObject, rules: Rules) -> Body:
    return Body(live.body, live.sha256, judge_body(live.body, rules))


def _refuse_worse(wanted: Body, before: Body | None, wishes: Wishes) -> None:
    outcome = wanted.judgement.outcome
    if outcome in (CORRUPT, UNIMPORTABLE):
        raise InvalidInput(f"Did not publish a snapshot that is {outcome}: {_reason(wanted)}")
    if wishes.force:
        return
    if outcome != OK:
        raise InvalidInput(f"Did not publish a snapshot that is {outcome} without force: {_reason(wanted)}")
    if before and before.judgement.outcome == OK:
        for finding in shrinkage(before.judgement.entities, wanted.judgement.entities, wishes.max_shrink_percent):
            raise InvalidInput(f"Did not publish a snapshot that is {SHRUNK} without force: {finding.message}")


def _reason(body: Body) -> str:
    return errors(body.judgement.findings)[0].message


def _refuse_in_use(store: SnapshotStore, version: GatewayVersion, in_use: list[GatewayVersion], now: datetime) -> None:
    if version in in_use:
        raise InvalidInput(
            f"Did not remove the snapshot of gateway {version}, which nodes still run (versions_in_use): set force if"
            " that is wrong."
        )
    for exporter in store.exporters(store.storage.election_prefix(version))[:1]:
        age = int((now - exporter.last_seen).total_seconds())
        if age < _ALIVE_SECONDS:
            raise InvalidInput(
                f"Did not remove the snapshot of gateway {version}, whose exporter {exporter.node_id} was alive {age} s"
                " ago: stop it first, or set force."
            )


def _worth_keeping(before: Body | None) -> list[Body]:
    return [before] if before and before.judgement.outcome == OK else []


def _unsigned(plan: PublicationPlan, version: GatewayVersion, signing: Signing) -> Iterator[NewCopy]:
    """The copies that need an entry: the replaced snapshot, if it has none, and the published one; raises
    InvalidInput."""
    chain = require_sound(signing.archive, version, signing.now)
    replaced = _worth_keeping(plan.before) if plan.writes else []
    for body in replaced:
        if plan.live and body.sha256 not in copies_of(chain):
            yield NewCopy(body.sha256, body.content, REPLACED, _who(plan.live.head))
    if plan.wanted and (plan.writes or needs_entry(chain, plan.wanted.sha256)):
        yield NewCopy(plan.wanted.sha256, plan.wanted.content, signing.event, UPLOADER)


def _unarchived(store: SnapshotStore, version: GatewayVersion, bodies: list[Body]) -> Iterator[Body]:
    """The bodies, each once, that the archive does not have."""
    for sha256, body in {body.sha256: body for body in bodies}.items():
        if not _is_there(store, store.storage.archive_key(version, sha256), len(body.content)):
            yield body


def _is_there(store: SnapshotStore, archive_key: str, size: int) -> bool:
    try:
        head = store.head(archive_key)
    except StoreFailed as error:
        if error.reason != MISSING:
            raise
        return False
    if head.size != size:
        raise OperationFailed(
            f"{store.storage.at(archive_key)} does not have the size of what was archived under this name: "
            "remove the object, and find out who changed the archive."
        )
    return True


def _keeps_conditions(store: SnapshotStore, wishes: Wishes, warnings: list[str]) -> bool:
    if store.keeps_conditions(f"{store.storage.prefix}/archive/.conditional-write"):
        return True
    if not wishes.allow_unconditional:
        raise OperationFailed(
            "The store ignores conditional writes, so that two publishers could overwrite each other: "
            "set allow_unconditional if there is never more than one."
        )
    warnings.append(
        "The store ignores conditional writes: a snapshot that another publisher writes in the meantime would be lost."
    )
    return False


def _archive(store: SnapshotStore, version: GatewayVersion, body: Body, wishes: Wishes, conditional: bool) -> None:
    key = store.storage.archive_key(version, body.sha256)
    try:
        _put(store, key, body, None, wishes, conditional)
    except StoreFailed as error:
        # Another publisher archived the same bytes.
        if error.reason != CHANGED:
            raise


def _write(
    store: SnapshotStore,
    intended: PublicationPlan,
    wanted: Body,
    wishes: Wishes,
    conditional: bool,
    warnings: list[str],
) -> Head:
    """Write the live object if it has not changed since it was read; returns its headers, read back with the same
    bytes."""
    replaces = intended.live.head.etag if intended.live else None
    if not conditional:
        _refuse_other(store, intended.key, replaces)
    try:
        written = _put(store, intended.key, wanted, replaces, wishes, conditional)
    except StoreFailed as error:
        # A condition on an object that is gone fails as not found.
        if error.reason not in (CHANGED, MISSING):
            raise
        now = _live(store, intended.key)
        if now and now.sha256 == wanted.sha256:
            # Another publisher wrote the same, or an answer was lost and the write was sent twice.
            return now.head
        _refuse_other(store, intended.key, replaces)
        raise
    if not written.checksum_confirmed:
        warnings.append(
            "The store does not confirm checksums: only reading the snapshot back shows that it arrived complete."
        )
    return _read_back(store, intended.key, wanted, written)


def _refuse_other(store: SnapshotStore, key: str, etag: str | None) -> None:
    """Raise OperationFailed, saying who and when, unless the live object has this ETag (None: does not exist)."""
    now = _live(store, key)
    if (now.head.etag if now else None) == etag:
        return
    where = store.storage.at(key)
    if now is None:
        raise OperationFailed(f"{where} was deleted during this run, so nothing was done: run again.")
    raise OperationFailed(
        f"{where} was replaced during this run, at {now.head.last_modified.isoformat()} by"
        f" {_who(now.head)}, so nothing was done: check it and run again."
    )


def _read_back(store: SnapshotStore, key: str, wanted: Body, written: WrittenObject) -> Head:
    found = store.get(key)
    where = store.storage.at(key)
    if found.sha256 == wanted.sha256:
        return found.head
    if found.head.etag != written.etag:
        raise OperationFailed(
            f"{where} was published, but immediately replaced by {_who(found.head)}: verify that one."
        )
    raise OperationFailed(
        f"{where} reads back with different bytes from those that were written: do not trust this store."
    )


def _who(head: Head) -> str:
    return head.uploader or "an unknown publisher"


def _put(
    store: SnapshotStore, key: str, body: Body, replaces: str | None, wishes: Wishes, conditional: bool
) -> WrittenObject:
    metadata = {"uploader": UPLOADER, "sha256": body.sha256}
    if conditional:
        return store.put(key, body.content, replaces=replaces, metadata=metadata, s3_config=wishes.s3_config)
    return store.put_unconditionally(key, body.content, metadata=metadata, s3_config=wishes.s3_config)


def _remove(store: SnapshotStore, intended: PublicationPlan) -> None:
    _refuse_other(store, intended.key, intended.live.head.etag if intended.live else None)
    store.delete(intended.key)
    if _live(store, intended.key) is not None:
        raise OperationFailed(
            f"{store.storage.at(intended.key)} exists again after it was deleted:"
            " an exporter of this version is running; stop it."
        )
