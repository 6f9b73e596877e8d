# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Pair, cluster_certificate
from tests.stand_in import declarative
from tests.stand_in.configuration_hash import EMPTY_HASH, configuration_hash
from tests.stand_in.data_plane import Cache, DataPlane
from tests.stand_in.declarative import Configuration, Current
from tests.stand_in.entities import BUNDLED_PLUGINS
from tests.stand_in.installation import Installation
from tests.stand_in.log import Log
from tests.stand_in.settings import load
from tests.unit.stand_in.gateways import Bucket, Gateway, ask, configuration
from tests.waiting import until

MakeGateway = Callable[..., Gateway]

FETCHING = "[fallback config] control_plane not connected. Fetching config from fallback storage"
APPLIED = "[fallback config] fallback config applied"
FAILED = "[fallback config] failed to fetch config from backup storage:"
EMPTY = {"message": "no configuration available (empty configuration present)"}
NOBODY = 1


@pytest.fixture
def plane(gateways: MakeGateway) -> Gateway:
    gateway = gateways().control_plane().start()
    gateway.serve()
    return gateway


def test_it_takes_the_configuration_and_every_change_from_the_control_plane(
    plane: Gateway, gateways: MakeGateway
) -> None:
    node = gateways().data_plane(plane.cluster).start()
    until(node.answers)
    assert (node.ready().status, node.ready().json) == (200, {"message": "ready"})
    plane.serve("/second", "changed")
    until(lambda: node.answers("changed", "/second"))


def test_it_serves_its_cache_while_the_control_plane_is_away(plane: Gateway, gateways: MakeGateway) -> None:
    node = gateways().data_plane(plane.cluster).start()
    until(node.answers)
    plane.stop()
    assert node.answers()
    node.stop()
    node.start()
    assert node.answers()
    plane.start()
    plane.serve("/second", "changed")
    until(lambda: node.answers("changed", "/second"))


def test_without_any_configuration_it_is_not_ready(gateways: MakeGateway) -> None:
    node = gateways().data_plane(NOBODY).start()
    assert (node.ready().status, node.ready().json) == (503, EMPTY)
    assert ask(node.status, "/status").status == 200
    assert ask(node.proxy, "/demo").json == {"message": "no Route matched with those values"}
    answer = ask(node.admin, "/")
    assert (answer.status, "refused" in answer.body) == (0, True)


def test_ready_does_not_exist_before_3_3(gateways: MakeGateway) -> None:
    assert gateways(version="3.2.2.0").data_plane(NOBODY).start().ready().status == 404


