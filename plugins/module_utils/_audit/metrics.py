# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as Prometheus reads it from a file of the node exporter's textfile collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import NO, UNKNOWN, YES
from ansible_collections.kongops.fallback.plugins.module_utils._metrics import Metric, Sample, exposition
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OK

_VERDICTS = (YES, NO, UNKNOWN)


def metrics(audit: Mapping[str, Any]) -> str:
    """The metrics of an audit, with the clusters and nodes as labels."""
    told: tuple[Metric, ...] = (
        ("audit_timestamp_seconds", "When the last audit ran.", [({}, _moment(audit["taken"]))]),
        ("cluster_would_come_up", "Whether a new data plane would come up: 1 for the verdict.", _clusters(audit)),
        ("node_would_come_up", "Whether the node would come up, or exports: 1 for the verdict.", _nodes(audit)),
        ("last_verified_timestamp_seconds", "When the nodes of the cluster proved the import.", _verified(audit)),
        ("findings", "Findings of the cluster and its nodes, by code.", _findings(audit)),
        *_of_storages(audit),
        ("certificate_expiry_timestamp_seconds", "When a node's cluster_cert expires.", _certificates(audit)),
        ("last_drilled_timestamp_seconds", "When a drill last succeeded.", _drilled(audit)),
        ("time_to_ready_seconds", "Seconds that the gateway of the last drill needed.", _ready(audit)),
        ("credential_age_seconds", "Age of a stored key at the audit.", _keys(audit)),
    )
    return exposition(told)


def metrics_of_storage(storage: str, snapshots: Sequence[Mapping[str, Any]], taken: datetime, is_read: bool) -> str:
    """The metrics of a look at a storage alone, by other names than those of an audit, because both may lie in one
    folder; ``is_read`` says whether everything could be read."""
    cluster = {"storage": storage, "snapshots": snapshots}
    told: tuple[Metric, ...] = (
        ("run_timestamp_seconds", "When the timer last looked.", [({"cluster": storage}, taken.timestamp())]),
        ("storage_read", "Whether the timer could read all of the storage.", [({"cluster": storage}, is_read)]),
        *_of_storages({"clusters": [cluster]}),
    )
    return exposition([(f"timer_{name}", text, samples) for name, text, samples in told])


def _of_storages(audit: Mapping[str, Any]) -> tuple[Metric, ...]:
    return (
        ("snapshot_ok", "Whether the snapshot of a gateway version is good.", _of_snapshots(audit, _is_good)),
        ("snapshot_last_modified_timestamp_seconds", "When the snapshot was written.", _of_snapshots(audit, _written)),
        ("snapshot_age_seconds", "Age of the snapshot at that look.", _of_snapshots(audit, itemgetter("age_seconds"))),
        ("snapshot_size_bytes", "Size of the snapshot.", _of_snapshots(audit, itemgetter("size"))),
        ("snapshot_entities", "Entities in the snapshot.", _of_snapshots(audit, _entities)),
        ("exporter_last_seen_timestamp_seconds", "When an exporter last showed a sign of life.", _exporters(audit)),
    )


def _clusters(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        yield from _states({"cluster": cluster["storage"]}, cluster["would_come_up"])


def _nodes(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        for node in cluster["nodes"]:
            labels = {"cluster": cluster["storage"], "node": node["host"], "role": node["role"]}
            yield from _states(labels, node["would_come_up"])


def _states(labels: Mapping[str, str], verdict: str) -> Iterator[Sample]:
    for word in _VERDICTS:
        yield {**labels, "verdict": word}, word == verdict


def _findings(audit: Mapping[str, Any]) -> Iterator[Sample]:
    count = Counter(
        (cluster["storage"], host, finding["code"], finding["severity"])
        for cluster in audit["clusters"]
        for finding in cluster["findings"]
        for host in finding["hosts"] or ("",)
    )
    for (cluster, host, code, severity), number in count.items():
        yield {"cluster": cluster, "node": host, "code": code, "severity": severity}, number


def _verified(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        if cluster["would_come_up"] == YES:
            yield {"cluster": cluster["storage"]}, _moment(audit["taken"])


def _of_snapshots(audit: Mapping[str, Any], value_of: Callable[[Mapping[str, Any]], float | None]) -> Iterator[Sample]:
    """A value of each snapshot that has it."""
    for cluster in audit["clusters"]:
        for snapshot in cluster["snapshots"]:
            value = value_of(snapshot)
            if value is not None:
                yield {"cluster": cluster["storage"], "gateway_version": snapshot["gateway_version"]}, value


def _is_good(snapshot: Mapping[str, Any]) -> float:
    return float(snapshot["outcome"] == OK)


def _written(snapshot: Mapping[str, Any]) -> float | None:
    return _moment(snapshot["last_modified"]) if snapshot["last_modified"] else None


def _entities(snapshot: Mapping[str, Any]) -> float | None:
    return None if snapshot["entities"] is None else float(sum(snapshot["entities"].values()))


def _exporters(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        signs = [_moment(sign["last_seen"]) for each in cluster["snapshots"] for sign in each["exporters"] or ()]
        if signs:
            yield {"cluster": cluster["storage"]}, max(signs)


def _certificates(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        for node in cluster["nodes"]:
            if node["certificate_expires"]:
                yield {"cluster": cluster["storage"], "node": node["host"]}, _moment(node["certificate_expires"])


def _drilled(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        if cluster["last_drilled"]:
            yield {"cluster": cluster["storage"]}, _moment(cluster["last_drilled"])


def _ready(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        times = [line["time_to_ready"] for line in cluster["trend"] if line["time_to_ready"] is not None]
        if times:
            yield {"cluster": cluster["storage"]}, times[-1]


def _keys(audit: Mapping[str, Any]) -> Iterator[Sample]:
    for cluster in audit["clusters"]:
        for key in cluster["credentials"]:
            if key["age_seconds"] is not None:
                yield {"cluster": cluster["storage"], "access": key["access"]}, key["age_seconds"]


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
