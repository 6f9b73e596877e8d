# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outage drill on a canary that runs and serves: what it finds, and that it disturbs nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any
from unittest.mock import patch

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import trend_of
from tests.ansible import Run, clean_environment, run_module
from tests.checkout import COLLECTIONS
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DATABASE_PASSWORD, DataPlane
from tests.greeting import BODY
from tests.servers import S3Server
from tests.servers.ports import is_free
from tests.servers.s3 import allow
from tests.snapshots import body, flat, route, service
from tests.waiting import until

HELLO = {"path": "/hello", "status": 200}


@dataclass(frozen=True)
class Canary:
    """A data plane that runs, with the exported configuration in the storage; drills get ``temporary`` as /tmp."""

    cluster: Cluster
    host: DataPlane
    temporary: Path
    snapshot: bytes

    def options(self, **changed: Any) -> dict[str, Any]:
        """The module's options for this host."""
        return {
            "path": str(self.host.kong_conf),
            "kong_command": str(self.host.kong),
            "environment_files": [str(self.host.environment_file)],
            "allow_proxying": True,
            "ready_timeout": 20,
            "route": HELLO,
            **changed,
        }

    def drill(self, **changed: Any) -> dict[str, Any]:
        """Run the module, its folders below ours."""
        with patch("tempfile.tempdir", str(self.temporary)):
            return run_module("outage_drill", self.options(**changed))

    def put(self, snapshot: bytes, version: str = "") -> None:
        """Replace the snapshot."""
        key = self.cluster.snapshot_key(version)
        self.cluster.server.client().put_object(Bucket=self.cluster.bucket, Key=key, Body=snapshot)

    def conf(self, *lines: str) -> str:
        """A copy of kong.conf with further lines."""
        copy = self.host.kong_conf.with_name("drill.conf")
        copy.write_text(self.host.kong_conf.read_text() + "\n".join(lines) + "\n")
        return str(copy)

    def environment(self, **changed: str) -> list[str]:
        """A copy of the environment file with further variables."""
        copy = self.host.environment_file.with_name("drill.env")
        copy.touch(mode=0o600)
        copy.write_text(self.host.environment_file.read_text() + "".join(f"{k}={v}\n" for k, v in changed.items()))
        return [str(copy)]

    def leftovers(self) -> list[str]:
        """Files and processes of drills."""
        return [str(path) for path in self.temporary.glob("kong-drill-*")] + [
            command for command, _environment in self.processes()
        ]

    def processes(self) -> list[tuple[str, dict[str, str]]]:
        """Command and environment of every process that a drill of this canary started."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                variables = (process / "environ").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            environment = dict(each.partition("=")[::2] for each in variables)
            if environment.get("KONG_PREFIX", "").startswith(str(self.temporary)):
                found.append((command, environment))
        return found


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[Canary]:
    """The canary that all tests of this file share."""
    directory = tmp_path_factory.mktemp("drill")
    with running_cluster(directory, moto_iam_server) as cluster:
        host = cluster.new_data_plane("dp1")
        snapshot = cluster.export()
        cluster.take_part(host)
        until(lambda: host.get("/hello") == (200, BODY))
        temporary = directory / "tmp"
        temporary.mkdir()
        yield Canary(cluster, host, temporary, snapshot)


@pytest.fixture
def canary(drilled: Canary) -> Iterator[Canary]:
    """The canary with its good snapshot. Whatever a test does, the gateway runs on and serves, and nothing is left."""
    drilled.put(drilled.snapshot)
    pid, files = drilled.host.pid, _contents(drilled.host)
    yield drilled
    assert drilled.host.pid == pid
    assert drilled.host.get("/hello") == (200, BODY)
    assert _contents(drilled.host) == files
    assert drilled.leftovers() == []


def _contents(host: DataPlane) -> dict[Path, bytes]:
    """What the host would notice: its files, but for copies that tests make, and the log that grows by itself."""
    return {
        path: path.read_bytes()
        for path in sorted(host.root.rglob("*"))
        if path.is_file() and not path.name.startswith("drill.") and path != host.error_log
    }


def test_a_good_canary_passes(canary: Canary) -> None:
    answer = canary.drill()

    assert not answer["failed"], answer["msg"]
    assert answer["gateway_version"] == "3.11.0.14"
    assert 0 < answer["time_to_ready"] < 20
    assert answer["configuration_hash"] == answer["running_configuration_hash"]
    assert (answer["route"], answer["status"]) == ("GET /hello", 200)
    assert answer["findings"] == []


def _missing(canary: Canary) -> dict[str, Any]:
    canary.cluster.server.client().delete_object(Bucket=canary.cluster.bucket, Key=canary.cluster.snapshot_key())
    return {}


def _other_patch_version(canary: Canary) -> dict[str, Any]:
    other = canary.cluster.new_data_plane("dp2", version="3.11.0.13")
    return {"kong_command": str(other.kong)}


def _wrong_key(canary: Canary) -> dict[str, Any]:
    return {"environment_files": canary.environment(AWS_SECRET_ACCESS_KEY="not-the-secret-of-this-key-0f3c")}


def _denied_key(canary: Canary) -> dict[str, Any]:
    elsewhere = allow(["s3:GetObject"], ["arn:aws:s3:::elsewhere/*"])
    stranger = canary.cluster.server.create_identity(f"stranger-{canary.cluster.bucket}", elsewhere)
    keys = {"AWS_ACCESS_KEY_ID": stranger.access_key_id, "AWS_SECRET_ACCESS_KEY": stranger.secret_access_key}
    return {"environment_files": canary.environment(**keys)}


def _empty(canary: Canary) -> dict[str, Any]:
    canary.put(body({"_format_version": "3.0"}))
    return {"ready_timeout": 3}


def _unimportable(canary: Canary) -> dict[str, Any]:
    canary.put(body(flat(routes=[route(service="secret-of-the-snapshot-77f0")])))
    return {}


def _corrupt(canary: Canary) -> dict[str, Any]:
    canary.put(canary.snapshot[:-10])
    return {}


def _unresolvable_vault_reference(canary: Canary) -> dict[str, Any]:
    return {"path": canary.conf("cluster_cert = {vault://env/none-such}")}


def _stale_running_gateway(canary: Canary) -> dict[str, Any]:
    canary.put(body(flat(services=[service(port=1)], routes=[route(paths=["/hello"])])))
    return {"route": {"path": "/hello", "status": 502}}


def _stale_cache_of_a_stopped_gateway(canary: Canary) -> dict[str, Any]:
    stopped = canary.temporary.parent / "stopped"
    shutil.copytree(canary.host.prefix / "dbless.lmdb", stopped / "cache", dirs_exist_ok=True)
    return {"path": canary.conf(f"prefix = {stopped}", f"lmdb_environment_path = {stopped}/cache")}


def _hidden_by_declarative_config(canary: Canary) -> dict[str, Any]:
    return {"path": canary.conf("declarative_config = /etc/kong/kong.yml")}


def _without_permission(canary: Canary) -> dict[str, Any]:
    return {"allow_proxying": False}


def _route_that_is_not_there(canary: Canary) -> dict[str, Any]:
    return {"route": {"path": "/none-such"}}


def _not_installed(canary: Canary) -> dict[str, Any]:
    return {"kong_command": "/none/such/kong", "gateway_version": "3.11.0.14"}


Case = Callable[[Canary], dict[str, Any]]
CASES: dict[Case, tuple[str, str]] = {
    _missing: ("drill-missing", "There is no snapshot for gateway 3.11.0.14 in s3://"),
    _other_patch_version: ("drill-missing", "There is no snapshot for gateway 3.11.0.13 in s3://"),
    _wrong_key: ("drill-wrong-key", "does not accept the key"),
    _denied_key: ("drill-denied", "denies the key of this host"),
    _empty: ("drill-empty", "has nothing to serve: the snapshot is empty"),
    _unimportable: ("drill-not-imported", "cannot import the snapshot"),
    _corrupt: ("drill-not-imported", "cannot import the snapshot"),
    _unresolvable_vault_reference: ("drill-vault-reference", "{vault://env/none-such}"),
    _stale_running_gateway: ("drill-other-configuration", "serves a different configuration from the snapshot"),
    _stale_cache_of_a_stopped_gateway: ("drill-stale-cache", "came up from the cache of this host"),
    _hidden_by_declarative_config: ("declarative-config", "hides the imported snapshot"),
    _without_permission: ("drill-on-proxying-host", "runs and proxies"),
    _route_that_is_not_there: ("drill-route", "does not serve GET /none-such: no route of the snapshot matches"),
    _not_installed: ("", "Cannot start a second gateway"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
def test_the_drill_fails_with_a_sentence_of_its_own(canary: Canary, case: Case) -> None:
    code, sentence = CASES[case]

    answer = canary.drill(**case(canary))

    assert answer["failed"], answer
    assert sentence in answer["msg"]
    assert {finding["code"] for finding in answer.get("findings", [])} == ({code} if code else set())
    secrets = [canary.cluster.fleet.data_plane["kong_fallback_secret_access_key"], "secret-of-the-snapshot-77f0"]
    assert not [secret for secret in (*secrets, DATABASE_PASSWORD) if secret in answer["printed"]]


STUBBORN = """\
#!/bin/sh
[ "$1" = start ] || exec echo "Kong Enterprise 3.11.0.14"
trap '' TERM
setsid sh -c 'sleep 600; true' &
sleep 600
"""


def _stubborn_gateway(canary: Canary) -> dict[str, Any]:
    """Options for a gateway that never gets ready, bears SIGTERM, and has a child that left its session."""
    program = canary.temporary / "kong"
    program.write_text(STUBBORN)
    program.chmod(0o755)
    return {"kong_command": str(program), "gateway_version": "3.11.0.14", "ready_timeout": 300}


def _started(canary: Canary) -> list[int]:
    """The ports of the drill that has just begun, once its processes are there."""
    found = until(lambda: seen if len(seen := canary.processes()) >= 3 else [], 60)
    settings = ("KONG_PROXY_LISTEN", "KONG_STATUS_LISTEN", "KONG_CLUSTER_CONTROL_PLANE")
    return [int(found[0][1][setting].rpartition(":")[2]) for setting in settings]


def _await_nothing(canary: Canary) -> None:
    until(lambda: not canary.leftovers(), 30)


@pytest.fixture(autouse=True, scope="module")
def _ctrl_c_is_heard() -> Iterator[None]:
    """Who starts the tests in the background has SIGINT ignored, and every program would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def _drilling(canary: Canary) -> Iterator[subprocess.Popen[str]]:
    """The module as a process, in the midst of a drill; afterwards nothing of it is left, not even a port."""
    command = [sys.executable, "-m", "ansible_collections.kongops.fallback.plugins.modules.outage_drill"]
    environment = {**clean_environment(), "PYTHONPATH": str(COLLECTIONS), "TMPDIR": str(canary.temporary)}
    with subprocess.Popen(command, env=environment, text=True, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as module:
        assert module.stdin
        json.dump({"ANSIBLE_MODULE_ARGS": canary.options(**_stubborn_gateway(canary))}, module.stdin)
        module.stdin.close()
        ports = _started(canary)
        assert canary.host.get("/hello") == (200, BODY)
        yield module
        assert module.wait(timeout=30) != 0
    _await_nothing(canary)
    assert all(map(is_free, ports))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda end: end.name)
