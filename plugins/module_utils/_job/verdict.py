# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a new data plane of a cluster would come up in an outage, as far as a run can tell, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import OK, Evidence, Snapshot, with_host

YES = "yes"
NO = "no"
UNKNOWN = "unknown"

_LONGEST_REASON = 400
_MOST_HOSTS = 10
_OF_HASH = 8
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True)
class Verdict:
    """What a run says about one cluster.

    ``would_come_up`` is ``yes``, ``no`` or ``unknown``; ``because`` names the reason unless it is ``yes``. ``others``
    are the hosts with reasons of their own, each with its reason.
    """

    storage: str
    nodes: Sequence[Evidence]
    would_come_up: str
    because: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        """All of it in one line, without the other hosts."""
        told = "; ".join((_snapshots_told(self.snapshots, self.nodes), *_nodes_told(self.nodes)))
        because = f", because {_short(self.because)}" if self.because else ""
        return f"{self.storage}: {told}; a new data plane would come up: {self.would_come_up}{because}"

    @property
    def lines(self) -> list[str]:
        """The line, and one for each other host that matters, up to a limit."""
        hosts = [_short(with_host(host, reason)) for host, reason in self.others[:_MOST_HOSTS]]
        more = len(self.others) - _MOST_HOSTS
        return [self.line, *hosts, *([f"… and {more} more hosts"] if more > 0 else [])]

    @property
    def snapshots(self) -> list[Snapshot]:
        """The last look at the snapshot of each version, the oldest version first."""
        seen: dict[str, Snapshot] = {}
        for snapshot in (snapshot for node in self.nodes for snapshot in node.snapshots):
            seen.setdefault(snapshot["gateway_version"], snapshot)
        return [seen[version] for version in sorted(seen, key=by_number)]

    def as_dict(self) -> dict[str, Any]:
        """The verdict as a report has it."""
        data_planes = [node for node in self.nodes if not node.exports]
        return {
            "storage": self.storage,
            "would_come_up": self.would_come_up,
            "because": self.because,
            "snapshots": [_reported(snapshot) for snapshot in self.snapshots],
            "exporters": [node.host for node in self.nodes if node.exports],
            "exporting": [node.host for node in self.nodes if node.exports and node.exporting],
            "exporter_seen_seconds": _last_sign(self.nodes),
            "data_planes": len(data_planes),
            "ready": [node.host for node in data_planes if node.serves],
            "restarted": [node.host for node in self.nodes if node.restarted],
        }


def verdicts(nodes: Iterable[Evidence], is_check: bool = False) -> list[Verdict]:
    """The verdict on each cluster with a node in the run; ``is_check`` says that the run only predicted."""
    clusters: dict[str, list[Evidence]] = {}
    for node in nodes:
        clusters.setdefault(node.storage or "without kong_fallback_storage", []).append(node)
    return [_verdict(storage, nodes, is_check) for storage, nodes in clusters.items() if _any_took_part(nodes)]


def _any_took_part(nodes: Iterable[Evidence]) -> bool:
    return any(node.took_part for node in nodes)


def _verdict(storage: str, nodes: Sequence[Evidence], is_check: bool) -> Verdict:
    objections = _of_distinct_hosts((node, reason) for node in nodes for reason in node.objections)
    doubts = _of_distinct_hosts((node, node.doubt) for node in nodes if node.doubt)
    found = [*objections, *doubts]
    if found:
        (node, first), *others = found
        by_host = tuple((other.host, reason) for other, reason in others)
        return Verdict(storage, nodes, NO if objections else UNKNOWN, node.names_itself(first), by_host)
    unknown = "check mode proves nothing" if is_check else _not_proven(nodes)
    return Verdict(storage, nodes, UNKNOWN if unknown else YES, unknown)


def _of_distinct_hosts(reasons: Iterable[tuple[Evidence, str]]) -> list[tuple[Evidence, str]]:
    """The reasons with their nodes; a reason of several nodes counts for the first."""
    nodes: dict[str, Evidence] = {}
    for node, reason in reasons:
        nodes.setdefault(reason, node)
    return [(node, reason) for reason, node in nodes.items()]


