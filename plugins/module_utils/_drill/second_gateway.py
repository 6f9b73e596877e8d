# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second gateway that leaves nothing behind, however the drill ends.

A guard, which is a process of its own, creates the folder, starts the gateway and holds one end of a pipe. When the
module ends, even by SIGKILL, the pipe closes, and the guard ends every process that came from the gateway and removes
the folder. There is no other way to clean up.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from ansible_collections.kongops.fallback.plugins.module_utils._disk import regular_file
from ansible_collections.kongops.fallback.plugins.module_utils._drill.judgement import CACHE, LOOPBACK, Ports, Request
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer
from ansible_collections.kongops.fallback.plugins.module_utils._node.status_listener import ask

_PR_SET_CHILD_SUBREAPER = 36
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_PATIENCE = 5.0
"""Seconds that the gateway has to end before it is killed."""
_TICK = 0.1
_SAID = "drill.out"
_LONGEST = 10_000_000
"""How much of the gateway's output is read, in bytes."""


@dataclass(frozen=True)
class Start:
    """What to start: ``owner`` is the user and group that the folder is given to (None: the user who runs the drill),
    ``cache`` a file whose copy is the cache to begin with (None: an empty one)."""

    command: list[str]
    environment: Mapping[str, str]
    folder: str
    owner: tuple[int, int] | None = None
    cache: str | None = None


class SecondGateway:
    """The gateway as the module sees it."""

    def __init__(self, folder: str, report: int) -> None:
        self._folder = folder
        self._report = report
        self._exit_code: int | None = None

    @property
    def exit_code(self) -> int | None:
        """The exit status of the ``kong`` command, None while it runs; raises OperationFailed if it could not be
        started or the guard is gone."""
        if select.select([self._report], [], [], 0)[0]:
            heard = os.read(self._report, 10_000)
            if not heard:
                raise OperationFailed("The drill was stopped on the host: run it again.")
            told = json.loads(heard.splitlines()[-1])
            if "failure" in told:
                raise OperationFailed(
                    f"Cannot start a second gateway in {self._folder} ({told['failure']}): fix that, and drill again."
                )
            self._exit_code = told["exit_code"]
        return self._exit_code

    @property
    def said(self) -> str:
        """What the ``kong`` command printed."""
        return self._text(_SAID)

    @property
    def log(self) -> str:
        """Its error.log."""
        return self._text("logs/error.log")

    def _text(self, name: str) -> str:
        try:
            with regular_file(os.path.join(self._folder, name)) as file:
                return file.read(_LONGEST).decode("utf-8", "replace")
        except (OSError, OperationFailed):
            return ""


def new_folder() -> str:
    """The path of an unused folder: short, because the gateway puts sockets into it."""
    return os.path.join(tempfile.gettempdir(), f"kong-drill-{uuid.uuid4().hex[:12]}")


def clean_environment(folder: str) -> dict[str, str]:
    """The environment of a service before its own files are read: nothing from the user who runs the drill."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "TMPDIR": folder}


def owner_for(nginx_user: str) -> tuple[int, int] | None:
    """Who has to own the folder: root gives the workers of nginx to another user, by default kong (fact 2.7)."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam((nginx_user or "kong").split()[0])
    except KeyError:
        return None
    return user.pw_uid, user.pw_gid


@contextmanager
def free_ports() -> Iterator[Ports]:
    """Two free ports, and a third that is held so that nothing answers there while the context lasts."""
    with socket.socket() as closed, socket.socket() as proxy, socket.socket() as status:
        taken = []
        for each in (closed, proxy, status):
            each.bind((LOOPBACK, 0))
            taken.append(int(each.getsockname()[1]))
        proxy.close()
        status.close()
        yield Ports(closed=taken[0], proxy=taken[1], status=taken[2])


