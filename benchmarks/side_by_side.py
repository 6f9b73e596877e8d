# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contestants that do the same work in turns, so that whatever else this machine does disturbs all of them alike."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

OURS = "this collection"


class RunFailed(Exception):
    """A contestant did not do its work; the text is what it printed."""


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds on the clock, seconds of processor time, printed lines, bytes of memory at most, and
    bytes written.

    Processor time includes every child that was waited for, not a gateway that stays behind. ``memory`` and
    ``size`` are 0 if they were not measured.
    """

    wall: float
    cpu: float
    lines: int = 0
    memory: int = 0
    size: int = 0


@dataclass(frozen=True)
class Contestant:
    """One way to do the work; ``prepare`` comes before each run and does not count."""

    name: str
    run: Callable[[], Cost]
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Race:
    """The median costs of each contestant, by its name; ``units`` are the hosts or versions that the work was for.

    ``profile`` tells of one more run where our processor time went, in seconds; empty if it was not measured.
    """

    subject: str
    costs: Mapping[str, Cost]
    runs: int
    units: int = 1
    profile: Sequence[tuple[str, float]] = ()

    def ratio(self, opponent: str, measure: str = "cpu") -> float:
        """What we cost, divided by what the opponent costs."""
        mine, theirs = (getattr(self.costs[name], measure) for name in (OURS, opponent))
        return float(mine / theirs)


def race(subject: str, contestants: Sequence[Contestant], runs: int, units: int = 1) -> Race:
    """Let every contestant run so many times, in turns; raises RunFailed."""
    costs: dict[str, list[Cost]] = {contestant.name: [] for contestant in contestants}
    for _turn in range(runs):
        for contestant in contestants:
            contestant.prepare()
            costs[contestant.name].append(contestant.run())
    return Race(subject, {name: _median(measured) for name, measured in costs.items()}, runs, units)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        wall=median(cost.wall for cost in costs),
        cpu=median(cost.cpu for cost in costs),
        lines=round(median(cost.lines for cost in costs)),
        memory=round(median(cost.memory for cost in costs)),
        size=round(median(cost.size for cost in costs)),
    )


def measured(
    command: Sequence[str | Path], directory: Path, environment: Mapping[str, str], stdin: str = ""
) -> tuple[Cost, str]:
    """What one command costs and what it prints; raises RunFailed when it fails."""
    output = directory / "output"
    given = directory / "input"
    given.touch(mode=0o600)
    given.write_text(stdin)
    with output.open("wb") as printed, given.open("rb") as read:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=read,
            stdout=printed,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=dict(environment),
        )
        try:
            # Not getrusage, which adds up all children there ever were, servers of the benchmark included.
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(errors="replace")
    if process.returncode != 0:
        raise RunFailed(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{text}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, lines=text.count("\n")), text
