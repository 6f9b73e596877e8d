# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that keeps what tests run on, between the command that starts it and the command that stops it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def start(directory: Path, module: str, *arguments: str) -> None:
    """Leave ``python -m module keep directory arguments`` behind once it holds; else raise SystemExit with its log."""
    stop(directory)
    directory.mkdir(parents=True)
    log = directory / "keeper.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", module, "keep", directory, *arguments],
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


def end_on_sigterm() -> None:
    """Let the process that keeps leave its contexts when it is stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def hold(directory: Path) -> None:
    """Say that everything is there, and wait for the end."""
    (directory / "ready").touch()
    signal.pause()


def stop(directory: Path) -> None:
    """End what was started for this directory, if anything, and remove the directory."""
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
