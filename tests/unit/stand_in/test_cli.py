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
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.ports import LOOPBACK
from tests.servers.process import is_running
from tests.unit.stand_in.gateways import Gateway, ask, configuration
from tests.waiting import until

MakeGateway = Callable[..., Gateway]


def test_version(gateways: MakeGateway) -> None:
    assert gateways().run("version").stdout == "Kong Enterprise 3.11.0.14\n"
    assert gateways(version="3.9.1", edition="open source").run("version").stdout == "3.9.1\n"


def test_the_installer_is_a_command_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.stand_in.install", str(tmp_path), "--version", "3.10.0.15"]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).resolve().parents[3])
    assert stat.S_IMODE((tmp_path / "kong").stat().st_mode) == 0o755
    version = subprocess.run([tmp_path / "kong", "version"], check=True, capture_output=True, cwd="/")
    assert version.stdout == b"Kong Enterprise 3.10.0.15\n"


def test_check_accepts(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane()
    done = gateway.run("check", str(gateway.conf))
    assert (done.returncode, done.stdout) == (0, f"configuration at {gateway.conf} is valid\n")


def test_check_names_every_error_and_counts_the_environment(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane(cluster_fallback_config_import="on")
    done = gateway.run("check", str(gateway.conf), KONG_DATABASE="off")
    assert done.returncode == 1
    assert "in-memory storage can not be used" in done.stderr
    assert "cluster_fallback_config_storage must be specified" in done.stderr
    assert gateway.run("check", "/no/such/file").returncode == 1


def test_check_says_nothing_about_ignored_lines(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane()
    gateway.conf.write_text(
        gateway.conf.read_text() + "cluster_fallback_config: on\nunknown = x\n[s]\nrole = nonsense\n"
    )
    assert gateway.run("check", str(gateway.conf)).returncode == 0


def test_start_and_stop(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane().start()
    assert ask(gateway.admin, "/").json["version"] == "3.11.0.14"
    assert gateway.run("health", "-p", str(gateway.prefix)).returncode == 0
    pid = gateway.pid
    gateway.stop()
    until(lambda: not is_running(pid))
    assert not (gateway.prefix / "pids" / "nginx.pid").exists()
    assert gateway.run("health", "-p", str(gateway.prefix)).returncode == 1
    assert gateway.run("stop", "-p", str(gateway.prefix)).returncode == 1


def test_a_running_gateway_shows_the_title_of_its_master_and_not_its_environment(gateways: MakeGateway) -> None:
    gateway = gateways(environ={"AWS_REGION": "eu-west-1"}).control_plane().start()
    shown = {name: Path(f"/proc/{gateway.pid}/{name}").read_bytes().strip(b"\0") for name in ("cmdline", "environ")}
    assert shown["cmdline"].startswith(b"nginx: master process ")
    assert shown["cmdline"].endswith(f" -p {gateway.prefix} -c nginx.conf".encode())
    assert b"eu-west-1" not in shown["environ"]


def test_start_does_not_start_twice(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane().start()
    done = gateway.run("start", "-c", str(gateway.conf))
    assert done.returncode == 1
    assert f"Kong is already running in {gateway.prefix}" in done.stderr


def test_a_pid_file_left_by_a_crash_points_at_nobody(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane().start()
    os.kill(gateway.pid, signal.SIGKILL)
    until(lambda: gateway.run("health", "-p", str(gateway.prefix)).returncode == 1)
    (gateway.prefix / "pids" / "nginx.pid").write_text(f"{os.getpid()}\n")
    assert gateway.run("stop", "-p", str(gateway.prefix)).returncode == 1
    gateway.start().stop()


def test_start_fails_when_an_address_is_taken(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane()
    with socket.create_server((LOOPBACK, gateway.admin)):
        done = gateway.run("start", "-c", str(gateway.conf))
    assert done.returncode == 1
    assert f"bind() to {LOOPBACK}:{gateway.admin} failed (98: Address already in use)" in done.stderr
    gateway.start()


def test_start_fails_without_a_listener_for_an_unresolvable_reference(gateways: MakeGateway) -> None:
    gateway = gateways().data_plane(1, cluster_cert="{vault://env/cluster-cert}")
    done = gateway.run("start", "-c", str(gateway.conf))
    assert done.returncode == 1
    assert "failed to dereference '{vault://env/cluster-cert}'" in done.stderr
    assert not (gateway.prefix / "pids").exists()


def test_the_prefix_comes_from_the_file_the_environment_or_the_command_line(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane()
    gateway.run("prepare", "-c", str(gateway.conf), KONG_PREFIX=str(gateway.root / "environment"))
    gateway.run("prepare", "-c", str(gateway.conf), "-p", str(gateway.root / "argument"))
    assert (gateway.root / "environment" / ".kong_env").exists()
    assert (gateway.root / "argument" / ".kong_env").exists()
    assert not gateway.prefix.exists()


def test_what_the_prefix_holds_is_private(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane(pg_password="long-and-secret\\#1").start()
    assert "long-and-secret" in (gateway.prefix / ".kong_env").read_text()
    assert "long-and-secret" not in gateway.log
    for name in (".kong_env", "stand-in-database.json", "logs/error.log"):
        assert not (gateway.prefix / name).stat().st_mode & 0o007, name


def test_a_bare_reload_reads_the_prepared_settings_not_the_edited_file(gateways: MakeGateway) -> None:
    gateway = gateways().data_plane(1).start()
    gateway.write(declarative_config=str(gateway.root / "kong.yml"))
    (gateway.root / "kong.yml").write_text("_format_version: '3.0'\nservices: [{name: s, host: h}]\n")
    pid = gateway.pid
    assert gateway.run("reload", "-p", str(gateway.prefix)).returncode == 0
    until(lambda: gateway.log.count(" started as data_plane") == 2)
    assert gateway.ready().status == 503
    assert gateway.run("prepare", "-c", str(gateway.conf)).returncode == 0
    assert gateway.run("reload", "-p", str(gateway.prefix)).returncode == 0
    until(lambda: gateway.log.count(" started as data_plane") == 3)
    assert gateway.ready().status == 200
    assert gateway.pid == pid


def test_reload_with_a_file_takes_it_over_and_refuses_a_bad_one(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane().start()
    before = gateway.admin
    gateway.admin = gateway.proxy
    gateway.control_plane(admin_listen=f"{LOOPBACK}:{gateway.admin}", role="nonsense")
    assert gateway.run("reload", "-c", str(gateway.conf)).returncode == 1
    assert ask(before, "/").status == 200
    gateway.control_plane()
    assert gateway.run("reload", "-c", str(gateway.conf)).returncode == 0
    until(lambda: gateway.log.count(" started as control_plane") == 2)
    assert ask(gateway.admin, "/").status == 200


def test_restart_takes_over_the_file_and_refuses_a_bad_one_while_the_node_runs(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane().start()
    pid = gateway.pid
    gateway.control_plane(role="nonsense")
    assert gateway.run("restart", "-c", str(gateway.conf)).returncode == 1
    assert gateway.pid == pid
    gateway.control_plane()
    assert gateway.run("restart", "-c", str(gateway.conf)).returncode == 0
    assert gateway.pid != pid
    until(lambda: not is_running(pid))


def test_in_the_foreground_it_ends_with_the_signal(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane(nginx_daemon="off")
    process = subprocess.Popen(
        [gateway.kong, "start", "-c", gateway.conf], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: "started as control_plane" in gateway.log)
        assert gateway.pid == process.pid
        assert gateway.run("health", "-p", str(gateway.prefix)).returncode == 0
    finally:
        process.send_signal(signal.SIGQUIT)
        _output, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "started as control_plane" in errors


def test_the_daemon_holds_none_of_the_callers_streams(gateways: MakeGateway) -> None:
    gateway = gateways().control_plane().start()
    streams = {os.readlink(f"/proc/{gateway.pid}/fd/{number}") for number in (0, 1, 2)}
    assert streams == {"/dev/null"}
    assert os.getsid(gateway.pid) == gateway.pid


@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_a_declarative_file_is_served_and_a_bad_one_stops_the_start(gateways: MakeGateway, suffix: str) -> None:
    gateway = gateways().write(role="traditional", database="off")
    path = gateway.root / f"kong.{suffix}"
    gateway.write(declarative_config=str(path))
    path.write_text(json.dumps(configuration()))
    gateway.start()
    assert gateway.answers()
    gateway.stop()
    path.write_text(json.dumps(configuration(services=[{"name": "s"}])))
    done = gateway.run("start", "-c", str(gateway.conf))
    assert done.returncode == 1
    assert "host: required field missing" in done.stderr


def test_db_export_and_db_import_carry_a_configuration_over(gateways: MakeGateway) -> None:
    first, second = gateways().control_plane().start(), gateways().control_plane().start()
    route = first.serve()
    file = first.root / "export.yml"
    assert first.run("config", "db_export", str(file), "-c", str(first.conf)).returncode == 0
    assert "_format_version: '3.0'" in file.read_text()
    assert second.run("config", "parse", str(file), "-c", str(second.conf)).returncode == 0
    assert second.run("config", "db_import", str(file), "-c", str(second.conf)).returncode == 0
    until(lambda: ask(second.admin, "/status").json["configuration_hash"] != "0" * 32)
    assert [each["id"] for each in ask(second.admin, "/routes").json["data"]] == [route]
    assert ask(second.admin, "/plugins").json["data"][0]["route"] == {"id": route}