def _not_proven(nodes: Sequence[Evidence]) -> str:
    """Why the run does not know, empty if it does: what the controller sees is only a forecast."""
    importers = [node for node in nodes if not node.exports and node.took_part]
    if all(node.exports for node in nodes):
        return "the inventory has no data plane for this storage"
    running = {node.gateway_version for node in importers if node.gateway_version}
    if not running:
        return "this run asked no data plane: the playbook verify does"
    missing = running - {node.gateway_version for node in importers if node.proven}
    if missing and not any(node.logs_in for node in importers if node.gateway_version in missing):
        return (
            f"Ansible logs in to no data plane of {_listed(missing)}, so none has tried the import: a first-boot check"
            " of the image or a drill elsewhere does"
        )
    if missing:
        return f"no data plane of {_listed(missing)} has tried the import in this run: the playbook outage_drill does"
    return ""


def _snapshots_told(snapshots: Sequence[Snapshot], nodes: Sequence[Evidence]) -> str:
    return ", ".join(_snapshot_told(snapshot, nodes) for snapshot in snapshots) or "snapshot not read"


def _snapshot_told(snapshot: Snapshot, nodes: Sequence[Evidence]) -> str:
    told = [f"snapshot {snapshot['gateway_version']}"]
    if snapshot.get("outcome", OK) != OK:
        return " ".join((*told, snapshot["outcome"]))
    if snapshot.get("age_seconds") is not None:
        told.append(f"{age_in_words(snapshot['age_seconds'])} old")
    if snapshot.get("entities"):
        told.append(f"with {sum(snapshot['entities'].values())} entities")
    if snapshot.get("configuration_hash"):
        told.append(f"{'and' if snapshot.get('entities') else 'with'} hash {snapshot['configuration_hash'][:_OF_HASH]}")
    shown = [
        node.configuration_hash
        for node in nodes
        if node.configuration_hash and node.gateway_version == snapshot["gateway_version"]
    ]
    if shown and snapshot.get("configuration_hash"):
        read = _hashes_read(snapshot["gateway_version"], nodes)
        told.append(f"that {sum(each in read for each in shown)} of {len(shown)} serve")
    return " ".join(told)


def _hashes_read(version: str, nodes: Sequence[Evidence]) -> set[str]:
    """What this run read of the snapshot of a version: it may have changed since a node was looked at."""
    read = (snapshot for node in nodes for snapshot in node.snapshots if snapshot["gateway_version"] == version)
    return {snapshot["configuration_hash"] for snapshot in read if snapshot.get("configuration_hash")}


def age_in_words(seconds: int) -> str:
    """The seconds in the largest unit that gives at least two."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _nodes_told(nodes: Sequence[Evidence]) -> Iterator[str]:
    exporters = [node for node in nodes if node.exports]
    sign = _last_sign(nodes)
    seen_last = "" if sign is None else f" and gave its last sign {age_in_words(sign)} ago"
    yield f"exporter {', '.join(_exporter_told(node) for node in exporters)}{seen_last}" if exporters else "no exporter"
    data_planes = [node.serves for node in nodes if not node.exports]
    seen = [serves for serves in data_planes if serves is not None]
    if seen:
        yield f"{sum(seen)} of {len(data_planes)} data planes ready"
    else:
        yield f"{len(data_planes)} data planes not looked at"
    yield f"{sum(node.restarted for node in nodes)} restarted"


def _exporter_told(node: Evidence) -> str:
    if node.serves is None:
        return f"{node.host} not looked at"
    if not node.serves:
        return f"{node.host} not ready"
    return f"{node.host} {'ready' if node.exporting is None else 'exports' if node.exporting else 'does not export'}"


def _last_sign(nodes: Iterable[Evidence]) -> int | None:
    """Seconds since the last heartbeat of an exporter that this run read (fact 3.2); None if it read none."""
    signs = (sign for node in nodes for snapshot in node.snapshots for sign in snapshot.get("exporters") or ())
    return min((sign["age_seconds"] for sign in signs), default=None)


def _reported(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    names = ("gateway_version", "outcome", "age_seconds", "sha256", "configuration_hash", "entities")
    return {name: snapshot[name] for name in names if name in snapshot}


def _short(reason: str) -> str:
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def by_number(version: str) -> tuple[int, ...]:
    """A sort key for any version, even one from a variable that no gateway has."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _listed(versions: Iterable[str | None]) -> str:
    return ", ".join(sorted(filter(None, versions), key=by_number))