def test_a_module_that_is_ended_leaves_nothing(canary: Canary, end: signal.Signals) -> None:
    with _drilling(canary) as module:
        module.send_signal(end)


def test_a_module_that_nobody_listens_to_any_more_ends(canary: Canary) -> None:
    with _drilling(canary) as module:
        assert module.stdout
        module.stdout.close()


def test_a_gateway_that_hangs_is_ended_when_its_time_is_up(canary: Canary) -> None:
    answer = canary.drill(**{**_stubborn_gateway(canary), "ready_timeout": 2})

    assert answer["failed"]
    assert "was not ready within 2 seconds" in answer["msg"]


def test_check_mode_refuses_the_same_and_starts_nothing(canary: Canary) -> None:
    answer = canary.drill(_ansible_check_mode=True, **_stubborn_gateway(canary))
    refused = canary.drill(_ansible_check_mode=True, allow_proxying=False)

    assert not answer["failed"]
    assert answer["msg"].startswith("Would start a second gateway 3.11.0.14 that finds no control plane")
    assert "runs and proxies" in refused["msg"]


def _arguments(canary: Canary, **changed: Any) -> tuple[str, str]:
    """The arguments of ansible-playbook for a drill, by an operator who may list the storage."""
    variables = {
        "kong_fallback_drill_on_proxying_host": True,
        "kong_fallback_ready_timeout": 60,
        "kong_fallback_report_directory": str(canary.cluster.fleet.directory),
        **changed,
    }
    return canary.cluster.by_operator(**variables)


