# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo prints: one numbered sentence per step, what the operator types, and what happens."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path


class Untrue(Exception):
    """A step of the story did not happen; the text says what happened instead."""


class Narrator:
    """Tells the story line by line, as it happens."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._chapter = 0

    def chapter(self, sentence: str) -> None:
        """Begin the next step."""
        self._chapter += 1
        self.say(f"\n{self._chapter}. {sentence}")

    def typed(self, command: str) -> None:
        """Show what an operator types."""
        self.say(f"   $ {command}")

    def seen(self, what: str) -> None:
        """Show what happens, or what a command prints."""
        self.say(textwrap.indent(what.strip(), "     "))

    def say(self, line: str) -> None:
        """Print one line at once."""
        print(line, flush=True)

    def end(self, sentence: str) -> None:
        """Close the story and say how long it took."""
        self.say(f"\n{sentence} ({time.monotonic() - self._began:.0f} s)")

    def stop(self, untrue: Untrue) -> None:
        """Say that the story stops early, and why."""
        self.say(f"\nThe demo stops here, because it did not go as told: {untrue}")

    def look_around(self, script: Path) -> None:
        """Say how to look at the running cluster."""
        self.say(
            "\nEverything is still running; Ctrl-C here stops and removes it. Look around from another terminal:\n"
            f"   ./{script.name}"
        )
