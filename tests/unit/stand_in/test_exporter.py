# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stand_in import declarative
from tests.stand_in.declarative import Configuration, Current
from tests.stand_in.entities import BUNDLED_PLUGINS
from tests.stand_in.fallback import Exporter
from tests.stand_in.installation import Installation
from tests.stand_in.log import Log
from tests.stand_in.settings import load
from tests.unit.stand_in.gateways import Bucket, Gateway
from tests.waiting import until

MakeGateway = Callable[..., Gateway]

EXPORTED = "[fallback config] successfully exported config to fallback storage"
FAILED = "[fallback config] failed to export config"
FIRST, SECOND = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
KEY = "prod/3.11.0.14/config.json"


def routes(bucket: Bucket) -> list[str]:
    """The first path of every route in the snapshot."""
    return sorted(each["paths"][0] for each in (bucket.snapshot() or {}).get("routes", ()))


def test_it_exports_once_after_its_start_and_after_every_change(gateways: MakeGateway, bucket: Bucket) -> None:
    plane = gateways(environ=bucket.environ).control_plane(**bucket.exporting).start()
    empty = until(bucket.snapshot)
    assert not empty.get("routes")
    plane.serve()
    until(lambda: routes(bucket) == ["/demo"])
    plane.stop()
    bucket.remove(KEY)
    plane.start()
    until(lambda: routes(bucket) == ["/demo"])


def test_the_snapshot_is_flat_json_with_ids_nulls_and_its_uploader(gateways: MakeGateway, bucket: Bucket) -> None:
    plane = gateways(environ=bucket.environ).control_plane(**bucket.exporting)
    plane.start()
    route = plane.serve()
    until(lambda: (bucket.snapshot() or {}).get("plugins"))
    snapshot = bucket.snapshot()
    assert (snapshot["_format_version"], snapshot["_transform"]) == ("3.0", False)
    assert snapshot["plugins"][0]["route"] == route
    assert snapshot["routes"][0]["service"] is None
    assert snapshot["routes"][0]["ws_id"] == snapshot["workspaces"][0]["id"]
    head = bucket.client.head_object(Bucket=bucket.name, Key=KEY)
    assert head["ContentType"] == "application/json"
    assert head["Metadata"] == {"uploader": (plane.prefix / "kong.id").read_text()}


def test_a_data_plane_exports_what_it_received(gateways: MakeGateway, bucket: Bucket) -> None:
    plane = gateways().control_plane().start()
    plane.serve()
    node = gateways(environ=bucket.environ).data_plane(plane.cluster, **bucket.exporting).start()
    until(lambda: routes(bucket) == ["/demo"])
    assert node.answers()


def test_a_data_plane_that_imports_exports_what_it_imported(gateways: MakeGateway, bucket: Bucket) -> None:
    plane = gateways(environ=bucket.environ).control_plane(**bucket.exporting).start()
    plane.serve()
    until(lambda: routes(bucket) == ["/demo"])
    plane.stop()
    for key in bucket.stored():
        if "/election/" in key:
            bucket.remove(key)
    node = gateways(environ=bucket.environ).data_plane(1, **{**bucket.importing, **bucket.exporting}).start()
    until(lambda: EXPORTED in node.log)
    assert node.answers()
    assert routes(bucket) == ["/demo"]


def test_the_draft_names_do_nothing(gateways: MakeGateway, bucket: Bucket) -> None:
    draft = {
        "cluster_fallback_config": "on",
        "cluster_fallback_config_exporter": "on",
        "cluster_fallback_config_storage": f"s3://{bucket.name}/prod",
    }
    plane = gateways(environ=bucket.environ).control_plane(**draft).start()
    time.sleep(1)
    assert bucket.stored() == []
    assert "[fallback config]" not in plane.log


def routed(*paths: str, **more: Any) -> Configuration:
    document = {"_format_version": "3.0", "routes": [{"paths": [path]} for path in paths], **more}
    return declarative.accept(document, BUNDLED_PLUGINS)


class Running:
    """An exporter by itself, as a thread of the test: the configuration is what the test says."""

    def __init__(
        self, directory: Path, bucket: Bucket, node_id: str, version: str, environ: dict[str, str | None]
    ) -> None:
        given = {**bucket.environ, "STAND_IN_ELECTION_SECONDS": "0.3", **environ}
        settings = {
            f"KONG_{name.upper()}": value for name, value in {"role": "control_plane", **bucket.exporting}.items()
        }
        variables = {name: value for name, value in {**settings, **given}.items() if value is not None}
        self._log = directory / f"{node_id}.log"
        self.current = Current()
        self._exporter = Exporter(
            load(Installation(version), variables, Path("/dev/null")),
            variables,
            node_id,
            self.current,
            _set(),
            Log(self._log, "notice"),
        )

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def start(self, configuration: Configuration) -> None:
        self.current.set(configuration)
        self._exporter.start()

    def stop(self) -> None:
        self._exporter.stop()
        self.current.set(routed("/wakes-the-exporter"))
        self._exporter.join(10)


