# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may stand where an option names a file, and the options that name one."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

VERSION = "3.11.0.3"
STORAGE = {"storage": "s3://fallback/prod"}
WANTED = {"node_role": "data_plane", **STORAGE}
KEY = {"region": "eu-central-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "secret-canary"}
NODE = {"gateway_version": VERSION, "kong_command": "/nonexistent/kong"}
STORE = {
    "access_key": "AKIAIOSFODNN7EXAMPLE",
    "secret_key": "wJalrXUtnFEMI",
    "region": "eu-central-1",
    "endpoint_url": "http://127.0.0.1:9",
}


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def long_file(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(600 * 2**20)


def device(path: Path) -> None:
    """A null device, of its own where this user may create one: an earlier version replaced it."""
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        path.symlink_to(os.devnull)


KINDS: dict[str, Callable[[Path], object]] = {
    "it is a named pipe": os.mkfifo,
    "it is a directory": Path.mkdir,
    "it is a socket": socket_at,
    "it is a device": device,
    "it has more than": long_file,
    "which form a loop": lambda path: path.symlink_to(path),
}
USES: dict[str, tuple[str, Callable[[str, str], dict[str, Any]]]] = {
    "kong.conf": ("cluster_fallback_config", lambda path, _good: {"path": path, **WANTED, **NODE}),
    "looked at": ("cluster_fallback_config_info", lambda path, _good: {"path": path, **NODE}),
    "environment file": ("cluster_fallback_environment", lambda path, _good: {"path": path, **KEY}),
    "one of the environment files": (
        "cluster_fallback_config_info",
        lambda path, good: {"path": good, "environment_files": [path], **NODE},
    ),
    "kong.conf of a node": (
        "cluster_fallback_node",
        lambda path, good: {"path": path, "environment": {"path": f"{good}.env", **KEY}, "settings": WANTED, **NODE},
    ),
    "environment of a node": (
        "cluster_fallback_node",
        lambda path, good: {"path": good, "environment": {"path": path, **KEY}, "settings": WANTED, **NODE},
    ),
    "environment to be": (
        "snapshot_import_info",
        lambda path, good: {"path": good, **STORAGE, "environment": {"path": path, **KEY}, **NODE},
    ),
    "of a drill": ("outage_drill", lambda path, _good: {"path": path, **NODE}),
    "source": ("config_snapshot", lambda path, _good: {"src": path, "gateway_version": VERSION, **STORAGE, **STORE}),
    "secret": (
        "storage_credentials_info",
        lambda path, _good: {"secret_store": {"type": "file", "name": path}, **STORE},
    ),
}


def seen(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Everything in the directory, by what would show a change."""
    found = {path.name: path.lstat() for path in directory.iterdir()}
    return {name: (each.st_mode, each.st_ino, each.st_size) for name, each in found.items()}


NAMES = {"x\0y": "no file can have that name", "k" * 300: "give a shorter path"}
"""What no file can be called, and a part of the sentence that says so."""
