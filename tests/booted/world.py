# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Molecule scenario with systemd runs on, kept by a process.

``python -m tests.booted.world start DIRECTORY`` returns when every host has booted and ``DIRECTORY/inventory.json``
names them; ``python -m tests.booted.world stop DIRECTORY`` ends it all but the image, which lies beside DIRECTORY.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from tests.booted.cluster import booted_cluster
from tests.fleet import keeper


def keep(directory: Path) -> None:
    """Hold everything until a SIGTERM."""
    keeper.end_on_sigterm()
    with booted_cluster(directory.parent) as cluster:
        cluster.inventory.rename(directory / "inventory.json")
        keeper.hold(directory)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["start", "keep", "stop"])
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    directory = options.directory.resolve()
    if options.action == "start":
        keeper.start(directory, "tests.booted.world")
    elif options.action == "keep":
        keep(directory)
    else:
        keeper.stop(directory)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
