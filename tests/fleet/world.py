# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Molecule's scenarios run on: an S3 with IAM enforced and one cluster a scenario, kept running by a process.

``python -m tests.fleet.world start DIRECTORY SCENARIO…`` returns when everything runs and ``DIRECTORY/<scenario>.json``
are the inventories; ``python -m tests.fleet.world stop DIRECTORY`` ends it all.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from tests.fleet import keeper
from tests.fleet.cluster import running_cluster
from tests.servers import moto


def keep(directory: Path, scenarios: list[str]) -> None:
    """Be that process: hold everything until a SIGTERM."""
    keeper.end_on_sigterm()
    with ExitStack() as world:
        server = world.enter_context(moto(enforce_iam=True))
        for scenario in scenarios:
            cluster = world.enter_context(running_cluster(directory / scenario, server))
            cluster.fleet.variables["administrator"] = asdict(server.root)
            for name in ("dp1", "dp2"):
                cluster.new_data_plane(name)
            cluster.fleet.inventory.rename(directory / f"{scenario}.json")
        keeper.hold(directory)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["start", "keep", "stop"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("scenarios", nargs="*")
    options = parser.parse_args()
    directory = options.directory.resolve()
    if options.action == "start":
        keeper.start(directory, "tests.fleet.world", *options.scenarios)
    elif options.action == "keep":
        keep(directory, options.scenarios)
    else:
        keeper.stop(directory)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
