# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what happens elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NeverTrue(AssertionError):
    """What was waited for did not happen in time."""


def until(true: Callable[[], T], seconds: float = 10.0) -> T:
    """The first true value of ``true()``; raises NeverTrue after so many seconds without one."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > deadline:
            raise NeverTrue(f"Not true within {seconds:.0f} s: the last value was {value!r}.")
        time.sleep(0.02)
    return value
