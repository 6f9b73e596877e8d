# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of the trend: jobs append lines, and the oldest lines are dropped."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.kongops.fallback.plugins.module_utils._disk import MEBIBYTE, cannot, place_of, replace_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed

_MOST_BYTES = 8 * MEBIBYTE
"""As much is read from its end, whatever has written the file."""


def read_trend(path: str) -> str:
    """The text of the file, empty if it does not exist; raises OperationFailed."""
    try:
        with open(place_of(path), "rb") as file:
            return _text(file.fileno())
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise cannot(f"read {path}", error) from None


def add_to_trend(path: str, lines: str, keep: int) -> str:
    """Add lines to the file, keep the last ``keep``, and return its text; raises OperationFailed.

    Others may add lines at the same time. A line that was torn, as by a full disk, stays a line by itself.
    """
    try:
        place = place_of(path)
        with _locked(place) as file:
            text = _text(file)
            added = lines if not text or text.endswith("\n") else f"\n{lines}"
            whole = (text + added).split("\n")[:-1]
            kept = "".join(f"{line}\n" for line in whole[-keep:])
            if len(whole) > keep:
                replace_regular(place, kept.encode(), stat.S_IMODE(os.fstat(file).st_mode))
            else:
                _append(file, added.encode())
            return kept
    except OSError as error:
        raise cannot(f"write {path}", error) from None


@contextmanager
def _locked(place: str) -> Iterator[int]:
    """The file, locked against other jobs of this kind."""
    while True:
        file = os.open(place, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Another job may have replaced it while this one waited.
            if os.path.exists(place) and os.path.samestat(os.fstat(file), os.stat(place)):
                yield file
                return
        finally:
            os.close(file)


def _text(file: int) -> str:
    size = os.fstat(file).st_size
    data = os.pread(file, _MOST_BYTES, max(0, size - _MOST_BYTES))
    return data.decode("utf-8", "replace")


def _append(file: int, data: bytes) -> None:
    if os.write(file, data) < len(data):
        raise OperationFailed("The disk of the report directory is full: make room on its file system.")
