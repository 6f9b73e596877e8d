# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the page, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.reliability.matrix import GRACE, HANG, TIMEOUT, TRACEBACK
from tests.reliability.trials import Trial

COUNTED = {"tracebacks": TRACEBACK, "hangs": HANG, "lost or incomplete objects": "torn", "secrets found": "secret"}
"""What is counted by itself, with the word with which it begins in a trial."""


def figures(date: str, parts: Mapping[str, Sequence[Trial]], seconds: Mapping[str, float], left: Sequence[str]) -> str:
    """All figures: what was found, one row for each kind of trial and server, how long it took, and what is left."""
    trials = [trial for part in parts.values() for trial in part]
    wrong = [trial.wrong for trial in trials if trial.wrong]
    rows = ["| | found |", "|---|---|"]
    rows += [f"| {what} | {sum(each.startswith(word) for each in wrong)} |" for what, word in COUNTED.items()]
    rows.append(f"| anything else | {sum(not each.startswith(tuple(COUNTED.values())) for each in wrong)} |")
    table = ["| tried | on | how often | wrong | longest, seconds |", "|---|---|---|---|---|"]
    for name, part in parts.items():
        table += [_row(kind, name.rpartition("/")[2], part) for kind in dict.fromkeys(trial.kind for trial in part)]
    last = (
        f"A module has {TIMEOUT} seconds in these trials; one that takes {GRACE} more counts as a hang. These parts"
        f" took {sum(seconds.values()) / 60:.0f} minutes."
    )
    head = f"Measured on {date}: {sum(trial.count for trial in trials):,} trials."
    missing = [f"Not tried in this run: {', '.join(left)}."] if left else []
    return "\n\n".join([head, "\n".join(rows), "\n".join(table), last, *missing])


def _row(kind: str, server: str, part: Sequence[Trial]) -> str:
    of_kind = [trial for trial in part if trial.kind == kind]
    count, wrong = sum(trial.count for trial in of_kind), sum(bool(trial.wrong) for trial in of_kind)
    longest = max(trial.seconds for trial in of_kind)
    return f"| {kind} | {server} | {count:,} | {wrong} | {f'{longest:.1f}' if longest else ''} |"
