# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command behind ``make demo``."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from demo.narrator import Narrator, Untrue
from demo.story import Story, tell


def main() -> int:
    """Tell the story once, then stop and remove everything that it started; with ``--keep`` only after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    narrator = Narrator()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kong-fallback-demo-") as directory,
            Story.begin(Path(directory)) as story,
        ):
            tell(story, narrator)
            if options.keep:
                narrator.look_around(story.newcomer, story.fleet.directory)
                signal.pause()
    except Untrue as untrue:
        narrator.stop(untrue)
        return 1
    except KeyboardInterrupt:
        narrator.say("The demo stopped and removed everything.")
        return 0 if options.keep else 130
    narrator.say("The demo stopped and removed everything that it started.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
