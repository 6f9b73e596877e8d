# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure, and write docs/benchmarks.md.

python -m benchmarks [--keep-nothing] [NAME | NAME/CASE …]
"""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType
from typing import NoReturn

from benchmarks import report
from benchmarks.audit import AUDIT
from benchmarks.benchmark import Benchmark
from benchmarks.converge import CONVERGE
from benchmarks.kong_conf import KONG_CONF
from benchmarks.site import SITE
from benchmarks.storage import STORAGE
from benchmarks.verification import VERIFICATION
from tests.checkout import COLLECTIONS

BENCHMARKS = (CONVERGE, SITE, STORAGE, VERIFICATION, AUDIT, KONG_CONF)


def chosen(words: list[str]) -> list[tuple[Benchmark, str]]:
    """What to measure, in the order of the document; raises SystemExit for an unknown name."""
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    wanted = [word.partition("/") for word in words or known]
    unknown = [name for name, _slash, _case in wanted if name not in known]
    if unknown:
        raise SystemExit(f"There is no benchmark {unknown[0]}; there are {', '.join(known)}.")
    return [(known[name], one) for name, _slash, case in wanted for one in ([case] if case else known[name].cases)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME[/CASE]", help="such as converge, or one case: converge/20")
    parser.add_argument("--keep-nothing", action="store_true", help="print only, and leave docs/ as it is")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    sys.path.insert(0, str(COLLECTIONS))  # because modules set hosts up in this process
    for benchmark, case in chosen(options.names):
        races = {}
        for race in benchmark.measure(case):
            races[race.subject] = race
            print(report.table({race.subject: race}), flush=True)
        print(report.verdicts(benchmark.told(races)), flush=True)
        if not options.keep_nothing:
            report.remember(benchmark, races.values())
    if not options.keep_nothing:
        report.publish(BENCHMARKS)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """End as on Ctrl-C, with everything that was started; once, although ``timeout`` and make send two signals."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("The benchmark stopped, and so did everything that it started.")
