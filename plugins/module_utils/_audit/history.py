# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the size of a snapshot changed, as coordinates of a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WIDTH, HEIGHT = 640, 120
_MARGIN = 8


@dataclass(frozen=True)
class Point:
    """One version of a snapshot in the drawing: its position, its time and its content."""

    x: float
    y: float
    moment: str
    size: int
    entities: int | None
    outcome: str


def drawn(history: Sequence[Mapping[str, Any]]) -> list[Point]:
    """The versions of a snapshot from left to right by time, larger ones higher; without deletions.
    A single version is not a history."""
    versions = sorted((each for each in history if not each["deleted"]), key=lambda each: str(each["last_modified"]))
    if len(versions) < 2:
        return []
    moments = [datetime.fromisoformat(each["last_modified"]).timestamp() for each in versions]
    begin, span = moments[0], (moments[-1] - moments[0]) or 1.0
    largest = max(each["size"] or 0 for each in versions) or 1
    return [
        Point(
            x=round(_MARGIN + (WIDTH - 2 * _MARGIN) * (moment - begin) / span, 1),
            y=round(HEIGHT - _MARGIN - (HEIGHT - 5 * _MARGIN) * (each["size"] or 0) / largest, 1),
            moment=each["last_modified"][:16].replace("T", " "),
            size=each["size"] or 0,
            entities=sum(each["entities"].values()) if each["entities"] else None,
            outcome=each["outcome"] or "",
        )
        for moment, each in zip(moments, versions)
    ]
