# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that only this machine is on: a bridge, and for every host a namespace with a cable to it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

HERE = "10.203.7.1"
"""The address of this machine on the bridge."""

_BRIDGE = "kongfb"


@contextmanager
def network() -> Iterator[None]:
    """The bridge; what a killed run left under our names is removed first."""
    with _only_one():
        _remove()
        try:
            _ip("link", "add", _BRIDGE, "type", "bridge")
            _ip("address", "add", f"{HERE}/24", "dev", _BRIDGE)
            _ip("link", "set", _BRIDGE, "up")
            yield
        finally:
            _remove()


def namespace(host: str) -> str:
    """The network namespace of a host; the end of its cable on the bridge has the same name."""
    return f"{_BRIDGE}-{host}"


def connect(host: str, address: str) -> None:
    """Give a host its namespace, its cable and its address."""
    name = namespace(host)
    _ip("netns", "add", name)
    _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", name, "master", _BRIDGE, "up")
    _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    for device in ("eth0", "lo"):
        _ip("-n", name, "link", "set", device, "up")


def disconnect(host: str) -> None:
    """Take all of that away again."""
    name = namespace(host)
    _ip("link", "delete", name)
    _ip("netns", "delete", name)


def cut(host: str) -> None:
    """Pull the cable of a host."""
    _ip("link", "set", namespace(host), "down")


def reconnect(host: str) -> None:
    """Put it back, and let this machine forget that the host did not answer."""
    _ip("link", "set", namespace(host), "up")
    _ip("neighbour", "flush", "dev", _BRIDGE)


@contextmanager
def _only_one() -> Iterator[None]:
    """Names and addresses are for one run at a time; the kernel takes this one back from a run that was killed."""
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(f"\0{_BRIDGE}")
        except OSError:
            raise SystemExit("Another run has booted hosts of the tests on this machine: wait until it ends.") from None
        yield


def _remove() -> None:
    for name in (found["ifname"] for found in _list("link", "show")):
        if name == _BRIDGE or name.startswith(f"{_BRIDGE}-"):
            _ip("link", "delete", name)
    for name in (found["name"] for found in _list("netns", "list") if found["name"].startswith(f"{_BRIDGE}-")):
        for pid in _ip("netns", "pids", name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        _ip("netns", "delete", name)


def _list(*words: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(_ip("-json", *words) or "[]")
    return listed


def _ip(*words: str) -> str:
    finished = subprocess.run(["ip", *words], stdout=subprocess.PIPE, text=True, check=True)
    return finished.stdout