def _play(canary: Canary, *arguments: str, **variables: Any) -> Run:
    """Run the playbook."""
    return canary.cluster.fleet.play(
        "kongops.fallback.outage_drill",
        *_arguments(canary, **variables),
        *arguments,
        environment={"TMPDIR": str(canary.temporary)},
    )


def _report(canary: Canary) -> dict[str, Any]:
    file = canary.cluster.fleet.directory / "outage_drill.json"
    assert file.stat().st_mode & 0o777 == 0o600
    report: dict[str, Any] = json.loads(file.read_text())
    return report


def test_the_playbook_tries_a_route_of_the_snapshot_and_reports(canary: Canary) -> None:
    run = _play(canary)

    assert run.code == 0, run.output
    assert run.changed == []
    assert run["Start a second gateway that finds no control plane"]["route"] == "GET /hello"
    (outcome,) = _report(canary)["outcomes"]
    assert (outcome["verdict"], outcome["host"], outcome["status"]) == ("ok", "dp1", 200)
    assert outcome["time_to_ready"] > 0
    trend = trend_of((canary.cluster.fleet.directory / "kong-fallback-trend.jsonl").read_text())
    assert (trend[-1].kind, trend[-1].time_to_ready) == ("drill", outcome["time_to_ready"])
    assert trend[-1].size
    assert outcome["configuration_hash"] == outcome["running_configuration_hash"]


