# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that renews the lease of a job for as long as the job lives.

No task can do that: a lease that is shorter than the longest task would be lost during it, and a longer one would lock
out other jobs long after this one was killed.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

_FIRST_OWN_DESCRIPTOR = 3
_MOST_DESCRIPTORS = 1024


def detach(work: Callable[[], None]) -> None:
    """Do the work in a process of its own, which outlives this one and holds none of its files."""
    if os.fork():
        return
    try:
        os.setsid()
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for standard in range(_FIRST_OWN_DESCRIPTOR):
            os.dup2(null, standard)
        os.closerange(_FIRST_OWN_DESCRIPTOR, _MOST_DESCRIPTORS)
        work()
    finally:
        os._exit(0)


def keep(
    process: int, removed_at_end: Path, renew: Callable[[], bool], release: Callable[[], object], every: float
) -> None:
    """Renew every so many seconds until the process ends or ``renew`` reports that the lock is gone; then release it.

    A process that was killed leaves its directory. Parts of its work may still run, so its lease has to expire.
    """
    has_ended = _watch(process)
    while not has_ended(every):
        if not renew():
            return
    if not removed_at_end.exists():
        release()


def _watch(process: int) -> Callable[[float], bool]:
    """A function that waits for a process to end, for so many seconds at most, and returns whether it did."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return lambda seconds: True
    except (AttributeError, OSError):  # not on Linux, or on an old one
        return lambda seconds: _is_gone(process, seconds)
    # The descriptor shows its end even if nothing collects its exit code.
    return lambda seconds: bool(select.select([descriptor], [], [], seconds)[0])


def _is_gone(process: int, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(min(1.0, within / 10))
    return False
