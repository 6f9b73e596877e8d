# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's process on its host: whether it runs, with what, and what it has cached."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence

from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_conf_file, read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import MARK
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import GatewayProcess
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import ALL_NAMES

_MOST_DIGITS = 10
"""Digits of a process id."""
_MARKED = MARK[len("KONG_") :].lower()
_MASTER = re.compile(r"nginx: master process .* -p (?P<prefix>.+?)(?: -c .*)?$", re.DOTALL)
_INNERMOST = re.compile(r"^NSpid:.*\s(\d+)$", re.MULTILINE)


def running_pid(prefix: str) -> int | None:
    """The process id of the gateway's master, None when it does not run.

    A number in the pid file proves nothing: that process may be gone and its number reused, and the file of
    a container has the number inside the container, usually 1. So the title of the process has to say that it is the
    master of this prefix (fact 2.13).
    """
    text = (read_regular(_pid_file(prefix)) or b"").strip()
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    pid = int(text)
    return pid if _is_master(pid, prefix) else _pid_in_container(pid, prefix)


def _is_master(pid: int, prefix: str) -> bool:
    """Whether the process is the master of a gateway in this prefix; a zombie no longer has a title."""
    title = (_of_process(pid, "cmdline") or "").partition("\0")[0]
    found = _MASTER.match(title)
    return found is not None and os.path.normpath(found.group("prefix")) == os.path.normpath(prefix)


def _pid_in_container(inner: int, prefix: str) -> int | None:
    """The host's number of the process that has the number ``inner`` in a container and this prefix."""
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if _is_master(pid, prefix) and _innermost(pid) == inner and _has_pid_file(pid, prefix):
            return pid
    return None


def _innermost(pid: int) -> int | None:
    """The number of a process in the innermost of its namespaces."""
    found = _INNERMOST.search(_of_process(pid, "status") or "")
    return int(found.group(1)) if found else None


def _has_pid_file(pid: int, prefix: str) -> bool:
    """Whether the process sees our pid file in its file system: another container may have the same prefix."""
    try:
        return os.path.samefile(f"/proc/{pid}/root{os.path.abspath(_pid_file(prefix))}", _pid_file(prefix))
    except OSError:
        return False


def parent_of(pid: int) -> int | None:
    """The parent of a process, or None."""
    status = _status(pid)
    return int(status[1]) if status else None


def _status(pid: int) -> list[str]:
    """State, parent and what follows them in proc(5); empty without such a process."""
    return (_of_process(pid, "stat") or "").rpartition(")")[2].split()


def _of_process(pid: int, name: str) -> str | None:
    """A file of proc(5), None without such a process."""
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def gateway_process(prefix: str, gateway: Effective, paths: Sequence[str]) -> GatewayProcess:
    """The gateway that runs in ``prefix``, compared with the settings and files that it would start with now; ``paths``
    are the files that it reads only when it starts."""
    started = _written_at(_pid_file(prefix))
    if running_pid(prefix) is None or started is None:
        return GatewayProcess(running=False)
    file = read_conf_file(os.path.join(prefix, ".kong_env"))
    running = read_conf(file or b"").settings
    environment_file = gateway.value(_MARKED)
    return GatewayProcess(
        running=True,
        older_than=tuple(path for path in paths if (_written_at(path) or 0) > started),
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
    written = _written_at(cache) if cache else None
    return None if written is None else max(0, int(time.time() - written))


def cache_file(prefix: str, gateway: Effective) -> str | None:
    """The file of the local configuration cache, None without one (fact 4.1)."""
    path = os.path.join(prefix, gateway.value("lmdb_environment_path"), "data.mdb")
    return path if os.path.exists(path) else None


def _written_at(path: str) -> float | None:
    """When a file was last written, in seconds since 1970; None without one."""
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return None


def _pid_file(prefix: str) -> str:
    return os.path.join(prefix, "pids", "nginx.pid")
