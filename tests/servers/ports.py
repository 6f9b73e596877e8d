# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free loopback ports."""

from __future__ import annotations

import os
import secrets
import socket

LOOPBACK = "127.0.0.1"

# A host keeps its ports while it is stopped, so each process of a test run chooses from a share of its own.
_PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_FOR_SERVERS = range(10_240, 32_768)[_PROCESS::_PROCESSES]
_given: set[int] = set()


def is_free(port: int) -> bool:
    """Whether a server may listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A free loopback port that this process has not been given before.

    It lies below those that the system gives to outgoing connections: one of these could take it before a server does.
    """
    while True:
        port = secrets.choice(_FOR_SERVERS)
        if port not in _given and is_free(port):
            _given.add(port)
            return port


def free_ports(count: int, highest: int = 65535, neighbour: int = 0) -> list[int]:
    """Different free ports up to ``highest``, each with ``port + neighbour`` free too (gRPC of SeaweedFS: 10000)."""
    found: list[int] = []
    while len(found) < count:
        port = free_port()
        if port <= highest and port not in found and is_free(port + neighbour):
            found.append(port)
    return found
