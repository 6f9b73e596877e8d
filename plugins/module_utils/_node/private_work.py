# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a private folder that is gone afterwards, within a time limit, however it ends.

A guard, which is a process of its own, creates the folder, starts the work in another process, and holds one end of a
pipe. When the work is done, its time is up, or the module ends, even by SIGKILL, the guard ends every process of the
work and removes the folder. A name that never resolves or a server that sends a byte a minute cannot hold it up.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed

_BLOCK = 65_536
_LATE = 75


class Late(OperationFailed):
    """The work did not finish in time; ``so_far`` is what it had reported by then."""

    def __init__(self, message: str, so_far: bytes) -> None:
        super().__init__(message)
        self.so_far = so_far


def work_in(folder: str, seconds: float, work: Callable[[], Iterable[bytes]]) -> bytes:
    """Everything that ``work`` reports, after at most so many seconds; ``folder`` exists only for it and while it runs.

    Raises Late, and OperationFailed if the work fails or ends before it has reported anything.
    """
    lifeline_there, lifeline_here = os.pipe()
    report_here, report_there = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(lifeline_here)
        os.close(report_here)
        _guard(folder, seconds, work, lifeline_there, report_there)
    os.close(lifeline_there)
    os.close(report_there)
    try:
        report = _read(report_here)
    finally:
        os.close(lifeline_here)
        os.close(report_here)
        _pid, status = os.waitpid(guard, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _LATE:
        raise Late(f"It did not finish within {seconds:g} seconds.", report)
    if status:
        raise OperationFailed(
            f"The work in {folder} broke off: make sure that this user can create that folder, and try again."
        )
    return report


def _read(pipe: int) -> bytes:
    """Everything until no process can write into the pipe."""
    blocks = iter(lambda: os.read(pipe, _BLOCK), b"")
    return b"".join(blocks)


def _guard(folder: str, seconds: float, work: Callable[[], Iterable[bytes]], lifeline: int, report: int) -> NoReturn:
    """Act as the guard: nothing but the end of the module or of the work ends it."""
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.setsid()
        _leave_streams()
        os.mkdir(folder, 0o700)
        try:
            code = _supervise(seconds, work, lifeline, report)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(code)


def _supervise(seconds: float, work: Callable[[], Iterable[bytes]], lifeline: int, report: int) -> int:
    done_here, done_there = os.pipe()
    worker = os.fork()
    if worker == 0:
        _work(work, report)
    os.close(done_there)
    os.close(report)
    ready = select.select([lifeline, done_here], [], [], seconds)[0]
    for end in (os.killpg, os.kill):  # The worker may not lead its group yet.
        with suppress(ProcessLookupError):
            end(worker, signal.SIGKILL)
    _pid, status = os.waitpid(worker, 0)
    return int(status != 0) if ready else _LATE


def _work(work: Callable[[], Iterable[bytes]], report: int) -> NoReturn:
    """Act as the worker, with a group of its own for what it starts."""
    code = 1
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for piece in work():
            os.write(report, piece)
        code = 0  # The pipe closes with the process: closed before, it would let the guard end a worker that is done.
    finally:
        os._exit(code)


def _leave_streams() -> None:
    """Make sure that the reader of the module's output does not wait for the guard."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
