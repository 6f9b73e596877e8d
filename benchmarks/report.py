# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, kept between runs, and as the tables of docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.benchmark import Bar, Benchmark, Races
from benchmarks.chart import bar_chart
from benchmarks.side_by_side import OURS, Cost, Race
from tests.checkout import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
KEPT = CHECKOUT / ".cache" / "benchmarks"


def remember(benchmark: Benchmark, races: Iterable[Race]) -> None:
    """Keep what was measured next to what an earlier run measured for other cases."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = {**remembered(benchmark), **{race.subject: race for race in races}}
    _file(benchmark).write_text(json.dumps([asdict(race) for race in kept.values()], indent=1))


def remembered(benchmark: Benchmark) -> dict[str, Race]:
    """What was measured last of each case on this machine."""
    if not _file(benchmark).exists():
        return {}
    return {
        race["subject"]: Race(**{**race, "costs": {name: Cost(**cost) for name, cost in race["costs"].items()}})
        for race in json.loads(_file(benchmark).read_text())
    }


def _file(benchmark: Benchmark) -> Path:
    return KEPT / f"{benchmark.name}.json"


def publish(benchmarks: Sequence[Benchmark]) -> None:
    """Write the tables and charts of all that is remembered into docs/."""
    bars = {}
    for benchmark in benchmarks:
        races = remembered(benchmark)
        if races:
            told = benchmark.told(races)
            missed = {subject for each, value in told if value > each.limit for subject in each.subjects}
            profiles = [profile(race) for subject, race in races.items() if subject in missed and race.profile]
            _replace(benchmark.name, "\n\n".join([table(races), *([verdicts(told)] if told else []), *profiles]))
            for name, draw in benchmark.charts.items():
                (DOCUMENT.parent / name).write_text(draw(races))
            bars |= {each.text: value / each.limit for each, value in told}
    (DOCUMENT.parent / "benchmarks-bars.svg").write_text(bar_chart("Measured, as a part of what is allowed", bars))
    _replace("machine", _machine())


def table(races: Races) -> str:
    """The costs in Markdown, one race a row: processor seconds, and seconds on the clock in parentheses."""
    names = list(dict.fromkeys(name for race in races.values() for name in race.costs if name != OURS))
    opponents = [cell for name in names for cell in (name, "÷")]
    rows = [["", "runs", OURS, *opponents]]
    for race in races.values():
        cells = [race.subject, str(race.runs), _seconds(race.costs[OURS])]
        for name in names:
            if name in race.costs:
                cells += [_seconds(race.costs[name]), f"**{race.ratio(name):.2f}** ({race.ratio(name, 'wall'):.2f})"]
            else:
                cells += ["", ""]
        rows.append(cells)
    return _markdown(rows)


def verdicts(told: Iterable[tuple[Bar, float]]) -> str:
    """The bars in Markdown."""
    return _markdown(
        [
            ["bar", "at most", "measured", ""],
            *(
                [each.text, f"{each.limit:g}", f"{value:.2f}", "holds" if value <= each.limit else "**missed**"]
                for each, value in told
            ),
        ]
    )


def profile(race: Race) -> str:
    """Where our processor time went, in Markdown; steps of less than a fiftieth are added up."""
    whole = sum(seconds for _step, seconds in race.profile)
    large = [(step, seconds) for step, seconds in race.profile if seconds >= whole / 50]
    rest = whole - sum(seconds for _step, seconds in large)
    rows = [*large, *([("everything else", rest)] if rest else [])]
    return _markdown(
        [
            [f"profile: {race.subject}", "CPU seconds", "of all"],
            *([step, f"{seconds:.2f}", f"{seconds / whole:.0%}"] for step, seconds in rows),
        ]
    )


def _seconds(cost: Cost) -> str:
    return f"{cost.cpu:.2f} ({cost.wall:.2f})" + (f", {cost.memory / 1e6:.0f} MB" if cost.memory else "")


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *rest])


def _machine() -> str:
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.strip()
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with revision {revision}, on {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, ansible-core {version('ansible-core')}, boto3 {version('boto3')}."
    )


def _replace(name: str, text: str) -> None:
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    written, count = pattern.subn(lambda _match: f"\n{text}\n\n", DOCUMENT.read_text())
    if count != 1:
        raise LookupError(f"{DOCUMENT} has no place for {name}: it begins with {begin} and ends with {end}")
    DOCUMENT.write_text(written)
