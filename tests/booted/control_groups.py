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

from tests.booted.network import namespace


@contextmanager
def control_groups(name: str) -> Iterator[list[Path]]:
    """An empty group of this name in each hierarchy that systemd cares for; gone at the end, with all that is in it."""
    groups = _groups(name)
    try:
        for group in groups:
            _remove(group)  # a killed run leaves it behind
            group.mkdir()
        yield groups
    finally:
        for group in groups:
            _remove(group)


def processes(name: str, below: str = "**") -> set[int]:
    """What runs on the host that booted in these groups."""
    found: set[int] = set()
    for group in _groups(name):
        for file in group.glob(f"payload/{below}/cgroup.procs"):
            with suppress(OSError):  # the group has just ended
                found.update(map(int, file.read_text().split()))
    return found


def kill_host(name: str, launcher: int) -> None:
    """Kill all that runs on a host, and wait until ``launcher``, our child that booted it, has noticed and ended too.

    Killed the other way round the host would be an orphan, which not every first process of a machine buries.
    """
    while os.waitid(os.P_PID, launcher, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        for pid in processes(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _groups(name: str) -> list[Path]:
    """The group in the one hierarchy of today's systems, or in the two of older ones."""
    root = Path("/sys/fs/cgroup")
    hierarchies = [path for path in (root, root / "systemd", root / "unified") if (path / "cgroup.procs").exists()]
    return [hierarchy / namespace(name) for hierarchy in hierarchies]


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
