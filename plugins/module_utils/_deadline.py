# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time limit of a module: for names that do not resolve, servers that trickle, commands that hang.

An alarm interrupts the work with an exception, so that everything is cleaned up. Python sees an alarm
only between two of its own steps; if the work is stuck in a system call, as a resolver may be, a thread reports the
same sentence a little later and ends the process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed

TIME_ARGUMENTS: dict[str, dict[str, Any]] = {"timeout": {"type": "int", "default": 120}}
"""The argument spec of the documentation fragment ``time``."""

REQUEST_ARGUMENTS: dict[str, dict[str, Any]] = {**TIME_ARGUMENTS, "request_timeout": {"type": "int", "default": 30}}
"""The argument spec of the documentation fragment ``time.requests``."""

T = TypeVar("T")

_GRACE = 3
"""Seconds that the clean-up has before the process ends without it."""
_FOREVER = 10**8
"""Seconds that every timer can hold."""
_PAUSE = 2
"""Seconds between two looks while waiting."""


class _TimeIsUp(BaseException):
    """The alarm. Not an ``Exception``, because libraries catch those, and try again."""

    def __init__(self) -> None:
        super().__init__()
        self.doing: str | None = None


def in_time(module: Any, run: Callable[[Any], T], seconds: float | None = None) -> T:
    """What ``run(module)`` returns, within so many seconds, by default those of the option ``timeout``.

    Raises OperationFailed when they are over, InvalidInput for an option that is not a time, and what ``run`` raises.
    """
    for option in REQUEST_ARGUMENTS:
        if module.params.get(option) is not None and module.params[option] < 1:
            raise InvalidInput(f"{option} is {module.params[option]}: give a number of seconds, 1 or more.")
    if (module.params.get("wait_timeout") or 0) < 0:
        raise InvalidInput(f"wait_timeout is {module.params['wait_timeout']}: give a number of seconds, 0 or more.")
    patience = min(seconds or module.params["timeout"], _FOREVER)
    guard = threading.Timer(patience + _GRACE, _give_up, (module, patience))
    guard.daemon = True
    guard.start()
    try:
        with _alarm(patience):
            return run(module)
    except _TimeIsUp as alarm:
        raise OperationFailed(_sentence(alarm.doing, patience)) from None
    finally:
        guard.cancel()


def finish(module: Any, run: Callable[[Any], dict[str, Any]], seconds: float | None = None) -> None:
    """End the module with what ``run(module)`` returns within its time, as of :func:`in_time`, or with why it failed.

    A result with ``failed`` is a failure that also returns everything else.
    """
    try:
        result = in_time(module, run, seconds)
    except (InvalidInput, OperationFailed) as error:
        result = {"failed": True, "msg": str(error)}
    (module.fail_json if result.get("failed") else module.exit_json)(**result)


@contextmanager
def at_most(seconds: float, what: str) -> Iterator[None]:
    """Raise OperationFailed if the work inside takes longer; ``what`` completes "Could not …"."""
    try:
        with _alarm(seconds):
            yield
    except _TimeIsUp:
        raise OperationFailed(_sentence(what, seconds)) from None


def last_look(look: Callable[[], T], is_done: Callable[[T], bool], seconds: float) -> T:
    """The first look that ``is_done``, or the last one if none is within so many seconds, however long each takes."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if is_done(seen) or time.monotonic() + _PAUSE > end:
            return seen
        time.sleep(_PAUSE)


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Ends what stands in it after so many seconds; ``what`` completes "Could not …". For the main thread only.

    Raises OperationFailed when they are over.
    """
    try:
        with _alarm(min(seconds, _FOREVER)):
            yield
    except _TimeIsUp:
        raise OperationFailed(_sentence(what, seconds)) from None


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Have the sentence about a deadline say what the module was doing; ``what`` completes "Could not …"."""
    try:
        yield
    except _TimeIsUp as alarm:
        alarm.doing = alarm.doing or what
        raise


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    previous = signal.signal(signal.SIGALRM, _ring)
    earlier, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, earlier, interval)
        signal.signal(signal.SIGALRM, previous)


def _ring(number: int, frame: Any) -> NoReturn:
    raise _TimeIsUp


def _give_up(module: Any, seconds: float) -> NoReturn:
    """Fail on behalf of work that an alarm cannot interrupt."""
    with suppress(BaseException):
        module.fail_json(msg=_sentence(None, seconds))
    with suppress(BaseException):
        sys.stdout.flush()
    os._exit(1)


def _sentence(doing: str | None, seconds: float) -> str:
    what = f"Could not {doing}" if doing else "The module did not finish"
    return f"{what} within {seconds:g} seconds: find out what blocks it, or raise timeout."
