# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try all that goes wrong on each server, print what came of it, and write docs/reliability.md."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from tests.checkout import CHECKOUT
from tests.reliability.matrix import VERSION, world_of
from tests.reliability.trials import WHOLE, Trial, hostile_inputs, kills, lies, races
from tests.reliability.watcher import watching
from tests.servers import S3Server, moto, seaweedfs

DOCUMENT = CHECKOUT / "docs/reliability.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"


def main() -> None:
    """The command line; exits with 1 if anything went wrong."""
    trials: dict[str, list[Trial]] = {}
    for name, server in (("moto", moto()), ("SeaweedFS", seaweedfs())):
        trials[name] = list(tried(name, server))
        publish(trials)
    sys.exit(any(trial.wrong for of_server in trials.values() for trial in of_server))


def tried(name: str, starting: AbstractContextManager[S3Server]) -> Iterator[Trial]:
    """What is tried on a server."""
    with starting as server, tempfile.TemporaryDirectory(prefix="reliability-") as directory:
        here = Path(directory) / "world"
        here.mkdir()
        with world_of(server, here) as world:
            for kind in (lies, kills, races):
                with watching(server, world.bucket, f"prod/{VERSION}/config.json", WHOLE) as watcher:
                    yield from _shown(name, kind(world))
                yield from _shown(name, [_watched(kind.__name__, watcher.reads, watcher.torn)])
            yield from _shown(name, hostile_inputs(world))


def publish(trials: Mapping[str, Sequence[Trial]]) -> None:
    """Print what came of the trials on each server, and write it into the document."""
    tables = [table(name, of_server) for name, of_server in trials.items()]
    text = "\n\n".join([f"Measured on {datetime.now(UTC):%Y-%m-%d}.", *tables])
    print(text, flush=True)
    pattern = re.compile(f"(?<={BEGIN}\n).*?(?={END})", re.DOTALL)
    DOCUMENT.write_text(pattern.sub(lambda _match: f"\n{text}\n\n", DOCUMENT.read_text()))


def _shown(name: str, trials: Iterable[Trial]) -> Iterator[Trial]:
    for trial in trials:
        if trial.wrong:
            print(f"{name}: {trial.kind}: {trial.what}: {trial.wrong}", flush=True)
        yield trial


def _watched(during: str, reads: int, torn: Sequence[str]) -> Trial:
    return Trial(f"reads of the snapshot during {during}", str(reads), 0.0, "; ".join(torn[:3]))


def table(name: str, trials: Sequence[Trial]) -> str:
    """The trials of a server in Markdown, one kind a row."""
    rows = [f"| {name} | tried | wrong | longest, seconds |", "|---|---|---|---|"]
    for kind in dict.fromkeys(trial.kind for trial in trials):
        of_kind = [trial for trial in trials if trial.kind == kind]
        count = of_kind[0].what if kind.startswith("reads") else len(of_kind)
        longest = max(trial.seconds for trial in of_kind)
        rows.append(f"| {kind} | {count} | {sum(bool(trial.wrong) for trial in of_kind)} | {longest:.1f} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
