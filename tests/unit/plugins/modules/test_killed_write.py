# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``kill -9`` at every moment of a write at which the module touches the system: the old file or the new one, whole.

The module runs in a forked child, which kills itself at its n-th audit event (an open, a rename, a chmod, …), for every
n until it runs to its end.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.modules import (
    cluster_fallback_config,
    cluster_fallback_environment,
    cluster_fallback_node,
)
from tests.ansible.arguments import module_arguments

CONF = b"role = control_plane\npg_password = canary\n" + b"# padding\n" * 2_000
NODE_CONF = CONF + b"cluster_cert = /etc/kong/cluster.crt\ncluster_cert_key = /etc/kong/cluster.key\n"
SECRET = "secret-canary-5a0c9f"


def run_and_die_at(event: int, main: Any, arguments: dict[str, Any]) -> bool:
    """Run a module in a child that dies at this audit event; whether it got to its end before."""
    child = os.fork()
    if child == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            with module_arguments(arguments):
                _die_at(event)
                main()
        except SystemExit as end:
            os._exit(int(end.code or 0))
        finally:
            os._exit(99)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the module failed"
    return os.WIFEXITED(status)


def _die_at(event: int) -> None:
    seen = 0

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if name.startswith(("open", "os.", "shutil.", "tempfile.")):
            seen += 1
            if seen == event + 1:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def conf_arguments(path: Path) -> dict[str, Any]:
    return {
        "path": str(path),
        "node_role": "backup_node",
        "storage": "s3://kong-fallback/prod",
        "gateway_version": "3.11.0.14",
    }


def environment_arguments(path: Path) -> dict[str, Any]:
    return {
        "path": str(path),
        "region": "eu-west-1",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": SECRET,
    }


def node_arguments(path: Path) -> dict[str, Any]:
    return {
        "path": str(path),
        "gateway_version": "3.11.0.14",
        "check": False,
        "instance_role": True,
        "environment": {"path": str(path.with_name("fallback.env")), "region": "eu-west-1"},
        "settings": {"node_role": "backup_node", "storage": "s3://kong-fallback/prod"},
    }


@pytest.mark.parametrize(
    ("main", "arguments", "before"),
    [
        (cluster_fallback_config.main, conf_arguments, CONF),
        (cluster_fallback_environment.main, environment_arguments, b"KONG_PG_PASSWORD=canary\n"),
        (cluster_fallback_environment.main, environment_arguments, None),
        (cluster_fallback_node.main, node_arguments, NODE_CONF),
    ],
    ids=["kong.conf", "environment file", "new environment file", "the whole node"],
)
def test_a_killed_write_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, main: Any, arguments: Any, before: bytes | None
) -> None:
    path = tmp_path / "file"
    outcomes = []
    for event in range(2_000):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
            path.chmod(0o600)
        finished = run_and_die_at(
            event, main, {**arguments(path), "_ansible_tmpdir": str(tmp_path), "_ansible_remote_tmp": str(tmp_path)}
        )
        outcomes.append(path.read_bytes() if path.exists() else None)
        if path.exists():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        if finished:
            break
    assert finished, "the module never got to its end"
    after = outcomes[-1]
    assert after not in (before, None)
    assert set(outcomes) == {before, after}
    assert outcomes[0] == before
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in tmp_path.iterdir())