def test_the_playbook_says_what_is_missing_and_what_there_is(canary: Canary) -> None:
    _missing(canary)
    canary.put(canary.snapshot, "3.11.0.13")

    run = _play(canary)

    assert run.code != 0
    verdict = run.reasons["dp1"]
    assert verdict.startswith("The outage drill failed on dp1: There is no snapshot for gateway 3.11.0.14 in s3://")
    assert "From the controller: There is no snapshot for gateway 3.11.0.14" in verdict
    assert verdict.endswith("There are snapshots for 3.11.0.13 (fact 3.1).")
    assert _report(canary)["verdict"] == verdict


def test_the_playbook_finds_out_a_gateway_that_lives_on_an_old_cache_and_one_that_cannot_be_reached(
    canary: Canary, tmp_path: Path
) -> None:
    _stale_running_gateway(canary)
    ssh, inventory = tmp_path / "ssh", tmp_path / "away"
    ssh.write_text("#!/bin/sh\nexit 255\n")
    ssh.chmod(0o755)
    inventory.write_text(f"[kong_data_plane]\naway ansible_connection=ssh ansible_ssh_executable={ssh}\n")
    asked = {"kong_fallback_drill_path": "/hello", "kong_fallback_drill_status": 502}

    run = _play(canary, "-i", str(inventory), kong_fallback_canary_host="dp1:away", **asked)

    assert run.code != 0
    assert "serves a different configuration from the snapshot: it runs on a stale cache" in run.reasons["dp1"]
    assert run.reasons["away"].startswith("away is unreachable ('")
    verdict = "a new data plane would come up: no, because The outage drill failed on dp1: "
    assert any(verdict in line for line in _report(canary)["lines"])
    assert any(line.startswith("away is unreachable") for line in _report(canary)["lines"])


def test_the_playbook_predicts_in_check_mode_on_the_canary_that_the_inventory_names(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = canary.cluster.fleet
    first = canary.cluster.new_data_plane("dp0")
    fleet.hosts.remove(first)
    monkeypatch.setattr(fleet, "hosts", [first, *fleet.hosts])
    monkeypatch.setitem(fleet.variables, "kong_fallback_canary_host", "dp1")

    run = _play(canary, "--check")

    assert run.code == 0, run.output
    assert "Would start a second gateway 3.11.0.14 that finds no control plane, ask it for GET /hello" in run.output


def test_the_playbook_leaves_nothing_after_ctrl_c(canary: Canary) -> None:
    fleet, stubborn = canary.cluster.fleet, _stubborn_gateway(canary)
    arguments = _arguments(
        canary,
        kong_fallback_kong_command=stubborn["kong_command"],
        kong_fallback_gateway_version=stubborn["gateway_version"],
    )
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    environment = {
        **clean_environment(),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(fleet.directory / "ansible"),
        "TMPDIR": str(canary.temporary),
    }
    with subprocess.Popen(
        [program, "-i", str(fleet.inventory), *arguments, "kongops.fallback.outage_drill"],
        env=environment,
        stdout=DEVNULL,
        stderr=DEVNULL,
        start_new_session=True,
    ) as playbook:
        ports = _started(canary)

        os.killpg(playbook.pid, signal.SIGINT)

        assert playbook.wait(timeout=60) != 0
    _await_nothing(canary)
    assert all(map(is_free, ports))
