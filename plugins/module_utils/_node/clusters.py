# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters of an inventory: which storages conflict, and which nodes may export together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl, parse


@dataclass(frozen=True)
class InventoryNode:
    """A node as the inventory has it; ``takes_part`` is false if it is taken out of the fallback."""

    host: str
    storage: str
    is_backup_node: bool
    takes_part: bool = True


@dataclass(frozen=True)
class ExportingNode:
    """A backup node that was looked at; ``role`` is the one of its gateway, ``election`` whether its version elects a
    leader among exporters."""

    host: str
    storage: str
    role: str
    gateway_version: str
    election: bool


def clusters_of(nodes: Iterable[InventoryNode]) -> dict[str, dict[str, Any]]:
    """For each storage of the inventory its ``exporters``, in order, and the sentences on storages ``nested`` in it or
    around it (fact 2.6)."""
    nodes = list(nodes)
    storages = list(dict.fromkeys(node.storage for node in nodes))
    parsed = {storage: url for storage in storages for url in _parsed(storage)}
    return {
        storage: {
            "exporters": sorted(
                node.host for node in nodes if node.storage == storage and node.is_backup_node and node.takes_part
            ),
            "nested": list(_nested(storage, parsed)),
        }
        for storage in storages
    }


def _parsed(storage: str) -> Iterator[StorageUrl]:
    """The parsed storage; None for one that is refused elsewhere."""
    try:
        yield parse(storage)
    except InvalidInput:
        return


def _nested(storage: str, parsed: Mapping[str, StorageUrl]) -> Iterator[str]:
    for other in parsed if storage in parsed else ():
        for inner, outer in ((storage, other), (other, storage)):
            if _lies_inside(parsed[inner], parsed[outer]):
                yield f"{inner} lies inside {outer}"


def _lies_inside(inner: StorageUrl, outer: StorageUrl) -> bool:
    places = [(each.is_google or each.scheme, each.account, each.bucket) for each in (inner, outer)]
    return places[0] == places[1] and inner.prefix.startswith(f"{outer.prefix}/")


def exporter_refusals(looked_at: Iterable[ExportingNode], clusters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Why exporters are incompatible on their storage (facts 1.8 and 1.9), one sentence each."""
    by_storage: dict[str, list[ExportingNode]] = {}
    for exporter in sorted(looked_at, key=lambda each: each.host):
        by_storage.setdefault(exporter.storage, []).append(exporter)
    refusals = []
    for storage, exporters in by_storage.items():
        everyone = _exporters(clusters, storage)
        if len({exporter.role for exporter in exporters}) > 1:
            roles = ", ".join(f"{each.host} is a {each.role.replace('_', ' ')}" for each in exporters)
            refusals.append(
                f"Control planes and data planes must not both export to {storage} (fact 1.8), but {roles}: take the"
                " data planes out of kong_backup_node."
            )
        without = next((exporter for exporter in exporters if not exporter.election), None)
        if without and len(everyone) > 1:
            refusals.append(
                f"{', '.join(everyone)} would all export to {storage}, but exporters of gateway"
                f" {without.gateway_version} elect no leader, which takes 3.6.0.0, 3.5.0.4 or 3.4.3.4 (fact"
                " 1.9): leave only one in kong_backup_node."
            )
    return refusals


def unseen_exporters(looked_at: Iterable[ExportingNode], clusters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each storage to which backup nodes may export that this run did not look at."""
    seen: dict[str, set[str]] = {}
    for exporter in looked_at:
        seen.setdefault(exporter.storage, set()).add(exporter.host)
    return [
        f"{', '.join(unseen)} may also export to {storage} but takes no part in this run, so it is unknown whether"
        " they are compatible (facts 1.8, 1.9): run without --limit and without job slicing."
        for storage, hosts in seen.items()
        for unseen in [sorted(set(_exporters(clusters, storage)) - hosts)]
        if unseen
    ]


def _exporters(clusters: Mapping[str, Mapping[str, Any]], storage: str) -> list[str]:
    """The exporters of a storage; none for one that only the play knows."""
    found: list[str] = clusters.get(storage, {}).get("exporters", [])
    return found
