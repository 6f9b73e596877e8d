# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.ports import LOOPBACK
from tests.servers.process import is_running
from tests.unit.stand_in.hosts import Host, ask, configuration
from tests.waiting import until

MakeHost = Callable[..., Host]


def test_version(hosts: MakeHost) -> None:
    assert hosts().run("version").stdout == "Kong Enterprise 3.11.0.14\n"
    assert hosts(version="3.9.1", edition="open source").run("version").stdout == "3.9.1\n"


def test_the_installer_is_a_command_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.stand_in.install", str(tmp_path), "--version", "3.10.0.15"]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).resolve().parents[3])
    assert stat.S_IMODE((tmp_path / "kong").stat().st_mode) == 0o755
    version = subprocess.run([tmp_path / "kong", "version"], check=True, capture_output=True, cwd="/")
    assert version.stdout == b"Kong Enterprise 3.10.0.15\n"


def test_check_accepts(hosts: MakeHost) -> None:
    host = hosts().control_plane()
    done = host.run("check", str(host.conf))
    assert (done.returncode, done.stdout) == (0, f"configuration at {host.conf} is valid\n")


def test_check_names_every_error_and_counts_the_environment(hosts: MakeHost) -> None:
    host = hosts().control_plane(cluster_fallback_config_import="on")
    done = host.run("check", str(host.conf), KONG_DATABASE="off")
    assert done.returncode == 1
    assert "in-memory storage can not be used" in done.stderr
    assert "cluster_fallback_config_storage must be specified" in done.stderr
    assert host.run("check", "/no/such/file").returncode == 1


def test_check_says_nothing_about_ignored_lines(hosts: MakeHost) -> None:
    host = hosts().control_plane()
    host.conf.write_text(host.conf.read_text() + "cluster_fallback_config: on\nunknown = x\n[s]\nrole = nonsense\n")
    assert host.run("check", str(host.conf)).returncode == 0


def test_start_and_stop(hosts: MakeHost) -> None:
    host = hosts().control_plane()
    began = time.monotonic()
    host.start()
    assert time.monotonic() - began < 1.0
    assert ask(host.admin, "/").json["version"] == "3.11.0.14"
    assert host.run("health", "-p", str(host.prefix)).returncode == 0
    pid = host.pid
    host.stop()
    until(lambda: not is_running(pid))
    assert not (host.prefix / "pids" / "nginx.pid").exists()
    assert host.run("health", "-p", str(host.prefix)).returncode == 1
    assert host.run("stop", "-p", str(host.prefix)).returncode == 1


def test_start_does_not_start_twice(hosts: MakeHost) -> None:
    host = hosts().control_plane().start()
    done = host.run("start", "-c", str(host.conf))
    assert done.returncode == 1
    assert f"Kong is already running in {host.prefix}" in done.stderr


def test_a_pid_file_left_by_a_crash_points_at_nobody(hosts: MakeHost) -> None:
    host = hosts().control_plane().start()
    os.kill(host.pid, signal.SIGKILL)
    until(lambda: host.run("health", "-p", str(host.prefix)).returncode == 1)
    (host.prefix / "pids" / "nginx.pid").write_text(f"{os.getpid()}\n")
    assert host.run("stop", "-p", str(host.prefix)).returncode == 1
    host.start().stop()


def test_start_fails_when_an_address_is_taken(hosts: MakeHost) -> None:
    host = hosts().control_plane()
    with socket.create_server((LOOPBACK, host.admin)):
        done = host.run("start", "-c", str(host.conf))
    assert done.returncode == 1
    assert f"bind() to {LOOPBACK}:{host.admin} failed (98: Address already in use)" in done.stderr
    host.start()


def test_start_fails_without_a_listener_for_an_unresolvable_reference(hosts: MakeHost) -> None:
    host = hosts().data_plane(1, cluster_cert="{vault://env/cluster-cert}")
    done = host.run("start", "-c", str(host.conf))
    assert done.returncode == 1
    assert "failed to dereference '{vault://env/cluster-cert}'" in done.stderr
    assert not (host.prefix / "pids").exists()


def test_the_prefix_comes_from_the_file_the_environment_or_the_command_line(hosts: MakeHost) -> None:
    host = hosts().control_plane()
    host.run("prepare", "-c", str(host.conf), KONG_PREFIX=str(host.root / "environment"))
    host.run("prepare", "-c", str(host.conf), "-p", str(host.root / "argument"))
    assert (host.root / "environment" / ".kong_env").exists()
    assert (host.root / "argument" / ".kong_env").exists()
    assert not host.prefix.exists()


