# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Molecule's scenarios run on: an S3 with IAM enforced and one cluster a scenario, kept running by a process.

``python -m tests.fleet.world start DIRECTORY SCENARIO…`` returns when everything runs and ``DIRECTORY/<scenario>.json``
are the inventories; ``python -m tests.fleet.world stop DIRECTORY`` ends it all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from tests.fleet.cluster import running_cluster
from tests.servers import moto


def start(directory: Path, scenarios: list[str]) -> None:
    """Leave a process behind that keeps the world, once it is there; raises SystemExit with its log otherwise."""
    stop(directory)
    directory.mkdir(parents=True)
    log = directory / "world.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.fleet.world", "keep", directory, *scenarios],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (directory / "pid").write_text(str(keeper.pid))
    while not (directory / "ready").exists():
        if keeper.poll() is not None:
            raise SystemExit(log.read_text(errors="replace"))
        time.sleep(0.1)


def keep(directory: Path, scenarios: list[str]) -> None:
    """Be that process: hold everything until a SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as world:
        server = world.enter_context(moto(enforce_iam=True))
        for scenario in scenarios:
            cluster = world.enter_context(running_cluster(directory / scenario, server))
            cluster.fleet.variables["administrator"] = asdict(server.root)
            for name in ("dp1", "dp2"):
                cluster.new_data_plane(name)
            cluster.fleet.inventory.rename(directory / f"{scenario}.json")
        (directory / "ready").touch()
        signal.pause()


def stop(directory: Path) -> None:
    """End what was started below this directory, if anything, and remove it."""
    pid = directory / "pid"
    if pid.exists():
        try:
            os.kill(int(pid.read_text()), signal.SIGTERM)
            while True:
                os.kill(int(pid.read_text()), 0)
                time.sleep(0.1)
        except ProcessLookupError:
            pass
    shutil.rmtree(directory, ignore_errors=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["start", "keep", "stop"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("scenarios", nargs="*")
    options = parser.parse_args()
    options.directory = options.directory.resolve()
    if options.action == "stop":
        stop(options.directory)
    else:
        {"start": start, "keep": keep}[options.action](options.directory, options.scenarios)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
