# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of ours as a process: started in a group of its own, awaited, and killed by its own pid."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import NeverTrue, until
from tests.web import ask

_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


class StartFailed(RuntimeError):
    """A server did not become ready; the text ends with its log."""


def answers(url: str, authority: Path | None = None) -> bool:
    """Whether the URL answers with a success now; ``authority`` is a private one that signed its certificate."""
    return ask(url, authority=authority, timeout=1).is_success


def is_running(pid: int) -> bool:
    """Whether a process with this pid exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def running(
    command: Sequence[str | Path],
    ready: Callable[[], bool],
    log: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Iterator[int]:
    """The pid of ``command`` once ``ready()`` is true; its process group is killed at the end.

    Raises StartFailed, with the log, when it exits early or is not ready after ``timeout`` seconds.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        _await(process, ready, log, timeout)
        yield process.pid
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _die_with_parent() -> None:
    """Let the kernel kill this process when the one that started it is gone, even if that was killed itself."""
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, timeout: float) -> None:
    try:
        until(lambda: process.poll() is not None or ready(), timeout)
    except NeverTrue:
        raise StartFailed(f"{process.args!r} is not ready after {timeout} s:\n{_text(log)}") from None
    if process.returncode is not None:
        raise StartFailed(f"{process.args!r} exited with {process.returncode}:\n{_text(log)}")


def _text(log: Path) -> str:
    return log.read_text(errors="replace")
