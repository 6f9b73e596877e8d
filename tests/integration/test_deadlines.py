# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and commands that hang: every module ends in its time with one sentence, and leaves no process behind."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module, run_playbook
from tests.servers.ports import LOOPBACK
from tests.servers.scripted import Reply, scripted
from tests.waiting import until

VERSION = "3.11.0.3"
SECONDS = 2
FILE = {"type": "file", "name": "/nonexistent/key"}
AWS_MODULES: dict[str, dict[str, Any]] = {
    "cluster_lock": {"holder": "test"},
    "config_snapshot": {"gateway_version": VERSION, "from_gateway_version": "3.10.0.1"},
    "config_snapshot_info": {"gateway_versions": [VERSION]},
    "fallback_storage": {"tls_only": False},
    "storage_access_info": {"expect": "read"},
    "storage_bucket": {"tls_only": False},
    "storage_credentials": {"name": "reader", "access": "read", "secret_store": FILE},
    "storage_credentials_info": {"secret_store": {"type": "ssm", "name": "/kong/reader"}},
}


def ask(module: str, endpoint_url: str, **options: Any) -> tuple[dict[str, Any], float]:
    """The answer of a module that works with the server there, and the seconds that it took."""
    shared = {"endpoint_url": endpoint_url, "region": "eu-central-1", "access_key": "AKIAIOSFODNN7EXAMPLE"}
    storage = {} if module == "storage_credentials_info" else {"storage": "s3://fallback/prod"}
    started = time.monotonic()
    answer = run_module(module, {**shared, "secret_key": "wJalrXUtnFEMI", **storage, "timeout": SECONDS, **options})
    return answer, time.monotonic() - started


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        yield f"http://{LOOPBACK}:{server.getsockname()[1]}"


@pytest.mark.parametrize("module", AWS_MODULES)
def test_a_silent_service_ends_a_module_in_its_time(module: str, silent: str) -> None:
    answer, seconds = ask(module, silent, **AWS_MODULES[module])
    assert answer["failed"], answer
    assert answer["msg"].startswith("Could not "), answer
    assert answer["msg"].endswith(f" within {SECONDS} seconds: find out what blocks it, or raise timeout."), answer
    assert seconds < SECONDS + 5


def test_a_silent_controller_ends_an_object_of_awx_in_its_time(silent: str, tmp_path: Path) -> None:
    tasks = f"""\
        - hosts: localhost
          gather_facts: false
          tasks:
            - name: Create it
              kongops.fallback.awx_object:
                kind: organization
                options:
                  name: Platform
                  controller_host: {silent}
                  controller_oauthtoken: word
                  request_timeout: 60
                timeout: {SECONDS}
        """
    started = time.monotonic()
    run = run_playbook(tasks, tmp_path)
    assert run["Create it"]["msg"].endswith(
        f"Could not create or update the organization 'Platform' of AWX within {SECONDS} seconds: find out what"
        " blocks it, or raise timeout."
    )
    assert time.monotonic() - started < SECONDS + 20  # ansible-playbook has to start and end, too.


def test_a_service_that_is_silent_for_a_request_is_named(silent: str) -> None:
    answer, seconds = ask("cluster_lock", silent, holder="test", timeout=60, request_timeout=1)
    assert "Read timeout on endpoint URL" in answer["msg"]
    assert seconds < 20


def test_waiting_for_a_silent_service_counts_seconds(silent: str) -> None:
    answer, seconds = ask(
        "config_snapshot_info", silent, gateway_versions=[VERSION], wait_timeout=3, timeout=60, request_timeout=1
    )
    assert (answer["failed"], answer["arrived"]) == (False, False)
    assert answer["snapshots"][0]["outcome"] == "unreachable"
    assert seconds < 20


HANGING = """#!/bin/sh
sleep 1000 &
echo $! > {pid}
[ "$1" = version ] && [ {hangs} != version ] && { echo Kong Enterprise 3.11.0.3; exit; }
wait
"""


@pytest.mark.parametrize("hangs", ["version", "check"])
@pytest.mark.parametrize("module", ["cluster_fallback_config_info", "cluster_fallback_node", "cluster_fallback_config"])
def test_a_command_that_hangs_ends_with_its_children(module: str, hangs: str, tmp_path: Path) -> None:
    kong, pid, conf = (tmp_path / name for name in ("kong", "pid", "kong.conf"))
    kong.write_text(HANGING.replace("{pid}", str(pid)).replace("{hangs}", hangs))
    kong.chmod(0o755)
    conf.write_text("role = data_plane\ndatabase = off\ncluster_cert = c\ncluster_cert_key = k\n")
    settings = {"node_role": "data_plane", "storage": "s3://fallback/prod"}
    environment = {"path": str(tmp_path / "env"), "region": "eu-central-1"}
    of_node = {"environment": environment, "settings": settings, "instance_role": True}
    more = {"cluster_fallback_node": of_node, "cluster_fallback_config": {**settings, "validate": f"{kong} check %s"}}
    started = time.monotonic()
    answer = run_module(
        module, {"path": str(conf), "kong_command": str(kong), "timeout": SECONDS, **more.get(module, {})}
    )
    assert answer["failed"], answer
    assert answer["msg"].startswith(f"Could not run `{kong} {hangs}"), answer
    assert time.monotonic() - started < SECONDS + 5
    until(lambda: not is_alive(int(pid.read_text())))


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie that waits for an init."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_body_that_trickles_ends_with_the_module() -> None:
    headers = {"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 08:00:00 GMT"}
    with scripted(lambda asked: Reply(200, b"{" * 100, headers, pause=0.3)) as server:
        # Five seconds, because a busy machine needs one to get as far as the body.
        limits = {"timeout": 5, "request_timeout": 1}
        answer, seconds = ask("config_snapshot_info", server.url, gateway_versions=[VERSION], **limits)
    where = f"s3://fallback/prod/{VERSION}/config.json"
    assert answer["msg"] == (
        f"Could not read {where} to its end within 5 seconds: find out what blocks it, or raise timeout."
    )
    assert seconds < 5 + 2
