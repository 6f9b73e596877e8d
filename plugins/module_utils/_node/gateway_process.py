# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's process on its host: whether it runs, with what, and what it has cached."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import MARK
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import read_file
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import GatewayProcess
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import ALL_NAMES

_MARKED = MARK[len("KONG_") :].lower()


def running_pid(prefix: str) -> int | None:
    """The process id of the gateway's master, None when it does not run."""
    text = (read_file(_pid_file(prefix)) or b"").strip()
    return int(text) if text.isdigit() and _is_alive(int(text)) else None


def _is_alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie, which a container without an init never reaps."""
    return _status(pid)[:1] not in ([], ["Z"])


def parent_of(pid: int) -> int | None:
    """The parent of a process, None when there is no such process."""
    status = _status(pid)
    return int(status[1]) if status else None


def _status(pid: int) -> list[str]:
    """State, parent and what follows them in proc(5); empty without such a process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def gateway_process(prefix: str, gateway: Effective, paths: Sequence[str]) -> GatewayProcess:
    """The gateway that runs in ``prefix``, held against the settings and files that it would start with now; ``paths``
    are the files that it reads only when it starts."""
    if running_pid(prefix) is None:
        return GatewayProcess(running=False)
    started = os.stat(_pid_file(prefix)).st_mtime
    file = read_file(os.path.join(prefix, ".kong_env"))
    running = read_conf(file or b"").settings
    environment_file = gateway.value(_MARKED)
    return GatewayProcess(
        running=True,
        older_than=tuple(path for path in paths if os.path.exists(path) and os.stat(path).st_mtime > started),
        differing=tuple(name for name in ALL_NAMES if name in running and running[name] != gateway.value(name)),
        unread=environment_file if file and running.get(_MARKED) != environment_file else "",
        configuration_age=_cache_age(prefix, gateway),
    )


def cache_bytes(prefix: str, gateway: Effective) -> int:
    """The size of the local configuration cache, 0 without one (fact 4.1)."""
    cache = cache_file(prefix, gateway)
    return os.path.getsize(cache) if cache else 0


def _cache_age(prefix: str, gateway: Effective) -> int | None:
    """Seconds since the cache was last written, None without one."""
    cache = cache_file(prefix, gateway)
    return max(0, int(time.time() - os.stat(cache).st_mtime)) if cache else None


def cache_file(prefix: str, gateway: Effective) -> str | None:
    """The file of the local configuration cache, None without one (fact 4.1)."""
    path = os.path.join(prefix, gateway.value("lmdb_environment_path"), "data.mdb")
    return path if os.path.exists(path) else None


def _pid_file(prefix: str) -> str:
    return os.path.join(prefix, "pids", "nginx.pid")
