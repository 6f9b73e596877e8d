# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the size of a snapshot changed, and how audits and drills went, as coordinates of a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WIDTH, HEIGHT = 640, 120
_MARGIN = 8
_MEASURES = (
    ("size", "Size of the snapshot"),
    ("entities", "Entities in the snapshot"),
    ("time_to_ready", "Time to ready in drills"),
)

Measured = tuple[str, float]
"""A moment (ISO 8601) and what was measured then."""


@dataclass(frozen=True)
class Point:
    """One version of a snapshot in the drawing: its position, its time and its content."""

    x: float
    y: float
    moment: str
    size: int
    entities: int | None
    outcome: str
    is_archived: bool


@dataclass(frozen=True)
class Mark:
    """One audit or drill in a drawing: where it stands, and its line of the trend."""

    x: float
    y: float
    line: Mapping[str, Any]


@dataclass(frozen=True)
class Drawing:
    """A measure over time; ``rows`` are the marks of each gateway version, to be joined by a line."""

    measure: str
    title: str
    rows: tuple[tuple[Mark, ...], ...]

    @property
    def ends(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The first and the last line of the trend in it."""
        lines = sorted((mark.line for row in self.rows for mark in row), key=lambda line: str(line["taken"]))
        return lines[0], lines[-1]


def drawn(history: Sequence[Mapping[str, Any]]) -> list[Point]:
    """The versions of a snapshot from left to right by time, larger ones higher; without deletions.
    A single version is not a history."""
    versions = sorted((each for each in history if not each["deleted"]), key=lambda each: str(each["last_modified"]))
    places = _places([(each["last_modified"], each["size"] or 0) for each in versions])
    return [
        Point(
            x=x,
            y=y,
            moment=each["last_modified"][:16].replace("T", " "),
            size=each["size"] or 0,
            entities=sum(each["entities"].values()) if each["entities"] else None,
            outcome=each["outcome"] or "",
            is_archived=bool(each["archived"]),
        )
        for (x, y), each in zip(places, versions)
    ]


def drawn_trend(trend: Sequence[Mapping[str, Any]]) -> Iterator[Drawing]:
    """What audits and drills measured, a drawing for each measure that was taken more than once."""
    for measure, title in _MEASURES:
        lines = [line for line in trend if line[measure] is not None]
        rows: dict[str, list[Mark]] = {}
        for (x, y), line in zip(_places([(line["taken"], line[measure]) for line in lines]), lines):
            rows.setdefault(line["gateway_version"] or "", []).append(Mark(x, y, line))
        if rows:
            yield Drawing(measure, title, tuple(map(tuple, rows.values())))


def _places(measured: Sequence[Measured]) -> list[tuple[float, float]]:
    """Where each stands, from left to right by its moment, higher the larger it is; one alone has no place."""
    if len(measured) < 2:
        return []
    moments = [datetime.fromisoformat(moment).timestamp() for moment, _value in measured]
    begin, span = min(moments), (max(moments) - min(moments)) or 1.0
    largest = max(value for _moment, value in measured) or 1
    return [
        (
            round(_MARGIN + (WIDTH - 2 * _MARGIN) * (moment - begin) / span, 1),
            round(HEIGHT - _MARGIN - (HEIGHT - 5 * _MARGIN) * value / largest, 1),
        )
        for moment, (_moment, value) in zip(moments, measured)
    ]
