# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification of stored snapshots, to the requested depth.

Nothing here changes anything, and a bad snapshot is a report, not an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Unreadable,
    read_json_text,
    without_garbage_collection,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration_hash import configuration_hash
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import QUICK, Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import (
    DENIED,
    MISSING,
    OK,
    UNREACHABLE,
    Judgement,
    Rules,
    judge_configuration,
    outcome_of,
    shrinkage,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    NO_BUCKET,
    TOO_BIG,
    Head,
    StoreFailed,
    Version,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import (
    SeenExporter,
    SnapshotStore,
    StoredText,
)

_VERSIONS_SEARCHED = 10


@dataclass(frozen=True)
class Report:
    """What is known about the snapshot of one gateway version.

    ``opened`` says whether its body was judged, now or when the caller learned its known ETag; ``sha256`` is that of
    the bytes, ``digest`` that of the configuration, ``configuration_hash`` the gateway's own (fact 3.11). Ages are in
    seconds, the size is in bytes.
    """

    gateway_version: GatewayVersion
    location: str
    findings: tuple[Finding, ...]
    opened: bool = False
    head: Head | None = None
    age_seconds: int | None = None
    sha256: str | None = None
    digest: str | None = None
    configuration_hash: str | None = None
    entities: Mapping[str, int] | None = None
    route: Mapping[str, str | None] | None = None
    plugins: tuple[str, ...] = ()
    exporters: tuple[Mapping[str, Any], ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def outcome(self) -> str:
        """One word of OUTCOMES."""
        return outcome_of(self.findings)

    @property
    def verified(self) -> bool:
        """Whether nothing is wrong with it, body included."""
        return self.opened and self.outcome == OK

    @property
    def message(self) -> str:
        """The outcome as one sentence."""
        for finding in errors(self.findings):
            if outcome_of([finding]) == self.outcome:
                return _about_a_bad_one(self, finding)
        if not self.opened:
            return (
                f"{self.location} exists; only a full check tells whether gateway {self.gateway_version} can import it."
            )
        if self.entities is None:
            return f"{self.location} has not changed since it was last checked."
        return f"{self.location} is a snapshot of {sum(self.entities.values())} entities for {self.gateway_version}."

    def as_dict(self) -> dict[str, Any]:
        """The report as a module returns it."""
        head = self.head
        return {
            "gateway_version": str(self.gateway_version),
            "outcome": self.outcome,
            "message": self.message,
            "findings": [finding.as_dict() for finding in self.findings],
            "sha256": self.sha256,
            "digest": self.digest,
            "configuration_hash": self.configuration_hash,
            "entities": dict(self.entities) if self.entities is not None else None,
            "route": dict(self.route) if self.route else None,
            "plugins": list(self.plugins),
            "size": head.size if head else None,
            "etag": head.etag if head else None,
            "last_modified": head.last_modified.isoformat() if head else None,
            "age_seconds": self.age_seconds,
            "version_id": head.version_id if head else None,
            "uploader": head.uploader if head else None,
            "encryption": head.encryption if head else None,
            "exporters": [dict(exporter) for exporter in self.exporters],
            "history": [dict(version) for version in self.history],
        }


def verify_snapshot(
    store: SnapshotStore, version: GatewayVersion, demands: Demands, now: datetime, known_etag: str | None = None
) -> Report:
    """The report on the snapshot of one gateway version; raises nothing for a bad snapshot or a store that refuses.

    A body whose ETag is ``known_etag`` is not fetched again: the caller already knows its judgement.
    """
    key = store.storage.key(version)
    unknown = Report(version, store.storage.at(key), ())
    try:
        head, stored = _fetch(store, key, demands.depth, known_etag)
    except StoreFailed as error:
        return replace(unknown, findings=(_not_read(error, version),))
    report = replace(_of_head(unknown, head, demands, now), opened=stored is not None or head.etag == known_etag)
    if stored:
        report = _of_body(report, stored, demands)
    return report if demands.depth == QUICK else _with_surroundings(report, store, key, demands, now)


def _fetch(store: SnapshotStore, key: str, depth: str, known_etag: str | None) -> tuple[Head, StoredText | None]:
    """The headers, and the object itself if it has to be judged: one request if one is enough."""
    if depth == QUICK or known_etag:
        head = store.head(key)
        if depth == QUICK or head.etag == known_etag:
            return head, None
    stored = store.get_text(key)
    return stored.head, stored


def _of_head(report: Report, head: Head, demands: Demands, now: datetime) -> Report:
    age = max(0, int((now - head.last_modified).total_seconds()))
    findings: list[Finding] = []
    if not head.size:
        findings.append(Finding("truncated", ERROR, "The snapshot is empty."))
    if demands.max_age is not None and age > demands.max_age:
        findings.append(
            Finding(
                "stale", ERROR, f"The snapshot is {age} s old, older than max_age of {demands.max_age} s.", fact="3.7"
            )
        )
    if not head.encryption:
        findings.append(
            Finding(
                "unencrypted",
                ERROR if demands.require_encryption else WARNING,
                "The store does not report that it encrypts the snapshot, which contains credentials in clear text.",
                fact="3.5",
            )
        )
    return replace(report, head=head, age_seconds=age, findings=tuple(findings))


def _of_body(report: Report, stored: StoredText, demands: Demands) -> Report:
    judgement, hash_of_all = _opened(stored, demands.rules(report.gateway_version))
    of_head = tuple(finding for finding in report.findings if finding not in judgement.findings)
    return replace(
        report,
        findings=(*judgement.findings, *of_head),
        sha256=stored.sha256,
        digest=judgement.digest,
        configuration_hash=hash_of_all,
        entities=judgement.entities if judgement.digest else None,
        route=judgement.route,
        plugins=judgement.plugins,
    )


@without_garbage_collection()
def _opened(stored: StoredText, rules: Rules) -> tuple[Judgement, str | None]:
    """The judgement of the text, and the configuration's hash; None if it cannot be read."""
    if stored.unreadable:
        return Judgement((stored.unreadable,)), None
    try:
        configuration = read_json_text(stored.texts)
        hash_of_all = configuration_hash(configuration.document)
    except Unreadable as error:
        return Judgement((error.finding,)), None
    return judge_configuration(configuration, rules), hash_of_all


def _with_surroundings(report: Report, store: SnapshotStore, key: str, demands: Demands, now: datetime) -> Report:
    findings = list(report.findings)
    exporters: list[SeenExporter] = []
    versions: list[Version] = []
    try:
        exporters = store.exporters(store.storage.election_prefix(report.gateway_version))
    except StoreFailed as error:
        findings.append(Finding("exporters-unknown", WARNING, str(error), fact="3.2"))
    if demands.history or demands.max_shrink_percent is not None:
        try:
            versions = store.versions(key, max(demands.history, _VERSIONS_SEARCHED))
        except StoreFailed as error:
            findings.append(Finding("history-unknown", WARNING, str(error)))
    if demands.max_shrink_percent is not None and report.entities is not None:
        before = _last_good(store, key, versions, demands.rules(report.gateway_version))
        findings += shrinkage(before, report.entities, demands.max_shrink_percent)
    return replace(
        report,
        findings=tuple(findings),
        exporters=tuple(_exporter(exporter, now) for exporter in exporters),
        history=tuple(
            _past(store, key, version, demands.rules(report.gateway_version)) for version in versions[: demands.history]
        ),
    )


def _last_good(store: SnapshotStore, key: str, versions: list[Version], rules: Rules) -> Mapping[str, int]:
    """The entities of the newest earlier version that is good; empty when there is none."""
    for version in versions:
        if not version.is_latest and not version.deleted:
            judgement = _judged(store, key, version, rules)
            if judgement and judgement[1].outcome == OK:
                return judgement[1].entities
    return {}


def _past(store: SnapshotStore, key: str, version: Version, rules: Rules) -> dict[str, Any]:
    judged = None if version.deleted else _judged(store, key, version, rules)
    return {
        **asdict(version),
        "last_modified": version.last_modified.isoformat(),
        "outcome": judged[1].outcome if judged else None,
        "sha256": judged[0] if judged else None,
        "digest": judged[1].digest if judged else None,
        "entities": dict(judged[1].entities) if judged else None,
    }


def _judged(store: SnapshotStore, key: str, version: Version, rules: Rules) -> tuple[str, Judgement] | None:
    """SHA-256 and judgement of an older version; None when it cannot be read."""
    try:
        stored = store.get_text(key, version.version_id)
    except StoreFailed:
        return None
    return stored.sha256, _opened(stored, rules)[0]


def _exporter(exporter: SeenExporter, now: datetime) -> dict[str, Any]:
    return {
        "node_id": exporter.node_id,
        "last_seen": exporter.last_seen.isoformat(),
        "age_seconds": max(0, int((now - exporter.last_seen).total_seconds())),
    }


def _not_read(error: StoreFailed, version: GatewayVersion) -> Finding:
    if error.reason in (MISSING, NO_BUCKET):
        return Finding("missing", ERROR, f"There is no snapshot for gateway {version}: {error}", fact="3.1")
    if error.reason == TOO_BIG:
        return Finding(TOO_BIG, ERROR, str(error))
    if error.reason == DENIED:
        return Finding("denied", ERROR, str(error), fact="2.6")
    return Finding(UNREACHABLE, ERROR, str(error))


def _about_a_bad_one(report: Report, finding: Finding) -> str:
    if report.head is None:
        return finding.message
    return f"{report.location} is {report.outcome}: {finding.message}"
