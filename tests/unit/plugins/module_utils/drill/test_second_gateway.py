# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a second gateway, with shell scripts for gateways; the drill's integration test ends it in every way."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._drill.judgement import LOOPBACK, Request
from ansible_collections.kongops.fallback.plugins.module_utils._drill.second_gateway import (
    Start,
    clean_environment,
    free_ports,
    new_folder,
    owner_for,
    second_gateway,
    send,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from tests.waiting import until

# The pytest process may have threads; the module that forks has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Start]:
    """Makes what is to be started, as a shell script, in a folder below ``tmp_path``."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def of(script: str, **more: Any) -> Start:
        folder = new_folder()
        return Start(["/bin/sh", "-c", script], clean_environment(folder), folder, **more)

    return of


def test_it_runs_in_a_private_folder_with_a_copy_of_the_cache(start: Callable[..., Start], tmp_path: Path) -> None:
    cache = tmp_path / "data.mdb"
    cache.write_bytes(b"the cache of the host")
    nobody = pwd.getpwnam("nobody")
    owner = (nobody.pw_uid, nobody.pw_gid) if os.geteuid() == 0 else None
    what = start(
        "pwd; echo $HOME $TMPDIR $AWS_PROFILE; mkdir logs; echo log > logs/error.log", owner=owner, cache=str(cache)
    )

    with second_gateway(what) as gateway:
        assert until(lambda: gateway.exit_code is not None)
        folder = Path(what.folder)
        copy = folder / "dbless.lmdb/data.mdb"
        assert (gateway.exit_code, gateway.log) == (0, "log\n")
        assert gateway.said.splitlines() == [what.folder, f"{os.environ['HOME']} {what.folder}"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert copy.read_bytes() == b"the cache of the host"
        assert not owner or {each.stat().st_uid for each in (folder, copy.parent, copy)} == {nobody.pw_uid}

    assert not folder.exists()
    assert cache.read_bytes() == b"the cache of the host"


def test_an_error_on_the_way_ends_it_too(start: Callable[..., Start]) -> None:
    what = start("echo $$; exec sleep 600")
    with suppress(ZeroDivisionError), second_gateway(what) as gateway:
        pid = int(until(lambda: gateway.said))
        raise ZeroDivisionError

    assert not Path(f"/proc/{pid}").exists()
    assert not Path(what.folder).exists()


def test_what_cannot_be_started_is_named(start: Callable[..., Start]) -> None:
    what = start("", cache="/none/such/data.mdb")
    with second_gateway(what) as gateway, pytest.raises(OperationFailed, match="Cannot start a second gateway in"):
        until(lambda: gateway.exit_code)


def test_whoever_ends_the_guard_ends_the_drill(start: Callable[..., Start]) -> None:
    what = start("echo $PPID; exec sleep 600")
    with second_gateway(what) as gateway:
        os.kill(int(until(lambda: gateway.said)), signal.SIGTERM)
        with pytest.raises(OperationFailed, match="The drill was stopped"):
            until(lambda: gateway.exit_code)
        assert not Path(what.folder).exists()


def test_nobody_else_can_take_the_port_of_the_control_plane() -> None:
    with free_ports() as ports:
        assert len({ports.proxy, ports.status, ports.closed}) == 3
        assert send(ports.closed, Request(), 1).status == 0
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, ports.closed))


def test_the_folder_goes_to_the_user_of_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = pwd.getpwnam("nobody")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert owner_for("nobody nogroup") == (nobody.pw_uid, nobody.pw_gid)
    assert owner_for("none-such") is None
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert owner_for("nobody") is None
