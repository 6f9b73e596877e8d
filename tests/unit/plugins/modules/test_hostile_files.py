# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option that names a file is given what is not one: one sentence in a moment, and everything stays as it was."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from tests.ansible import run_module
from tests.reliability.files import KEY, KINDS, NAMES, NODE, STORAGE, USES, WANTED, seen


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A kong.conf that is a file."""
    (tmp_path / "good.conf").write_text("role = data_plane\n")
    return str(tmp_path / "good.conf")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", USES)
def test_what_is_not_a_file_is_refused_in_one_sentence(use: str, kind: str, tmp_path: Path, good: str) -> None:
    module, options = USES[use]
    path = tmp_path / "x"
    KINDS[kind](path)
    before, started = seen(tmp_path), time.monotonic()
    answer = run_module(module, options(str(path), good))
    assert answer["failed"]
    assert kind in answer["msg"], answer["msg"]
    assert str(path) in answer["msg"]
    assert "Traceback" not in answer["printed"]
    assert "secret-canary" not in answer["printed"]
    assert time.monotonic() - started < 5
    assert seen(tmp_path) == before


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("name", "says"), NAMES.items())
def test_what_no_file_can_be_called_is_refused_in_one_sentence(
    use: str, name: str, says: str, tmp_path: Path, good: str
) -> None:
    module, options = USES[use]
    answer = run_module(module, options(str(tmp_path / name), good))
    assert answer["failed"]
    assert says in answer["msg"], answer["msg"]
    assert "Traceback" not in answer["printed"]


CONFS = ("kong.conf", "looked at", "kong.conf of a node", "of a drill")


@pytest.mark.parametrize("use", CONFS)
def test_a_kong_conf_with_too_many_lines_is_refused(use: str, tmp_path: Path, good: str) -> None:
    module, options = USES[use]
    (tmp_path / "x").write_bytes(b"a=1\n" * 200_001)
    answer = run_module(module, options(str(tmp_path / "x"), good))
    assert f"Cannot use {tmp_path}/x: it has more than 200000 lines, which no kong.conf has" in answer["msg"]


FAULTS = {
    errno.ENOSPC: "make room on its file system",
    errno.EDQUOT: "raise the quota of this user, or make room",
    errno.EROFS: "mount its file system for writing, or give a path on another one",
    errno.EIO: "look for its disk in the kernel log",
    errno.EBUSY: "give the path of a file that is not a mount point itself, as in a container",
}
CALLS = ("rename", "fsync")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("number", FAULTS)
@pytest.mark.parametrize("use", ["kong.conf", "environment file"])
def test_a_write_that_fails_names_its_cause_and_leaves_nothing(
    use: str, number: int, call: str, tmp_path: Path, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, options = USES[use]
    (tmp_path / "x").write_text("role=data_plane\ndatabase=off\ncluster_cert=c\ncluster_cert_key=k\n")
    before = seen(tmp_path)

    def fails(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fails)
    answer = run_module(module, options(str(tmp_path / "x"), good))
    assert answer["msg"].startswith("Cannot write ")
    assert f"({os.strerror(number)}): {FAULTS[number]}." in answer["msg"]
    assert "Traceback" not in answer["printed"]
    assert seen(tmp_path) == before


NAMED = (
    "cluster_cert",
    "cluster_cert_key",
    "lua_ssl_trusted_certificate",
    "lmdb_environment_path",
    "prefix",
    "proxy_error_log",
)
LOOKS = ("looked at", "kong.conf of a node", "environment to be")


@pytest.mark.parametrize("use", LOOKS)
@pytest.mark.parametrize("setting", NAMED)
@pytest.mark.parametrize("holds", ["a named pipe", "no name"])
def test_what_kong_conf_names_is_not_waited_for(holds: str, setting: str, use: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    settings = {
        "role": "data_plane",
        "database": "off",
        "cluster_cert": __file__,
        "cluster_cert_key": __file__,
        "cluster_fallback_config_import": "on",
        "cluster_fallback_config_storage": STORAGE["storage"],
        "prefix": str(tmp_path),
        setting: str(pipe) if holds == "a named pipe" else "x\0y",
    }
    conf = tmp_path / "kong.conf"
    conf.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    module, options = USES[use]
    started = time.monotonic()
    answer = run_module(module, {**options(str(conf), str(conf)), "kong_command": "/bin/true"})
    assert "Traceback" not in answer["printed"]
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("module", ["cluster_fallback_environment", "cluster_fallback_node"])
def test_a_service_that_is_a_path_does_not_leave_the_directory(module: str, tmp_path: Path, good: str) -> None:
    environment = {"path": f"{good}.env", **KEY, "service": "../../x", "systemd_directory": str(tmp_path / "a" / "b")}
    of_node = {"path": good, "environment": environment, "settings": WANTED, **NODE}
    answer = run_module(module, of_node if module == "cluster_fallback_node" else environment)
    assert "service is '../../x': give the name of a systemd unit, such as kong.service." in answer["msg"]
    assert [path.name for path in tmp_path.iterdir()] == ["good.conf"]