def test_a_new_node_imports_the_snapshot_in_an_outage(gateways: MakeGateway, bucket: Bucket) -> None:
    bucket.put(configuration())
    node = gateways(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(node.answers)
    assert FETCHING in node.log
    assert APPLIED in node.log
    assert node.ready().status == 200


UNUSABLE = {
    "expired": cluster_certificate(-1),
    "key of another": Pair(cluster_certificate().certificate, cluster_certificate(60).key),
    "not PEM": Pair("text", "text"),
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_a_certificate_that_cannot_be_used_costs_the_import_before_the_fix(
    plane: Gateway, gateways: MakeGateway, bucket: Bucket, fault: str
) -> None:
    nodes = [gateways(version=version, environ=bucket.environ) for version in ("3.11.0.13", "3.11.0.14")]
    for node in nodes:
        UNUSABLE[fault].write(node.root)
        bucket.put(configuration("from the snapshot"), node.version)
        node.data_plane(plane.cluster, **bucket.importing).start()
    before, fixed = nodes
    until(lambda: fixed.answers("from the snapshot"))
    until(lambda: "failed to set the cluster certificate, retrying" in before.log)
    assert FETCHING not in before.log
    assert before.ready().status == 503


def test_it_shows_the_hash_of_the_snapshot_as_it_was_stored_and_keeps_it(gateways: MakeGateway, bucket: Bucket) -> None:
    nested = configuration()
    bucket.put(nested)
    node = gateways(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(node.answers)
    assert ask(node.status, "/status").json["configuration_hash"] == configuration_hash(nested)
    node.stop()
    node.start()
    until(node.answers)
    assert ask(node.status, "/status").json["configuration_hash"] == configuration_hash(nested)


def test_it_goes_over_to_the_control_plane_when_that_returns(
    plane: Gateway, gateways: MakeGateway, bucket: Bucket
) -> None:
    plane.stop()
    bucket.put(configuration("from the snapshot"))
    node = gateways(environ=bucket.environ).data_plane(plane.cluster, **bucket.importing).start()
    until(lambda: node.answers("from the snapshot"))
    plane.start()
    until(node.answers)


def test_a_failed_import_is_never_retried_in_this_process(gateways: MakeGateway, bucket: Bucket) -> None:
    node = gateways(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(lambda: FAILED in node.log)
    bucket.put(configuration())
    node.run("reload", "-p", str(node.prefix))
    until(lambda: node.log.count(" started as data_plane") == 2)
    until(lambda: node.log.count("connection to control plane failed") == 2)
    assert node.log.count(FETCHING) == 1
    assert node.ready().status == 503
    node.stop()
    node.start()
    until(node.answers)


def test_it_does_not_import_when_the_first_connection_succeeded(
    plane: Gateway, gateways: MakeGateway, bucket: Bucket
) -> None:
    bucket.put(configuration("from the snapshot"))
    node = gateways(environ=bucket.environ).data_plane(plane.cluster, **bucket.importing).start()
    until(node.answers)
    plane.stop()
    until(lambda: "connection to control plane failed" in node.log)
    assert FETCHING not in node.log


def test_it_does_not_import_over_a_cache(gateways: MakeGateway, bucket: Bucket) -> None:
    bucket.put(configuration())
    node = gateways(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(node.answers)
    bucket.put(configuration("newer"))
    node.stop()
    node.start()
    assert node.answers()
    until(lambda: node.log.count("connection to control plane failed") == 2)
    assert node.log.count(FETCHING) == 1


def test_declarative_config_hides_the_import(gateways: MakeGateway, bucket: Bucket) -> None:
    bucket.put(configuration("from the snapshot"))
    node = gateways(environ=bucket.environ).data_plane(NOBODY, **bucket.importing)
    (node.root / "kong.json").write_text(json.dumps(configuration()))
    node.write(declarative_config=str(node.root / "kong.json")).start()
    until(lambda: "connection to control plane failed" in node.log)
    assert node.answers()
    assert FETCHING not in node.log


def test_kill_leaves_a_cache_that_the_next_start_serves(plane: Gateway, gateways: MakeGateway) -> None:
    node = gateways().data_plane(plane.cluster).start()
    until(node.answers)
    os.kill(node.pid, signal.SIGKILL)
    plane.stop()
    until(lambda: node.run("start", "-c", str(node.conf)).returncode == 0)
    assert node.answers()


class Starting:
    """A data plane by itself, as a thread of the test, that finds no control plane."""

    def __init__(self, directory: Path, version: str, environ: dict[str, str]) -> None:
        settings = {
            "role": "data_plane",
            "database": "off",
            "prefix": str(directory),
            "cluster_control_plane": "[::1]:1",
            "cluster_cert": cluster_certificate().certificate,
            "cluster_cert_key": cluster_certificate().key,
        }
        variables = {**{f"KONG_{name.upper()}": value for name, value in settings.items()}, **environ}
        loaded = load(Installation(version), variables, Path("/dev/null"))
        self._log = directory / "error.log"
        self._tried = threading.Event()
        self.current = Current()
        cache = Cache(loaded.cache, loaded.installation)
        self._thread = DataPlane(loaded, variables, "node", self.current, cache, self._tried, Log(self._log, "notice"))

    @property
    def log(self) -> str:
        return self._log.read_text()

    def start(self) -> None:
        self._thread.start()
        assert self._tried.wait(20)

    def stop(self) -> None:
        self._thread.stop()
        self._thread.join(10)


@pytest.fixture
def started(tmp_path: Path, bucket: Bucket) -> Iterator[Callable[..., Starting]]:
    """Starts data planes, up to the end of their first attempt; they are stopped at the end."""
    made: list[Starting] = []

    def start(version: str = "3.11.0.14", **environ: str) -> Starting:
        importing = {f"KONG_{name.upper()}": value for name, value in bucket.importing.items()}
        made.append(Starting(tmp_path, version, {**bucket.environ, **importing, **environ}))
        made[-1].start()
        return made[-1]

    yield start
    for node in made:
        node.stop()


StartDataPlane = Callable[..., Starting]


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"AWS_REGION": ""}, "no region"),
        ({"AWS_ACCESS_KEY_ID": ""}, "no credentials"),
        ({"AWS_CONFIG_STORAGE_ENDPOINT": "127.0.0.1:1"}, "needs a scheme"),
        ({"AWS_CONFIG_STORAGE_ENDPOINT": "http://127.0.0.1:1"}, "Could not connect"),
        ({"KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "gcs://bucket/prod"}, "no credentials: GCP_SERVICE_ACCOUNT is not"),
        (
            {"KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "gcs://bucket/prod", "GCP_SERVICE_ACCOUNT": "/a/path.json"},
            "no credentials: GCP_SERVICE_ACCOUNT is not",
        ),
    ],
)
def test_a_bad_environment_is_a_line_in_the_log(
    started: StartDataPlane, bucket: Bucket, environ: dict[str, str], reason: str
) -> None:
    bucket.put(configuration())
    node = started(**environ)
    assert FAILED in node.log
    assert reason in node.log
    assert bucket.environ["AWS_SECRET_ACCESS_KEY"] not in node.log
    assert node.current.get().is_empty


def test_the_default_region_and_a_bucket_without_prefix_do(started: StartDataPlane, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="3.11.0.14/config.json", Body=json.dumps(configuration()))
    environ = {"AWS_REGION": "", "AWS_DEFAULT_REGION": bucket.server.region}
    node = started(**environ, KONG_CLUSTER_FALLBACK_CONFIG_STORAGE=f"s3://{bucket.name}")
    assert APPLIED in node.log


CA_WITH_WS_ID = {"cert": "pem", "ws_id": "6e3a3ff0-3b2f-4b8e-9d0a-0d8f2a1b3c4d"}


@pytest.mark.parametrize(
    ("body", "version", "reason"),
    [
        (None, "3.11.0.14", "NoSuchKey"),
        (configuration(), "3.11.0.13", "NoSuchKey"),
        (b'{"_format_version": "3.0", "serv', "3.11.0.14", "failed parsing"),
        (configuration(routes=[{"paths": ["/x"], "service": "none"}]), "3.11.0.14", "no such entity"),
    ],
    ids=["missing", "of another patch version", "truncated", "dangling reference"],
)
def test_a_bad_snapshot_is_not_imported(
    started: StartDataPlane, bucket: Bucket, body: Any, version: str, reason: str
) -> None:
    if body is not None:
        bucket.put(body, version)
    node = started()
    assert FAILED in node.log
    assert reason in node.log
    assert node.current.get().is_empty


@pytest.mark.parametrize("version", ["3.9.1.2", "3.11.0.13", "3.11.0.14"])
def test_a_stray_ws_id_is_imported_by_no_version(started: StartDataPlane, bucket: Bucket, version: str) -> None:
    bucket.put(configuration(ca_certificates=[CA_WITH_WS_ID]), version)
    assert "ws_id: unknown field" in started(version).log


def test_an_empty_snapshot_leaves_the_node_empty(started: StartDataPlane, bucket: Bucket) -> None:
    bucket.put({"_format_version": "3.0", "_transform": False})
    node = started()
    assert APPLIED in node.log
    assert node.current.get().hash == EMPTY_HASH


@pytest.mark.parametrize(("version", "imports"), [("3.5.0.3", False), ("3.5.0.4", True)])
def test_an_exporting_data_plane_imports_only_where_the_version_can(
    started: StartDataPlane, bucket: Bucket, version: str, imports: bool
) -> None:
    bucket.put(configuration(), version)
    node = started(version, KONG_CLUSTER_FALLBACK_CONFIG_EXPORT="on")
    assert (FETCHING in node.log) is imports


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [("3.10.0.15", "3.10.0.16", True), ("3.10.0.15", "3.11.0.14", False), ("3.4.3.4", "3.5.0.4", True)],
)
def test_the_cache_is_wiped_by_a_minor_upgrade_since_3_6(tmp_path: Path, before: str, after: str, kept: bool) -> None:
    path = tmp_path / "dbless.lmdb" / "data.mdb"
    stored = declarative.accept(configuration(), BUNDLED_PLUGINS)
    Cache(path, Installation(before)).store(stored)
    assert Cache(path, Installation(after)).open() == (stored if kept else Configuration())
    assert Cache(path, Installation(before)).open().is_empty is not kept
    assert not path.stat().st_mode & 0o077
