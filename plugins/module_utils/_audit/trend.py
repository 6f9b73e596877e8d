# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of audits and drills over time: a line of JSON for each, which later audits read and draw."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._drill.judgement import tells_nothing
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import registered
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import NO, UNKNOWN, YES

AUDIT = "audit"
DRILL = "drill"

_MEASURES = ("time_to_ready", "size", "entities")
_VERSION = 1
"""Of the lines: it changes if a key changes its meaning."""
_WORDS = {"kind": (AUDIT, DRILL), "would_come_up": (YES, NO, UNKNOWN)}
_LARGEST = 10**15
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "taken", "storage", "would_come_up"), (str,)),
    **dict.fromkeys(("gateway_version", "configuration_hash"), (str, type(None))),
    **dict.fromkeys(("size", "entities"), (int, type(None))),
    "time_to_ready": (int, float, type(None)),
}


@dataclass(frozen=True)
class TrendLine:
    """What an audit or a drill (``kind``) of a storage found at a moment (``taken``, ISO 8601) about the snapshot of a
    gateway version: its ``size`` (bytes), ``entities`` and ``configuration_hash``, and of a drill the seconds until its
    gateway was ready; None for what it did not see."""

    kind: str
    taken: str
    storage: str
    would_come_up: str
    gateway_version: str | None = None
    time_to_ready: float | None = None
    size: int | None = None
    entities: int | None = None
    configuration_hash: str | None = None

    @property
    def moment(self) -> datetime:
        """When it was taken."""
        return datetime.fromisoformat(self.taken)

    def as_dict(self) -> dict[str, Any]:
        """The line in a file."""
        return {"version": _VERSION, **asdict(self)}


def trend_of(text: str) -> list[TrendLine]:
    """The lines of a file, oldest first; those that are torn, or that another release wrote, are left out."""
    return sorted(filter(None, map(_parsed, text.split("\n"))), key=lambda line: line.moment)


def rendered(lines: Iterable[Mapping[str, Any]]) -> str:
    """The lines as the text of a file."""
    return "".join(f"{json.dumps(dict(line), sort_keys=True)}\n" for line in lines)


def shown(line: TrendLine) -> dict[str, Any]:
    """A line in the model of an audit, below its storage."""
    return {name: value for name, value in asdict(line).items() if name != "storage"}


def lines_of_audit(audit: Mapping[str, Any]) -> Iterator[TrendLine]:
    """One line for each cluster and snapshot of an audit; one for a cluster whose snapshots it did not see."""
    for cluster in audit["clusters"]:
        for snapshot in cluster["snapshots"] or [{}]:
            yield TrendLine(
                AUDIT,
                audit["taken"],
                cluster["storage"],
                cluster["would_come_up"],
                snapshot.get("gateway_version"),
                **_content(snapshot),
            )


def lines_of_drills(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], taken: str) -> Iterator[TrendLine]:
    """One line for each drill of a job; a drill that was refused because of its host has none."""
    for host in hosts:
        drill = registered(hostvars[host], "__kong_fallback_drill")
        if "time_to_ready" not in drill or tells_nothing(drill.get("findings", ())):
            continue
        version = drill["gateway_version"]
        looked_at = registered(hostvars[host], "__kong_fallback_verification").get("snapshots", ())
        snapshot: Mapping[str, Any] = next((each for each in looked_at if each["gateway_version"] == version), {})
        yield TrendLine(
            DRILL,
            taken,
            str(hostvars[host].get("kong_fallback_storage", "")),
            NO if drill.get("failed") else YES,
            version,
            drill["time_to_ready"],
            **{**_content(snapshot), "configuration_hash": drill["configuration_hash"]},
        )


def of_storage(trend: Iterable[TrendLine], storage: str) -> list[TrendLine]:
    """The lines of one storage."""
    return [line for line in trend if line.storage == storage]


def last_drilled(trend: Sequence[TrendLine]) -> datetime | None:
    """When a drill last succeeded; None if the lines have none."""
    return max((line.moment for line in trend if line.kind == DRILL and line.would_come_up == YES), default=None)


def _content(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    entities = snapshot.get("entities")
    return {
        "size": snapshot.get("size"),
        "entities": sum(entities.values()) if entities else None,
        "configuration_hash": snapshot.get("configuration_hash"),
    }


def _parsed(text: str) -> TrendLine | None:
    with suppress(ValueError, TypeError, KeyError, RecursionError, OverflowError):
        content = json.loads(text)
        if content["version"] != _VERSION:
            return None
        fields = {name: content[name] for name in _TYPES}
        if any(not isinstance(fields[name], types) for name, types in _TYPES.items()):
            return None
        if any(fields[name] not in words for name, words in _WORDS.items()):
            return None
        if not all(0 <= fields[name] < _LARGEST for name in _MEASURES if fields[name] is not None):
            return None
        line = TrendLine(**fields)
        return line if line.moment.tzinfo else None
    return None
