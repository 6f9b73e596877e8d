# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try all that goes wrong, part by part, print what came of it, and write docs/reliability.md.

    python -m tests.reliability [--again] [PART ...]

Each part, such as `lies/moto`, is kept as soon as it is done, so that a run that was interrupted goes on where it was.
Parts whose code has changed since are tried again, and with `--again` all that are named. The page has the figures of
all parts that are kept, and names those that are not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.checkout import CHECKOUT
from tests.reliability.canaries import canaries
from tests.reliability.figures import figures
from tests.reliability.playbooks import killed_rollout, killed_rotation
from tests.reliability.trials import Trial, Trials, bombs, hostile_files, hostile_inputs, kills, lies, races
from tests.servers import S3Server, moto, seaweedfs

DOCUMENT = CHECKOUT / "docs/reliability.md"
KEPT = CHECKOUT / ".cache/reliability"
BEGIN, END = "<!-- measured -->", "<!-- end -->"
TRIED = ("plugins", "roles", "playbooks", "tests/reliability")

Part = tuple[Callable[[S3Server, Path], Trials], Callable[[], AbstractContextManager[S3Server]]]


def _moto_with_iam() -> AbstractContextManager[S3Server]:
    return moto(enforce_iam=True)


PARTS: dict[str, Part] = {
    **{
        f"{kind.__name__}/{name}": (kind, server)
        for name, server in (("moto", moto), ("SeaweedFS", seaweedfs))
        for kind in (lies, hostile_inputs, kills, races, bombs)
    },
    "hostile_files/moto": (hostile_files, moto),
    "killed_rotation/moto": (killed_rotation, _moto_with_iam),
    "killed_rollout/moto": (killed_rollout, _moto_with_iam),
    "canaries/moto": (canaries, _moto_with_iam),
}


def main() -> None:
    """The command line; exits with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--again", action="store_true", help="try again what was kept of an earlier run")
    asked = parser.parse_args()
    for name in asked.parts or PARTS:
        if asked.again or kept(name) is None:
            keep(name, *PARTS[name])
    found = {name: result for name in PARTS if (result := kept(name))}
    publish(found)
    sys.exit(any(trial["wrong"] for result in found.values() for trial in result["trials"]))


def keep(
    name: str, tried: Callable[[S3Server, Path], Trials], start: Callable[[], AbstractContextManager[S3Server]]
) -> None:
    """Try one part, print what went wrong, and keep all of it."""
    begin, trials = time.monotonic(), []
    with start() as server, tempfile.TemporaryDirectory(prefix="reliability-") as directory:
        for trial in tried(server, Path(directory)):
            trials.append(trial)
            if trial.wrong:
                print(f"{name}: {trial.what}: {trial.wrong}", flush=True)
    seconds = time.monotonic() - begin
    print(f"{name}: {sum(trial.count for trial in trials)} tried in {seconds:.0f} s", flush=True)
    result = {
        "code": code(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "server": name.rpartition("/")[2],
        "seconds": seconds,
        "trials": [asdict(trial) for trial in trials],
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    _file(name).write_text(json.dumps(result))


def kept(name: str) -> dict[str, Any] | None:
    """What was kept of a part, unless the code has changed since."""
    try:
        result: dict[str, Any] = json.loads(_file(name).read_text())
    except FileNotFoundError:
        return None
    return result if result["code"] == code() else None


def code() -> str:
    """A digest of what is tried and of what tries it."""
    listed = subprocess.run(["git", "ls-files", "-z", *TRIED], cwd=CHECKOUT, capture_output=True, check=True).stdout
    digest = hashlib.sha256()
    for path in sorted(filter(None, listed.decode().split("\0"))):
        digest.update(path.encode() + (CHECKOUT / path).read_bytes())
    return digest.hexdigest()


def publish(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what came of these parts, and write it into the document with the names of those that are left."""
    text = figures(
        max(result["date"] for result in results.values()),
        {name: [Trial(**trial) for trial in result["trials"]] for name, result in results.items()},
        {name: result["seconds"] for name, result in results.items()},
        [name for name in PARTS if name not in results],
    )
    print(text, flush=True)
    pattern = re.compile(f"(?<={BEGIN}\n).*?(?={END})", re.DOTALL)
    DOCUMENT.write_text(pattern.sub(lambda _match: f"\n{text}\n\n", DOCUMENT.read_text()))


def _file(name: str) -> Path:
    return KEPT / f"{name.replace('/', '-')}.json"


if __name__ == "__main__":
    main()
