# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node's error.log, in nginx's format."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

_LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")


class Log:
    """Appends lines of at least ``level`` to ``path``; also to standard error when ``echo``."""

    def __init__(self, path: Path, level: str, echo: bool = False) -> None:
        self._path = path
        self._wanted = _LEVELS[: _LEVELS.index(level) + 1]
        self._echo = echo
        self._lock = threading.Lock()

    def error(self, text: str) -> None:
        """Something does not work."""
        self._write("error", text)

    def warn(self, text: str) -> None:
        """Something may not work."""
        self._write("warn", text)

    def notice(self, text: str) -> None:
        """Something worth knowing happened."""
        self._write("notice", text)

    def _write(self, level: str, text: str) -> None:
        if level not in self._wanted:
            return
        line = f"{time.strftime('%Y/%m/%d %H:%M:%S')} [{level}] {os.getpid()}#0: {text}\n"
        with self._lock, open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "a") as file:
            file.write(line)
        if self._echo:
            sys.stderr.write(line)