def _set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def exporter(tmp_path: Path, bucket: Bucket) -> Iterator[Callable[..., Running]]:
    """Starts exporters; they are stopped at the end."""
    made: list[Running] = []

    def start(
        configuration: Configuration, node_id: str = FIRST, version: str = "3.11.0.14", **environ: str | None
    ) -> Running:
        made.append(Running(tmp_path, bucket, node_id, version, environ))
        made[-1].start(configuration)
        return made[-1]

    yield start
    for running in made:
        running.stop()


StartExporter = Callable[..., Running]


def test_it_exports_at_most_once_per_delay_and_the_latest_wins(exporter: StartExporter, bucket: Bucket) -> None:
    running = exporter(routed("/first"), KONG_CLUSTER_FALLBACK_CONFIG_EXPORT_DELAY="2")
    until(lambda: EXPORTED in running.log)
    for number in range(5):
        running.current.set(routed(f"/{number}"))
        time.sleep(0.05)
    until(lambda: running.log.count(EXPORTED) == 2)
    assert routes(bucket) == ["/4"]
    time.sleep(2.5)
    assert running.log.count(EXPORTED) == 2


def test_s3_arguments_go_with_every_upload(exporter: StartExporter, bucket: Bucket) -> None:
    s3_config = '{"ServerSideEncryption":"aws:kms","SSEKMSKeyId":"a-key"}'
    exporter(routed("/a"), KONG_CLUSTER_FALLBACK_EXPORT_S3_CONFIG=s3_config)
    until(bucket.snapshot)
    head = bucket.client.head_object(Bucket=bucket.name, Key=KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "a-key")


@pytest.mark.parametrize(("version", "elects"), [("3.5.0.3", False), ("3.6.0.0", True)])
def test_an_exporter_is_heard_where_the_version_elects(
    exporter: StartExporter, bucket: Bucket, version: str, elects: bool
) -> None:
    exporter(routed("/a"), version=version)
    until(lambda: bucket.snapshot(version))
    assert (f"prod/{version}/election/{FIRST}" in bucket.stored()) is elects


def test_one_exporter_leads_and_another_takes_over(exporter: StartExporter, bucket: Bucket) -> None:
    leader = exporter(routed("/leader"))
    until(lambda: EXPORTED in leader.log)
    follower = exporter(routed("/follower"), SECOND)
    until(lambda: f"prod/3.11.0.14/election/{SECOND}" in bucket.stored())
    time.sleep(0.7)
    assert EXPORTED not in follower.log
    leader.stop()
    until(lambda: routes(bucket) == ["/follower"])


def test_a_store_that_fails_is_a_line_in_the_log_and_a_later_export(exporter: StartExporter, bucket: Bucket) -> None:
    later = f"{bucket.name}-later"
    storage = f"s3://{later}/prod"
    running = exporter(routed("/a"), version="3.4.0.0", KONG_CLUSTER_FALLBACK_CONFIG_STORAGE=storage)
    until(lambda: FAILED in running.log)
    assert "NoSuchBucket" in running.log
    bucket.server.create_bucket(later, True)
    until(lambda: EXPORTED in running.log)


def test_no_region_is_one_error_and_a_dead_feature(exporter: StartExporter, bucket: Bucket) -> None:
    running = exporter(routed("/a"), AWS_REGION=None)
    until(lambda: FAILED in running.log)
    assert "no region" in running.log
    assert bucket.stored() == []


@pytest.mark.parametrize(
    ("role", "version", "stray"),
    [("data_plane", "3.11.0.13", True), ("data_plane", "3.11.0.14", False), ("control_plane", "3.11.0.13", False)],
)
def test_a_data_plane_writes_ws_id_into_entities_without_workspace_until_the_fix(
    exporter: StartExporter, bucket: Bucket, role: str, version: str, stray: bool
) -> None:
    exporter(routed("/a", ca_certificates=[{"cert": "pem"}]), version=version, KONG_ROLE=role)
    (certificate,) = until(lambda: bucket.snapshot(version))["ca_certificates"]
    assert ("ws_id" in certificate) is stray


@pytest.mark.parametrize(
    ("role", "version", "silent"),
    [("data_plane", "3.11.0.13", True), ("data_plane", "3.11.0.14", False), ("control_plane", "3.11.0.13", False)],
)
def test_a_data_plane_with_incremental_sync_never_exports_until_the_fix(
    exporter: StartExporter, bucket: Bucket, role: str, version: str, silent: bool
) -> None:
    running = exporter(routed("/a"), version=version, KONG_ROLE=role, KONG_INCREMENTAL_SYNC="on")
    if silent:
        time.sleep(1)
        assert bucket.stored() == []
        assert running.log == ""
    else:
        until(lambda: bucket.snapshot(version))
