# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's master process: pid file, detaching, signals."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


class ProcessError(Exception):
    """A process could not be started, found or stopped."""


class Node(Protocol):
    """What a master process runs."""

    def start(self) -> None:
        """Bind every listener (OSError when that fails), then go to work."""

    def reload(self) -> None:
        """Take over the settings that were prepared since."""

    def stop(self) -> None:
        """Give every address back: the process ends."""


def running(prefix: Path) -> int | None:
    """The pid of the master at ``prefix``, or None.

    The master holds a lock on its pid file, so a pid file left behind by a crash never points at a stranger.
    """
    try:
        with open(_pid_file(prefix), "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def stop(prefix: Path, timeout: float = 20.0) -> None:
    """Stop the master at ``prefix`` and wait for its end, ``timeout`` seconds at most."""
    _signal(prefix, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while running(prefix):
        if time.monotonic() > deadline:
            raise ProcessError(f"the process at {prefix} did not stop within {timeout:.0f} s")
        time.sleep(0.02)


def reload(prefix: Path) -> None:
    """Have the master at ``prefix`` take over the prepared settings."""
    _signal(prefix, signal.SIGHUP)


def run(prefix: Path, make: Callable[[], Node]) -> None:
    """Be the master process, until a signal ends it."""
    _serve(prefix, make, lambda: None)


def daemonise(prefix: Path, make: Callable[[], Node]) -> None:
    """Start a master process, detached, and return when its listeners are bound; raises ProcessError when it fails."""
    receiver, sender = os.pipe()
    if os.fork() == 0:
        os.close(receiver)
        _detach()
        try:
            _serve(prefix, make, lambda: os.close(sender))
        except Exception as error:
            os.write(sender, (str(error) or type(error).__name__).encode())
            os._exit(1)
        os._exit(0)
    os.close(sender)
    with open(receiver, "rb") as pipe:
        failure = pipe.read().decode()
    if failure:
        raise ProcessError(failure)


def _serve(prefix: Path, make: Callable[[], Node], started: Callable[[], None]) -> None:
    _show_title(prefix)
    # threads inherit the mask, so that only the wait below sees these signals
    signal.pthread_sigmask(signal.SIG_BLOCK, {*_STOP_SIGNALS, signal.SIGHUP})
    pid_file = _pid_file(prefix)
    with open(os.open(pid_file, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProcessError(f"Kong is already running in {prefix}") from None
        try:
            node = make()
            node.start()
            file.truncate()
            file.write(f"{os.getpid()}\n".encode())
            file.flush()
            started()
            while signal.sigwait({*_STOP_SIGNALS, signal.SIGHUP}) == signal.SIGHUP:
                node.reload()
            node.stop()
        finally:
            pid_file.unlink()


def _show_title(prefix: Path) -> None:
    """Show nginx's title in ``/proc/<pid>/cmdline``, and nothing else in ``environ``, over which nginx writes it (facts
    2.12, 2.13)."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    first, end = (int(fields[number - 3]) for number in (48, 51))  # as proc(5) counts them
    title = f"nginx: master process /usr/local/openresty/nginx/sbin/nginx -p {prefix} -c nginx.conf".encode()
    kept = dict(os.environ)
    ctypes.memmove(first, title[: end - first - 1].ljust(end - first, b"\0"), end - first)
    os.environ.update(kept)


def _detach() -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _pid_file(prefix: Path) -> Path:
    return prefix / "pids" / "nginx.pid"


def _signal(prefix: Path, number: signal.Signals) -> None:
    pid = running(prefix)
    if pid is None:
        raise ProcessError(f"nginx not running in prefix: {prefix}")
    os.kill(pid, number)
