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
from demo.shell import SCRIPT
from demo.story import Story, tell, things_to_try, try_all


def main() -> int:
    """Tell the story once, then stop and remove everything that it started; with ``--keep`` only after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    parser.add_argument("--try", dest="tries", action="store_true", help="do what the shell of --keep suggests")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    narrator = Narrator()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kong-fallback-demo-") as directory,
            Story.begin(Path(directory)) as story,
        ):
            tell(story, narrator)
            if options.keep or options.tries:
                SCRIPT.touch(mode=0o700)
                SCRIPT.write_text(story.shell.script(things_to_try(story)))
            if options.tries:
                try_all(story, narrator, SCRIPT)
            if options.keep:
                narrator.look_around(SCRIPT)
                signal.pause()
    except Untrue as untrue:
        narrator.stop(untrue)
        return 1
    except KeyboardInterrupt:
        narrator.say("The demo stopped and removed everything.")
        return 0 if options.keep else 130
    finally:
        SCRIPT.unlink(missing_ok=True)
    narrator.say("The demo stopped and removed everything that it started.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
