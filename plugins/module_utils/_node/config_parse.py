# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the gateway itself whether it accepts a configuration: ``kong config parse``."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Spoken:
    """How ``kong config parse`` ended: ``exit_code`` is None when it could not be started; ``words`` is its output."""

    exit_code: int | None
    words: str


class Question:
    """A gateway that is reading a configuration."""

    def __init__(self, kong: str, conf: str | None, environment: Mapping[str, str], file: str) -> None:
        """Start ``kong config parse`` on ``file``, with the kong.conf and the environment of the node."""
        command = [shutil.which(kong) or kong, "config", "parse", *(["-c", conf] if conf else []), file]
        self._cannot = ""
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=os.path.dirname(file),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            self._cannot = f"cannot run {kong} ({error.strerror})"

    def answer(self) -> Spoken:
        """The gateway's answer, as soon as it has finished."""
        if not self._process:
            return Spoken(None, self._cannot)
        words, _nothing = self._process.communicate()
        return Spoken(self._process.returncode, words)
