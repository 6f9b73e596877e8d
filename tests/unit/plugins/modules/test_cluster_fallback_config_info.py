# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node answers when it is asked: from files, from a status listener, from a gateway that cannot be asked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module
from tests.nginx_master import nginx_master
from tests.servers.scripted import Asked, Reply, scripted
from tests.servers.tls import private_authority

CONF = """\
role = data_plane
database = off
prefix = {directory}/prefix
cluster_control_plane = cp.example.com:8005
cluster_cert = {directory}/cluster.crt
cluster_cert_key = {directory}/cluster.key
cluster_fallback_config_import = on
cluster_fallback_config_storage = s3://kong-fallback/prod
status_listen = {status_listen}
"""
ENVIRONMENT = "AWS_REGION=eu-central-1\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=secret-canary\n"
HASH = "779742c3d7afee2e38f977044d2ed96b"


def ask(directory: Path, status_listen: str = "off", **options: Any) -> dict[str, Any]:
    """What the module answers about the node in this directory."""
    (directory / "kong.conf").write_text(CONF.format(directory=directory, status_listen=status_listen))
    (directory / "fallback.env").write_text(ENVIRONMENT)
    (directory / "fallback.env").chmod(0o600)
    node = {
        "path": str(directory / "kong.conf"),
        "environment_files": [str(directory / "fallback.env")],
        "gateway_version": "3.11.0.14",
        "kong_command": str(directory / "kong"),
        "check": False,
    }
    answer = run_module("cluster_fallback_config_info", {**node, **options})
    assert "secret-canary" not in answer["printed"]
    return answer


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[None]:
    """The gateway of the node in ``tmp_path``, started a moment from now."""
    with nginx_master(tmp_path / "prefix"):
        os.utime(tmp_path / "prefix/pids/nginx.pid", (2_000_000_000, 2_000_000_000))
        (tmp_path / "prefix/.kong_env").write_text("cluster_fallback_config_import = on\n")
        yield


def program(directory: Path, script: str) -> None:
    """Make a shell script the gateway of the node."""
    (directory / "kong").write_text(f"#!/bin/sh\n{script}\n")
    (directory / "kong").chmod(0o755)


def test_a_node_that_is_set_up_works_and_waits_for_its_start(tmp_path: Path) -> None:
    answer = ask(tmp_path)
    assert (answer["works"], answer["reasons"]) == (True, [])
    assert answer["access_key_id"] == "AKIAIOSFODNN7EXAMPLE"
    assert (answer["running"], answer["restart_reason"]) == (False, "The gateway is not running.")


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("tls", [False, True])
def test_a_running_gateway_says_whether_it_is_ready(tmp_path: Path, tls: bool) -> None:
    def status(asked: Asked) -> Reply:
        if asked.target == "/status/ready":
            return Reply(503, b'{"message": "no configuration available"}')
        return Reply(200, json.dumps({"configuration_hash": HASH}).encode())

    with scripted(status, private_authority(tmp_path) if tls else None) as server:
        listener = server.url.partition("://")[2] + (" ssl" if tls else "")
        answer = ask(tmp_path, listener)
    assert (answer["running"], answer["restart_needed"]) == (True, False)
    assert (answer["ready"], answer["ready_message"]) == (False, "no configuration available")
    assert answer["configuration_hash"] == HASH


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    ("status_listen", "ready", "message"), [("off", None, ""), ("127.0.0.1:1", False, "Connection refused")]
)
def test_a_gateway_that_does_not_answer_is_not_ready_and_one_without_a_listener_unknown(
    tmp_path: Path, status_listen: str, ready: bool | None, message: str
) -> None:
    answer = ask(tmp_path, status_listen)
    assert (answer["ready"], answer["ready_message"]) == (ready, message)


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    ("role", "tls", "is_told"),
    [("control_plane", False, True), ("control_plane", True, False), ("data_plane", False, False)],
)
def test_a_control_plane_lists_its_data_planes_to_those_whose_certificate_it_trusts(
    tmp_path: Path, role: str, tls: bool, is_told: bool
) -> None:
    asked: list[Asked] = []

    def admin(question: Asked) -> Reply:
        asked.append(question)
        return Reply(200, json.dumps({"data": [{"hostname": "dp1", "config_hash": HASH, "ip": "10.0.0.1"}]}).encode())

    with scripted(admin, private_authority(tmp_path) if tls else None) as server:
        later_line = f"\nrole = {role}"
        answer = ask(tmp_path, later_line, admin_url=server.url, admin_headers={"Kong-Admin-Token": "secret-canary"})
    listed = {"hostname": "dp1", "version": None, "config_hash": HASH, "last_seen": None}
    assert answer["data_planes"] == ([listed] if is_told else None)
    assert [question.headers["kong-admin-token"] for question in asked] == (["secret-canary"] if is_told else [])


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("pid", ["4194305", "1", "", "our own"])
def test_a_pid_of_another_process_is_no_running_gateway(tmp_path: Path, pid: str) -> None:
    (tmp_path / "prefix/pids/nginx.pid").write_text(f"{os.getpid() if pid == 'our own' else pid}\n")
    assert ask(tmp_path)["running"] is False


def test_the_master_of_another_prefix_is_no_running_gateway(tmp_path: Path) -> None:
    with nginx_master(tmp_path / "another") as pid:
        (tmp_path / "prefix/pids").mkdir(parents=True)
        (tmp_path / "prefix/pids/nginx.pid").write_text(f"{pid}\n")
        assert ask(tmp_path)["running"] is False


def test_what_the_gateway_says_against_its_configuration_is_quoted_without_secrets(tmp_path: Path) -> None:
    program(tmp_path, 'echo "Error: bad $AWS_SECRET_ACCESS_KEY in $2" >&2; exit 1')
    answer = ask(tmp_path, check=True)
    assert not answer["works"]
    assert answer["reasons"] == [
        f"The gateway refuses {tmp_path}/kong.conf: Error: bad ******** in kong.conf. (fact 5.13)"
    ]


def test_a_gateway_that_cannot_be_asked_is_a_warning(tmp_path: Path) -> None:
    answer = ask(tmp_path, check=True, kong_command="/none/kong")
    assert answer["works"]
    (finding,) = (each for each in answer["findings"] if each["code"] == "gateway-not-asked")
    assert "Cannot run /none/kong (No such file or directory): install it" in finding["message"]


def test_a_cache_of_the_gateway_is_told(tmp_path: Path) -> None:
    cache = tmp_path / "prefix/dbless.lmdb/data.mdb"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(bytes(100_000))
    assert "local-cache" in [finding["code"] for finding in ask(tmp_path)["findings"]]


@pytest.mark.parametrize(
    ("script", "options", "says"),
    [
        (
            "echo broken >&2; exit 1",
            {"gateway_version": None},
            "version` failed (broken): fix the installation, or set",
        ),
        ("exit 1", {"gateway_version": None}, "version` failed (no output): fix the installation, or set"),
        ("echo Kong Enterprise 3.10.0.2", {}, "gateway_version is 3.11.0.14, but the gateway of this host is 3.10.0.2"),
        ("", {"gateway_version": None, "kong_command": "/none/kong"}, "Cannot run /none/kong (No such file"),
        ("", {"path": "/"}, "Cannot use /: it is a directory: give the path of a file."),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tmp_path: Path, script: str, options: dict[str, Any], says: str) -> None:
    program(tmp_path, script)
    answer = ask(tmp_path, **options)
    assert answer["failed"]
    assert says in answer["msg"]