@contextmanager
def second_gateway(start: Start) -> Iterator[SecondGateway]:
    """A gateway that runs in a folder of its own; both are gone afterwards."""
    lifeline_there, lifeline_here = os.pipe()
    report_here, report_there = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(lifeline_here)
        os.close(report_here)
        _guard(start, lifeline_there, report_there)
    os.close(lifeline_there)
    os.close(report_there)
    try:
        yield SecondGateway(start.folder, report_here)
    finally:
        os.close(lifeline_here)
        _await_end(report_here)
        os.close(report_here)
        os.waitpid(guard, 0)


def _await_end(report: int) -> None:
    """Read the rest of what the guard reports: it closes the pipe when it is done."""
    while os.read(report, 10_000):
        pass


def output_is_read() -> bool:
    """Whether a reader is still waiting for the output of this process; false after Ctrl-C or a broken connection."""
    poll = select.poll()
    poll.register(1, 0)
    return not any(event & (select.POLLERR | select.POLLHUP) for _stream, event in poll.poll(0))


def send(port: int, request: Request, timeout: float) -> Answer:
    """Send a request to the gateway on this port."""
    headers = {"Host": request.host} if request.host else {}
    return ask(f"http://{LOOPBACK}:{port}{request.path}", request.method, headers, timeout)


def _guard(start: Start, lifeline: int, report: int) -> NoReturn:
    """Act as the guard. A signal that ends the guard ends the drill."""
    ended: list[int] = []
    try:
        for number in _ENDING:
            signal.signal(number, lambda number, frame: ended.append(number))
        os.setsid()
        _adopt_orphans()
        _leave_streams()
        os.mkdir(start.folder, 0o700)
        try:
            _watch(_started(start), lifeline, report, ended)
        finally:
            _end_descendants()
            shutil.rmtree(start.folder, ignore_errors=True)
    except Exception as error:
        _tell(report, failure=getattr(error, "strerror", None) or str(error))
    finally:
        os._exit(0)


def _adopt_orphans() -> None:
    """Adopt processes that detach themselves from the gateway, so that we can find them."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _leave_streams() -> None:
    """Let go of the module's output, so that its reader need not wait for the guard."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _started(start: Start) -> subprocess.Popen[bytes]:
    made = [start.folder]
    if start.cache:
        made += [os.path.join(start.folder, CACHE), os.path.join(start.folder, CACHE, os.path.basename(start.cache))]
        os.mkdir(made[1], 0o700)
        with regular_file(start.cache) as cache, open(made[2], "xb") as copy:
            shutil.copyfileobj(cache, copy)
    if start.owner:
        for path in made:
            os.chown(path, *start.owner)
    with open(os.path.join(start.folder, _SAID), "wb") as output:
        return subprocess.Popen(
            start.command,
            env=dict(start.environment),
            cwd=start.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _watch(gateway: subprocess.Popen[bytes], lifeline: int, report: int, ended: list[int]) -> None:
    """Report once how the gateway ended, and wait until the module closes the pipe or a signal ends the guard."""
    told = False
    while not ended and not select.select([lifeline], [], [], _TICK)[0]:
        if not told and gateway.poll() is not None:
            _tell(report, exit_code=gateway.returncode)
            told = True


def _tell(report: int, **what: Any) -> None:
    with suppress(OSError):
        os.write(report, json.dumps(what).encode() + b"\n")


def _end_descendants() -> None:
    """End everything that came from the gateway, gently at first."""
    deadline = time.monotonic() + _PATIENCE
    while left := _descendants():
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(_TICK)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass


def _descendants() -> set[int]:
    """The children of this process, their children, and so on, without those that are dead already."""
    parents = dict(filter(None, map(_parent, filter(str.isdigit, os.listdir("/proc")))))
    found: set[int] = set()
    generation = {os.getpid()}
    while generation:
        generation = {pid for pid, parent in parents.items() if parent in generation}
        found |= generation
    return found


def _parent(pid: str) -> tuple[int, int] | None:
    """A process with its parent; None for one that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else (int(pid), int(parent))
