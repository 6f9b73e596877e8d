# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups by name. systemd takes the one that it is started in for the whole machine: each host has its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PARENT = "kongfb"


@contextmanager
def control_groups(name: str) -> Iterator[list[Path]]:
    """An empty group of this name in each hierarchy that systemd cares for; gone at the end, with all that is in it."""
    groups = [hierarchy / f"{_PARENT}-{name}" for hierarchy in _hierarchies()]
    try:
        for group in groups:
            _remove(group)  # a killed run leaves it behind
            group.mkdir()
        yield groups
    finally:
        for group in groups:
            _remove(group)


def kill_host(groups: list[Path], launcher: int) -> None:
    """Kill all that runs on a host, and wait until ``launcher``, our child that booted it, has noticed and ended too.

    Killed the other way round the host would be an orphan, which not every first process of a machine buries.
    """
    while os.waitid(os.P_PID, launcher, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        for group in groups:
            for processes in group.glob("payload/**/cgroup.procs"):
                with suppress(FileNotFoundError, ProcessLookupError):
                    for pid in processes.read_text().split():
                        os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.05)


def _hierarchies() -> list[Path]:
    """The one hierarchy of today's systems, or the two of older ones."""
    root = Path("/sys/fs/cgroup")
    return [path for path in (root, root / "systemd", root / "unified") if (path / "cgroup.procs").exists()]


def _remove(group: Path) -> None:
    """Remove a group and its subgroups, as soon as the last process is gone."""
    for path in (*sorted(group.glob("**/"), reverse=True), group):
        deadline = time.monotonic() + 10
        while path.exists():
            try:
                path.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