def test_what_the_prefix_holds_is_private(hosts: MakeHost) -> None:
    host = hosts().control_plane(pg_password="long-and-secret\\#1").start()
    assert "long-and-secret" in (host.prefix / ".kong_env").read_text()
    assert "long-and-secret" not in host.log
    for name in (".kong_env", "stand-in-database.json", "logs/error.log"):
        assert not (host.prefix / name).stat().st_mode & 0o007, name


def test_a_bare_reload_reads_the_prepared_settings_not_the_edited_file(hosts: MakeHost) -> None:
    host = hosts().data_plane(1).start()
    host.write(declarative_config=str(host.root / "kong.yml"))
    (host.root / "kong.yml").write_text("_format_version: '3.0'\nservices: [{name: s, host: h}]\n")
    pid = host.pid
    assert host.run("reload", "-p", str(host.prefix)).returncode == 0
    until(lambda: host.log.count(" started as data_plane") == 2)
    assert host.ready().status == 503
    assert host.run("prepare", "-c", str(host.conf)).returncode == 0
    assert host.run("reload", "-p", str(host.prefix)).returncode == 0
    until(lambda: host.log.count(" started as data_plane") == 3)
    assert host.ready().status == 200
    assert host.pid == pid


def test_reload_with_a_file_takes_it_over_and_refuses_a_bad_one(hosts: MakeHost) -> None:
    host = hosts().control_plane().start()
    before = host.admin
    host.admin = host.proxy
    host.control_plane(admin_listen=f"{LOOPBACK}:{host.admin}", role="nonsense")
    assert host.run("reload", "-c", str(host.conf)).returncode == 1
    assert ask(before, "/").status == 200
    host.control_plane()
    assert host.run("reload", "-c", str(host.conf)).returncode == 0
    until(lambda: host.log.count(" started as control_plane") == 2)
    assert ask(host.admin, "/").status == 200


def test_restart_takes_over_the_file_and_refuses_a_bad_one_while_the_node_runs(hosts: MakeHost) -> None:
    host = hosts().control_plane().start()
    pid = host.pid
    host.control_plane(role="nonsense")
    assert host.run("restart", "-c", str(host.conf)).returncode == 1
    assert host.pid == pid
    host.control_plane()
    assert host.run("restart", "-c", str(host.conf)).returncode == 0
    assert host.pid != pid
    until(lambda: not is_running(pid))


def test_in_the_foreground_it_ends_with_the_signal(hosts: MakeHost) -> None:
    host = hosts().control_plane(nginx_daemon="off")
    process = subprocess.Popen(
        [host.kong, "start", "-c", host.conf], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: "started as control_plane" in host.log)
        assert host.pid == process.pid
        assert host.run("health", "-p", str(host.prefix)).returncode == 0
    finally:
        process.send_signal(signal.SIGQUIT)
        _output, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "started as control_plane" in errors


def test_the_daemon_holds_none_of_the_callers_streams(hosts: MakeHost) -> None:
    host = hosts().control_plane().start()
    streams = {os.readlink(f"/proc/{host.pid}/fd/{number}") for number in (0, 1, 2)}
    assert streams == {"/dev/null"}
    assert os.getsid(host.pid) == host.pid


@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_a_declarative_file_is_served_and_a_bad_one_stops_the_start(hosts: MakeHost, suffix: str) -> None:
    host = hosts().write(role="traditional", database="off")
    path = host.root / f"kong.{suffix}"
    host.write(declarative_config=str(path))
    path.write_text(json.dumps(configuration()))
    host.start()
    assert host.answers()
    host.stop()
    path.write_text(json.dumps(configuration(services=[{"name": "s"}])))
    done = host.run("start", "-c", str(host.conf))
    assert done.returncode == 1
    assert "host: required field missing" in done.stderr


def test_db_export_and_db_import_carry_a_configuration_over(hosts: MakeHost) -> None:
    first, second = hosts().control_plane().start(), hosts().control_plane().start()
    route = first.serve()
    file = first.root / "export.yml"
    assert first.run("config", "db_export", str(file), "-c", str(first.conf)).returncode == 0
    assert "_format_version: '3.0'" in file.read_text()
    assert second.run("config", "parse", str(file), "-c", str(second.conf)).returncode == 0
    assert second.run("config", "db_import", str(file), "-c", str(second.conf)).returncode == 0
    until(lambda: ask(second.admin, "/status").json["configuration_hash"] != "0" * 32)
    assert [each["id"] for each in ask(second.admin, "/routes").json["data"]] == [route]
    assert ask(second.admin, "/plugins").json["data"][0]["route"] == {"id": route}
