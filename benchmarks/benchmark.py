# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A benchmark: what it measures, and the bars for its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.side_by_side import OURS, Race

Races = Mapping[str, Race]
"""What was measured, by subject."""


@dataclass(frozen=True)
class Bar:
    """A bound on what was measured; ``subjects`` have to be measured before it can be told."""

    text: str
    limit: float
    subjects: Sequence[str]
    value: Callable[[Races], float]


@dataclass(frozen=True)
class Benchmark:
    """The ``cases`` are measured unless others are asked for; ``charts`` are drawn by file name below docs/."""

    name: str
    cases: Sequence[str]
    measure: Callable[[str], Iterator[Race]]
    bars: Sequence[Bar] = ()
    charts: Mapping[str, Callable[[Races], str]] = field(default_factory=dict)

    def told(self, races: Races) -> list[tuple[Bar, float]]:
        """The bars that can be told, each with what was measured."""
        return [(each, each.value(races)) for each in self.bars if all(subject in races for subject in each.subjects)]


def ratio(subject: str, opponent: str, limit: float) -> Bar:
    """What we cost in processor time, divided by what the opponent costs."""
    return Bar(f"{subject}: CPU ÷ {opponent}", limit, [subject], lambda races: races[subject].ratio(opponent))


def growth(subject: str, smaller: str, limit: float) -> Bar:
    """What a host or version costs us in processor time among many, divided by what it costs among fewer."""

    def value(races: Races) -> float:
        each = [races[name].costs[OURS].cpu / races[name].units for name in (subject, smaller)]
        return each[0] / each[1]

    return Bar(f"{subject}: CPU of each ÷ {smaller}", limit, [subject, smaller], value)


def at_most(subject: str, measure: str, limit: float, text: str) -> Bar:
    """A bound on one of our costs by itself."""

    def value(races: Races) -> float:
        return float(getattr(races[subject].costs[OURS], measure))

    return Bar(f"{subject}: {text}", limit, [subject], value)
