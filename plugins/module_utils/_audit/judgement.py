# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each node and each cluster would survive an outage, from everything that an audit has seen.

The model is plain data, the same for every face of the report: docs/audit-schema.json describes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.report import tampering
from ansible_collections.kongops.fallback.plugins.module_utils._audit.checks import (
    ACCESS,
    ARCHIVE,
    BUCKET,
    CERTIFICATE,
    CHECKS,
    CLUSTER,
    CLUSTER_CHECKS,
    CONTROL_PLANES,
    CREDENTIALS,
    DRILLED,
    IMPORT,
    LISTED,
    NODE,
    NODE_CHECKS,
    OTHER,
    REPLICA,
    SERVED,
    STORED,
    check_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._audit.observed import SeenCluster, SeenNode
from ansible_collections.kongops.fallback.plugins.module_utils._audit.plain import plain
from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import (
    TrendLine,
    last_drilled,
    lines_of_audit,
    of_storage,
    shown,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import some
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import with_host
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import (
    NO,
    UNKNOWN,
    YES,
    age_in_words,
    by_number,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import EMPTY_HASH
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import RELEASED
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OK, UNSEEN
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.replica import replica_findings
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import configuration_findings
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.upgrade import (
    missing_plugins,
    running_versions,
    several_control_planes,
    unused_snapshots,
)

SCHEMA_VERSION = 1

NONE = "none"
"""The state of a check that does not concern a node."""

_CONF_MISSING = "conf-missing"
_UNREAD_LINES = ("ignored-line", "section", "continuation", "byte-order-mark")
_UNREAD_VARIABLES = ("environment-file-missing", "environment-line", "environment-prefix")
_FOLLOWS_FROM: Mapping[str, tuple[str, ...]] = {
    "not-configured": (_CONF_MISSING, *_UNREAD_LINES, "boolean-value", "draft-name", "environment-override"),
    "storage-missing": (_CONF_MISSING, *_UNREAD_LINES),
    "role": (_CONF_MISSING, *_UNREAD_LINES),
    "region-missing": _UNREAD_VARIABLES,
    "credentials-missing": _UNREAD_VARIABLES,
    "licence": _UNREAD_VARIABLES,
    "below-minimum": ("empty", "no-routes"),
}
"""For each code the codes of errors that may cause it: one fault gives one finding, and the next audit
reports what is left once it is fixed."""
_LONGEST_TREND = 300
"""So many lines of the trend a report draws at most."""
_GRAVEST_FIRST = (NO, UNKNOWN, YES)
_REPORTED_OF_SNAPSHOT = (
    *("gateway_version", "outcome", "message", "size", "age_seconds", "last_modified", "sha256", "configuration_hash"),
    *("entities", "uploader", "encryption", "exporters"),
)
_REPORTED_OF_HISTORY = ("last_modified", "is_latest", "deleted", "size", "outcome", "sha256", "entities")


@dataclass(frozen=True)
class Limits:
    """The thresholds of findings: the grace (seconds) for a gateway whose configuration differs from its snapshot, the
    silence (seconds) of all exporters, the days before a certificate expires, the seconds for which a replica may be
    behind, the age (days) of a stored key, and the age (seconds) of the last drill, 0 for any."""

    grace: int = 300
    silence: int = 1800
    certificate_days: int = 30
    replica_lag: int = 7200
    credential_days: int = 180
    drill_age: int = 0


@dataclass(frozen=True)
class About:
    """A finding, the check that it belongs to, and the nodes that have it; none if it is about the cluster."""

    finding: Finding
    check: str
    hosts: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it keeps a new data plane from coming up."""
        return self.finding.severity == ERROR

    def as_dict(self) -> dict[str, Any]:
        """The finding in the model."""
        return {**asdict(self.finding), "check": self.check, "hosts": list(self.hosts)}


@dataclass(frozen=True)
class Verdict:
    """``would_come_up`` is yes, no or unknown, and ``because`` the reason, empty for yes.

    ``proven_by`` is the node whose own import is the evidence.
    """

    would_come_up: str
    because: str = ""
    proven_by: str | None = None


def judge(
    clusters: Iterable[SeenCluster], taken: datetime, limits: Limits, trend: Sequence[TrendLine] | None = None
) -> dict[str, Any]:
    """The model of an audit at a moment: one verdict for everything, for each cluster and for each node.

    ``trend`` is what earlier audits and drills measured, None if nothing keeps it.
    """
    judged = [_cluster(cluster, taken, limits, trend) for cluster in clusters]
    gravest = next((each for word in _GRAVEST_FIRST for each in judged if each["would_come_up"] == word), None)
    whole: dict[str, Any] = plain(
        {
            "schema_version": SCHEMA_VERSION,
            "taken": taken.isoformat(timespec="seconds"),
            "would_come_up": gravest["would_come_up"] if gravest else UNKNOWN,
            "because": f"{gravest['storage']}: {gravest['because']}" if gravest and gravest["because"] else "",
            "checks": [each.as_dict() for each in CHECKS],
            "clusters": judged,
        }
    )
    _add_to_trend(whole)
    return whole if judged else {**whole, "because": "This run did not ask any node of a cluster."}


def _add_to_trend(audit: Mapping[str, Any]) -> None:
    """Let the trend of each cluster end with this audit."""
    for cluster in audit["clusters"]:
        cluster["trend"] += [shown(line) for line in lines_of_audit({**audit, "clusters": [cluster]})]


def _cluster(
    cluster: SeenCluster, taken: datetime, limits: Limits, trend: Sequence[TrendLine] | None
) -> dict[str, Any]:
    earlier = None if trend is None else of_storage(trend, cluster.storage)
    found = [
        *_of_nodes(cluster, taken, limits),
        *_of_cluster(cluster, taken, limits),
        *map(_about_cluster, _not_drilled(earlier, taken, limits)),
    ]
    grave = [each for each in found if each.finding.severity != INFO]
    verdicts = {node.host: _of_node(node, cluster, grave) for node in cluster.nodes}
    verdict = _of_all(cluster, verdicts, grave)
    return {
        "storage": cluster.storage,
        "would_come_up": verdict.would_come_up,
        "because": verdict.because,
        "checks": _states_of_cluster(cluster, earlier, grave),
        "nodes": [_node(node, verdicts[node.host], grave) for node in cluster.nodes],
        "findings": [each.as_dict() for each in _together(grave)],
        "notes": [each.finding.sentence for each in found if each not in grave and _is_note(each)],
        "snapshots": [_snapshot(each, cluster.archived(each["gateway_version"])) for each in cluster.snapshots],
        "serving": list(_serving(cluster)),
        "bucket": dict(cluster.bucket["posture"]) if "posture" in cluster.bucket else None,
        "credentials": list(_credentials(cluster, taken)),
        "last_drilled": _iso(last_drilled(earlier or ())),
        "trend": [shown(line) for line in (earlier or ())[-_LONGEST_TREND:]],
        "not_looked_at": [{"what": what, "why": why} for what, why in _not_looked_at(cluster, earlier)],
    }


# What is found


def _of_nodes(cluster: SeenCluster, taken: datetime, limits: Limits) -> Iterator[About]:
    for node in cluster.nodes:
        for finding in _silence(node) if node.is_silent else _told(node, cluster, taken, limits):
            yield About(finding, check_of(finding.code, NODE), (node.host,))


def _silence(node: SeenNode) -> Iterator[Finding]:
    said = node.silence.strip().rstrip(".")
    message = f"The node did not report its gateway ('{said}'): fix it, or take it out of its group."
    yield Finding("node-silent", WARNING, message)


def _told(node: SeenNode, cluster: SeenCluster, taken: datetime, limits: Limits) -> Iterator[Finding]:
    """What a node reports about itself; if a snapshot is bad for all nodes, the finding about the snapshot is
    enough."""
    own = _causes([Finding(**finding) for finding in node.answer["findings"]])
    yield from own
    yield from _elsewhere(node) if not any(each.setting == RELEASED.storage for each in own) else ()
    yield from _running(node)
    yield from _expiring(node, taken, limits) if not any(each.code == "cluster-certificate" for each in own) else ()
    yield from missing_plugins([node.known], cluster.snapshots_for(node))
    if _bad_for(node, cluster) is None:
        known = {finding.code for finding in own}
        yield from (each for each in _tried(node) if each.code not in known)


def _causes(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that follow from another of them.

    A missing kong.conf is not a fault where the environment has it all, and otherwise the cause of all that is missing.
    """
    if any(each.code in _FOLLOWS_FROM and _CONF_MISSING in _FOLLOWS_FROM[each.code] for each in errors(findings)):
        findings = [replace(each, severity=ERROR) if each.code == _CONF_MISSING else each for each in findings]
    wrong = {finding.code for finding in errors(findings)}
    return [each for each in findings if wrong.isdisjoint(_FOLLOWS_FROM.get(each.code, ()))]


def _elsewhere(node: SeenNode) -> Iterator[Finding]:
    """Whether its files name a different storage from the inventory: what it proves there says nothing about this
    one."""
    used = node.answer.get("settings", {}).get(RELEASED.storage, {}).get("value")
    if used and used.rstrip("/") != node.storage.rstrip("/"):
        message = (
            f"The gateway uses {used}, and the inventory says {node.storage}: run the playbook nodes, or correct"
            " kong_fallback_storage and kong_fallback_import_from."
        )
        yield Finding("storage-differs", ERROR, message, setting=RELEASED.storage)


def _running(node: SeenNode) -> Iterator[Finding]:
    answer = node.answer
    if not answer.get("running"):
        what = "writes no snapshot" if node.exports else "serves nothing"
        yield Finding("gateway-stopped", WARNING, f"The gateway is not running and {what}: start it.")
    elif answer.get("ready") is False:
        said = answer.get("ready_message") or "it gives no reason"
        message = f"The gateway is running but not ready ('{said}'): restart it if it has no configuration."
        yield Finding("gateway-not-ready", WARNING, message, fact="4.7")
    elif answer.get("restart_needed"):
        message = (
            f"The gateway does not use its current files: {answer.get('restart_reason') or ''} Restart it, for"
            " example with the playbook nodes."
        )
        yield Finding("restart-pending", WARNING, message, fact="2.1")


def _expiring(node: SeenNode, taken: datetime, limits: Limits) -> Iterator[Finding]:
    expires = node.answer.get("certificate_expires")
    if not expires:
        return
    left = datetime.fromisoformat(expires) - taken
    if left < timedelta(days=limits.certificate_days):
        message = (
            f"The certificate for the control plane expires in {max(0, left.days)} days, on {expires[:10]}: renew"
            " cluster_cert and cluster_cert_key."
        )
        yield Finding("cluster-certificate", WARNING, message, setting="cluster_cert", fact="4.10")


def _tried(node: SeenNode) -> Iterator[Finding]:
    """What the node found when it tried the import."""
    proof = node.proof
    yield from (Finding(**finding) for finding in proof.get("findings", ()))
    if "msg" in proof and "outcome" not in proof:
        message = f"The node could not try to import the snapshot: {proof['msg']}"
        yield Finding("gateway-not-asked", WARNING, message)


def _of_cluster(cluster: SeenCluster, taken: datetime, limits: Limits) -> Iterator[About]:
    nodes, known = cluster.nodes, [node.known for node in cluster.nodes]
    for snapshot in cluster.snapshots:
        for each in _causes([Finding(**finding) for finding in snapshot.get("findings", ())]):
            yield _about_cluster(_as_seen_from_here(each, snapshot, cluster.is_read))
    several = [*several_control_planes(known, limits.grace)]
    for snapshot in cluster.snapshots if not errors(several) else ():
        for finding in configuration_findings(known, [snapshot], limits.grace):
            hosts = tuple(_serving_another(known, snapshot))
            yield About(finding, SERVED if hosts or finding.severity == INFO else LISTED, hosts)
    found = (
        *several,
        *_silent_exporters(cluster, limits),
        *_posture(cluster),
        *_access(cluster),
        *_replica(cluster, limits),
        *_archive(cluster),
        *_old_keys(cluster, taken, limits),
    )
    yield from map(_about_cluster, found)
    if not any(node.is_silent for node in nodes):
        yield from map(_about_cluster, unused_snapshots(cluster.stored.get("snapshots", ()), running_versions(known)))


def _is_note(about: About) -> bool:
    """Whether information is about the cluster and not part of a table; who serves what has a table."""
    return not about.hosts and about.check != SERVED


def _about_cluster(finding: Finding) -> About:
    return About(finding, check_of(finding.code, CLUSTER))


def _serving_another(nodes: Iterable[KnownNode], snapshot: Mapping[str, Any]) -> Iterator[str]:
    """The nodes with the version of a snapshot that serve a different configuration."""
    for node in nodes:
        is_alike = node.configuration_hash in (None, EMPTY_HASH, snapshot["configuration_hash"])
        if node.gateway_version == snapshot["gateway_version"] and not is_alike:
            yield node.host


def _as_seen_from_here(finding: Finding, snapshot: Mapping[str, Any], is_read: bool) -> Finding:
    """A snapshot's finding with its version.

    It keeps no data plane from coming up if all read the replica, and what the controller cannot read, the nodes may
    well be able to.
    """
    is_harmless = finding.severity == ERROR and not is_read
    severity = WARNING if finding.code in UNSEEN or is_harmless else finding.severity
    return replace(finding, severity=severity, message=f"Snapshot {snapshot['gateway_version']}: {finding.message}")


def _silent_exporters(cluster: SeenCluster, limits: Limits) -> Iterator[Finding]:
    """Whether no exporter has shown a sign of life lately; only those that elect a leader do (facts 1.9, 3.2)."""
    electing = [node for node in cluster.nodes if node.exports and node.answer.get("election")]
    good = [each for each in cluster.snapshots if each["outcome"] == OK]
    unknown = any(each["code"] == "exporters-unknown" for snapshot in good for each in snapshot["findings"])
    if not electing or not good or unknown:
        return
    signs = [sign["age_seconds"] for snapshot in good for sign in snapshot.get("exporters") or ()]
    if not signs or min(signs) > limits.silence:
        last = f"for {min(signs)} s" if signs else "at all"
        message = (
            f"No exporter of {cluster.storage} has shown a sign of life {last}, so changes may not reach the"
            " snapshot: look for"
            f" [fallback config] in the error log of {electing[0].host} (fact 4.9)."
        )
        yield Finding("exporter-silent", WARNING, message, fact="3.2")


def _posture(cluster: SeenCluster) -> Iterator[Finding]:
    posture = cluster.bucket.get("posture", {})
    for feature, state in posture.items() if posture.get(BUCKET) == OK else ():
        name = feature.replace("_", " ")
        if state == "changed":
            message = f"The {name} of the bucket is not what the variables ask for: run the playbook storage."
            yield Finding("bucket-posture", WARNING, message, setting=feature)
        elif state == "unsupported":
            message = f"The store does not support {name} of buckets: protect the snapshots in another way."
            yield Finding("bucket-posture", INFO, message, setting=feature)


def _access(cluster: SeenCluster) -> Iterator[Finding]:
    """What the keys may do; a key that may do too much does not keep a data plane from coming up."""
    for result in cluster.access.get("results", ()):
        for each in result.get("findings", ()):
            finding = Finding(**each)
            yield replace(finding, severity=ERROR if finding.code == "access-missing" else WARNING)


def _replica(cluster: SeenCluster, limits: Limits) -> Iterator[Finding]:
    """What the replica would be worth; it keeps a data plane from coming up only where one reads it."""
    for finding in replica_findings(cluster.snapshots, cluster.copies, limits.replica_lag):
        is_grave = cluster.is_replica_read and finding.code == "replica-bad"
        yield replace(finding, severity=WARNING) if finding.severity == ERROR and not is_grave else finding


def _bad_for(node: SeenNode, cluster: SeenCluster) -> Mapping[str, Any] | None:
    """The snapshot that a node has to read, if the controller has seen that it is bad for all."""
    version = node.known.gateway_version
    snapshots = cluster.snapshots_for(node)
    return next((each for each in snapshots if each["gateway_version"] == version and _is_bad(each)), None)


def _archive(cluster: SeenCluster) -> Iterator[Finding]:
    """What shows that the archive is not as it was signed: no data plane reads it, so all of them would come up."""
    for finding in tampering(cluster.archive.get("archives", ())):
        yield replace(finding, severity=WARNING)


def _old_keys(cluster: SeenCluster, taken: datetime, limits: Limits) -> Iterator[Finding]:
    for key in cluster.stored_keys:
        days = (key.age(taken) or 0) // 86400
        if days > limits.credential_days:
            message = (
                f"The {key.access} key of {cluster.storage} ({key.secret_ref}) is {days} days old: run the"
                " playbook rotate_credentials."
            )
            yield Finding("credential-old", WARNING, message)


def _not_drilled(trend: Sequence[TrendLine] | None, taken: datetime, limits: Limits) -> Iterator[Finding]:
    """Whether the last drill that succeeded is too long ago; where nothing keeps the trend, that is not known."""
    if trend is None or not limits.drill_age:
        return
    last = last_drilled(trend)
    if last and taken - last <= timedelta(seconds=limits.drill_age):
        return
    told = f"The last drill that succeeded was {age_in_words(int((taken - last).total_seconds()))} ago" if last else ""
    message = f"{told or 'The trend in kong_fallback_report_directory has no drill'}: run the playbook outage_drill."
    yield Finding("not-drilled", WARNING, message)


def _is_bad(snapshot: Mapping[str, Any]) -> bool:
    """Whether the controller has seen that a new data plane cannot use a snapshot."""
    return snapshot["outcome"] not in (OK, *UNSEEN)


def _together(found: Sequence[About]) -> list[About]:
    """The findings, each once with all its nodes, errors first."""
    hosts: dict[tuple[Finding, str], list[str]] = {}
    for each in found:
        hosts.setdefault((each.finding, each.check), []).extend(each.hosts)
    together = [About(finding, check, tuple(dict.fromkeys(on))) for (finding, check), on in hosts.items()]
    return sorted(together, key=lambda each: not each.is_error)


# What it means


def _of_node(node: SeenNode, cluster: SeenCluster, found: Sequence[About]) -> Verdict:
    own = [each.finding for each in found if node.host in each.hosts]
    wrong = errors(own)
    if node.is_silent:
        return Verdict(UNKNOWN, own[0].sentence)
    if wrong:
        return Verdict(NO, wrong[0].sentence)
    return _of_backup_node(node) if node.exports else _of_data_plane(node, cluster)


def _of_backup_node(node: SeenNode) -> Verdict:
    """Whether it keeps the snapshot current; unknown while its gateway is not running."""
    return Verdict(YES) if node.answer.get("running") else Verdict(UNKNOWN, "Its gateway is not running.")


def _of_data_plane(node: SeenNode, cluster: SeenCluster) -> Verdict:
    """Whether a new one like it would come up: yes only after the import of a node with the same storage, version and
    access."""
    bad = _bad_for(node, cluster)
    if bad:
        return Verdict(NO, bad["message"])
    witness = node if node.proof else _witness(node, cluster)
    if witness is None:
        return Verdict(
            UNKNOWN, f"No data plane with the storage, version and access of {node.host} has tried the import."
        )
    outcome = witness.proof.get("outcome")
    if outcome is None:
        return Verdict(UNKNOWN, f"{witness.host} could not try the import: {witness.proof.get('msg', '')}")
    if outcome != OK:
        return Verdict(NO, f"{witness.host}: {witness.proof['message']}")
    return Verdict(YES, proven_by=witness.host)


def _witness(node: SeenNode, cluster: SeenCluster) -> SeenNode | None:
    """The node that tried the import for all with its storage, gateway version and access."""
    reader = node.reader
    return next(
        (
            other
            for other in cluster.nodes
            if reader and other.proof and other.reader and replace(other.reader, host=reader.host) == reader
        ),
        None,
    )


def _of_all(cluster: SeenCluster, verdicts: Mapping[str, Verdict], found: Iterable[About]) -> Verdict:
    """No if anything shows it. A silent backup node does not count: in an outage it may well be silent."""
    for each in found:
        if each.is_error:
            sentence = each.finding.sentence
            return Verdict(NO, with_host(each.hosts[0], sentence) if each.hosts else sentence)
    data_planes = [(node.host, verdicts[node.host]) for node in cluster.nodes if not node.exports]
    if not data_planes:
        return Verdict(UNKNOWN, "The inventory has no data plane for this storage.")
    for word in (NO, UNKNOWN):
        for host, verdict in data_planes:
            if verdict.would_come_up == word:
                return Verdict(word, with_host(host, verdict.because))
    return Verdict(YES)


# What is told


def _node(node: SeenNode, verdict: Verdict, found: Sequence[About]) -> dict[str, Any]:
    answer = node.answer
    return {
        "host": node.host,
        "role": "backup_node" if node.exports else "data_plane",
        **asdict(verdict),
        "gateway_version": node.known.gateway_version,
        "running": answer.get("running"),
        "ready": answer.get("ready"),
        "configuration_hash": node.known.configuration_hash,
        "configuration_age": node.known.configuration_age,
        "credential_source": node.proof.get("credential_source") or answer.get("credential_source"),
        "certificate_expires": answer.get("certificate_expires"),
        "checks": _states(node, verdict, [each for each in found if node.host in each.hosts]),
    }


def _states(node: SeenNode, verdict: Verdict, found: Sequence[About]) -> dict[str, str]:
    if node.is_silent:
        return {check.id: UNKNOWN for check in NODE_CHECKS}
    states = {check.id: OK for check in NODE_CHECKS}
    if node.exports:
        states.update({IMPORT: NONE, SERVED: NONE})
    elif verdict.proven_by is None:
        states[IMPORT] = UNKNOWN
    if not node.exports and node.known.configuration_hash in (None, EMPTY_HASH):
        states[SERVED] = UNKNOWN
    if not node.answer.get("certificate_expires"):
        states[CERTIFICATE] = NONE
    return _with_findings(states, found)


def _states_of_cluster(
    cluster: SeenCluster, trend: Sequence[TrendLine] | None, found: Sequence[About]
) -> dict[str, str]:
    """The states of the checks of a cluster; what some nodes did not report is unknown for all."""
    is_read = bool(cluster.snapshots) and not any(each["outcome"] in UNSEEN for each in cluster.snapshots)
    all_told = not any(node.is_silent for node in cluster.nodes)
    seen = {
        **dict.fromkeys((check.id for check in CLUSTER_CHECKS), is_read),
        STORED: all_told and "snapshots" in cluster.stored,
        CONTROL_PLANES: all_told,
        LISTED: cluster.is_listed,
        BUCKET: "posture" in cluster.bucket,
        ACCESS: "results" in cluster.access,
        REPLICA: "snapshots" in cluster.replica,
        ARCHIVE: "archives" in cluster.archive,
        DRILLED: bool(trend) and last_drilled(trend or ()) is not None,
        CREDENTIALS: any(key.created for key in cluster.stored_keys),
        OTHER: True,
    }
    states = {check: OK if is_seen else UNKNOWN for check, is_seen in seen.items()}
    if not cluster.replica:
        states[REPLICA] = NONE
    return _with_findings(states, [each for each in found if not each.hosts])


def _with_findings(states: Mapping[str, str], found: Sequence[About]) -> dict[str, str]:
    gravest = {each.check: each.finding.severity for each in sorted(found, key=lambda each: each.is_error)}
    return {check: gravest.get(check, state) for check, state in states.items()}


def _snapshot(snapshot: Mapping[str, Any], archived: Collection[str] | None) -> dict[str, Any]:
    return {
        **{name: snapshot.get(name) for name in _REPORTED_OF_SNAPSHOT},
        "history": [
            {
                **{name: version.get(name) for name in _REPORTED_OF_HISTORY},
                "archived": None if archived is None else version.get("sha256") in archived,
            }
            for version in snapshot.get("history") or ()
        ],
    }


def _credentials(cluster: SeenCluster, taken: datetime) -> Iterator[dict[str, Any]]:
    for key in cluster.stored_keys:
        yield {
            "access": key.access,
            "secret_ref": key.secret_ref,
            "created": _iso(key.created),
            "age_seconds": key.age(taken),
        }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _serving(cluster: SeenCluster) -> Iterator[dict[str, Any]]:
    """Which data planes serve which configuration, most served first."""
    stored = {each["gateway_version"]: each.get("configuration_hash") for each in cluster.snapshots}
    hosts: dict[tuple[str, str], list[str]] = {}
    for node in cluster.nodes:
        version, shown = node.known.gateway_version, node.known.configuration_hash
        if not node.exports and version and shown:
            hosts.setdefault((version, shown), []).append(node.host)
    for (version, shown), on in sorted(hosts.items(), key=lambda each: (by_number(each[0][0]), -len(each[1]))):
        yield {
            "gateway_version": version,
            "configuration_hash": shown,
            "is_snapshot": shown == stored[version] if stored.get(version) else None,
            "hosts": on,
        }


def _not_looked_at(cluster: SeenCluster, trend: Sequence[TrendLine] | None) -> Iterator[tuple[str, str]]:
    """What this run did not see, and why."""
    silent = [node.host for node in cluster.nodes if node.is_silent]
    if silent:
        yield f"{len(silent)} of {len(cluster.nodes)} nodes", f"{some(silent)} did not report"
    looks = (
        ("the snapshots of the running versions", cluster.verification, "snapshots", ""),
        ("the other snapshots in the storage", cluster.stored, "snapshots", ""),
        ("the bucket", cluster.bucket, "posture", ""),
        ("what the keys may do", cluster.access, "results", ""),
        ("the signed archive", cluster.archive, "archives", "kong_fallback_verification_key is not given"),
        ("the age of the keys", cluster.keys, "results", "kong_fallback_secret_store is not given"),
        *([("the replica", cluster.replica, "snapshots", "")] if cluster.replica else []),
    )
    unseen: dict[str, list[str]] = {}
    for what, result, key, why in looks:
        if key not in result:
            unseen.setdefault(str(result.get("msg") or _why_not_asked(cluster, why)), []).append(what)
    for result in cluster.keys.get("results", ()):
        if "access_key_id" not in result:
            unseen.setdefault(str(result.get("msg", "")), []).append(f"the age of the {result['item']} key")
    yield from ((", ".join(whats), why) for why, whats in unseen.items())
    if not cluster.is_listed:
        yield "the data planes that the control plane lists", "no Admin API answered at kong_fallback_admin_url"
    if trend is None:
        yield "the last drill and the trend", "kong_fallback_report_directory is not given"
    yield "a start from the snapshot", "only the playbook outage_drill starts a gateway"


def _why_not_asked(cluster: SeenCluster, why: str) -> str:
    outside = "outside of S3 only the tools of its vendor look at that (fact 1.4)"
    return why or "this run did not ask" if cluster.is_s3 else outside
