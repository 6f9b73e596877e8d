# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.unit.stand_in.hosts import Bucket, Host, ask, until

MakeHost = Callable[..., Host]

EXPORTED = "[fallback config] successfully exported config to fallback storage"
FAILED = "[fallback config] failed to export config"
KEY = "prod/3.11.0.14/config.json"


def routes(bucket: Bucket) -> list[str]:
    """The first path of every route in the snapshot."""
    return sorted(each["paths"][0] for each in (bucket.snapshot() or {}).get("routes", ()))


def test_it_exports_once_after_its_start_and_after_every_change(hosts: MakeHost, bucket: Bucket) -> None:
    plane = hosts(environ=bucket.environ).control_plane(**bucket.exporting).start()
    empty = until(bucket.snapshot)
    assert not empty.get("routes")
    plane.serve()
    until(lambda: routes(bucket) == ["/demo"])
    plane.stop()
    bucket.remove(KEY)
    plane.start()
    until(lambda: routes(bucket) == ["/demo"])


def test_the_snapshot_is_flat_json_with_ids_nulls_and_its_uploader(hosts: MakeHost, bucket: Bucket) -> None:
    plane = hosts(environ=bucket.environ).control_plane(**bucket.exporting)
    plane.start()
    route = plane.serve()
    until(lambda: (bucket.snapshot() or {}).get("plugins"))
    snapshot = bucket.snapshot()
    assert (snapshot["_format_version"], snapshot["_transform"]) == ("3.0", False)
    assert snapshot["plugins"][0]["route"] == route
    assert snapshot["routes"][0]["service"] is None
    assert snapshot["routes"][0]["ws_id"] == snapshot["workspaces"][0]["id"]
    head = bucket.server.client().head_object(Bucket=bucket.name, Key=KEY)
    assert head["ContentType"] == "application/json"
    assert head["Metadata"] == {"uploader": (plane.prefix / "kong.id").read_text()}


def test_it_exports_at_most_once_per_delay_and_the_latest_wins(hosts: MakeHost, bucket: Bucket) -> None:
    exporting = {**bucket.exporting, "cluster_fallback_config_export_delay": "3"}
    plane = hosts(environ=bucket.environ).control_plane(**exporting).start()
    until(bucket.snapshot)
    began = time.monotonic()
    for number in range(5):
        plane.serve(f"/{number}")
    assert plane.log.count(EXPORTED) == 1
    until(lambda: routes(bucket) == [f"/{number}" for number in range(5)])
    assert time.monotonic() - began > 1.5
    assert plane.log.count(EXPORTED) == 2


def test_s3_arguments_go_with_every_upload(hosts: MakeHost, bucket: Bucket) -> None:
    s3_config = '{"ServerSideEncryption":"aws:kms","SSEKMSKeyId":"a-key"}'
    settings = {**bucket.exporting, "cluster_fallback_export_s3_config": s3_config}
    hosts(environ=bucket.environ).control_plane(**settings).start()
    until(bucket.snapshot)
    head = bucket.server.client().head_object(Bucket=bucket.name, Key=KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "a-key")


@pytest.mark.parametrize(("version", "elects"), [("3.5.0.3", False), ("3.6.0.0", True)])
def test_an_exporter_is_heard_where_the_version_elects(
    hosts: MakeHost, bucket: Bucket, version: str, elects: bool
) -> None:
    plane = hosts(version=version, environ=bucket.environ).control_plane(**bucket.exporting).start()
    until(lambda: bucket.snapshot(version))
    heard = f"prod/{version}/election/{(plane.prefix / 'kong.id').read_text()}"
    assert (heard in bucket.stored()) is elects


def test_one_exporter_leads_and_another_takes_over(hosts: MakeHost, bucket: Bucket) -> None:
    environ = {**bucket.environ, "STAND_IN_ELECTION_SECONDS": "0.3"}
    first, second = (
        hosts(environ=environ).control_plane(**bucket.exporting, node_id=node_id)
        for node_id in ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
    )
    first.start()
    until(lambda: EXPORTED in first.log)
    second.start()
    second.serve("/second")
    time.sleep(1)
    assert EXPORTED not in second.log
    first.stop()
    until(lambda: routes(bucket) == ["/second"])


def test_a_data_plane_exports_what_it_received(hosts: MakeHost, bucket: Bucket) -> None:
    plane = hosts().control_plane().start()
    plane.serve()
    node = hosts(environ=bucket.environ).data_plane(plane.cluster, **bucket.exporting).start()
    until(lambda: routes(bucket) == ["/demo"])
    assert node.answers()


def test_a_data_plane_that_imports_exports_what_it_imported(hosts: MakeHost, bucket: Bucket) -> None:
    plane = hosts(environ=bucket.environ).control_plane(**bucket.exporting).start()
    plane.serve()
    until(lambda: routes(bucket) == ["/demo"])
    plane.stop()
    for key in bucket.stored():
        if "/election/" in key:
            bucket.remove(key)
    node = hosts(environ=bucket.environ).data_plane(1, **{**bucket.importing, **bucket.exporting}).start()
    until(lambda: EXPORTED in node.log)
    assert node.answers()
    assert routes(bucket) == ["/demo"]


def test_a_store_that_fails_is_a_line_in_the_log_and_a_later_export(hosts: MakeHost, bucket: Bucket) -> None:
    exporting = {**bucket.exporting, "cluster_fallback_config_storage": f"s3://{bucket.name}-later/prod"}
    plane = hosts(environ=bucket.environ, version="3.4.0.0").control_plane(**exporting).start()
    until(lambda: FAILED in plane.log)
    assert "NoSuchBucket" in plane.log
    assert ask(plane.admin, "/").status == 200
    bucket.server.create_bucket(f"{bucket.name}-later", True)
    until(lambda: EXPORTED in plane.log)


def test_no_region_is_one_error_and_a_dead_feature(hosts: MakeHost, bucket: Bucket) -> None:
    environ = {name: value for name, value in bucket.environ.items() if name != "AWS_REGION"}
    plane = hosts(environ=environ).control_plane(**bucket.exporting).start()
    until(lambda: FAILED in plane.log)
    assert "no region" in plane.log
    assert bucket.stored() == []


@pytest.mark.parametrize(("version", "stray"), [("3.11.0.13", True), ("3.11.0.14", False)])
def test_entities_without_workspace_carry_ws_id_until_the_fix(
    hosts: MakeHost, bucket: Bucket, version: str, stray: bool
) -> None:
    plane = hosts(version=version, environ=bucket.environ).control_plane(**bucket.exporting)
    plane.start()
    ask(plane.admin, "/ca_certificates", "POST", {"cert": "pem"})
    (certificate,) = until(lambda: (bucket.snapshot(version) or {}).get("ca_certificates"))
    assert ("ws_id" in certificate) is stray
    node = hosts(version=version, environ=bucket.environ).data_plane(1, **bucket.importing).start()
    until(lambda: "ws_id: unknown field" in node.log if stray else node.ready().status == 200)


@pytest.mark.parametrize(("version", "silent"), [("3.11.0.13", True), ("3.11.0.14", False)])
def test_incremental_sync_never_exports_until_the_fix(
    hosts: MakeHost, bucket: Bucket, version: str, silent: bool
) -> None:
    exporting = {**bucket.exporting, "incremental_sync": "on"}
    plane = hosts(version=version, environ=bucket.environ).control_plane(**exporting).start()
    if silent:
        time.sleep(1.5)
        assert bucket.stored() == []
        assert "[fallback config]" not in plane.log
    else:
        until(lambda: bucket.snapshot(version))


def test_the_draft_names_do_nothing(hosts: MakeHost, bucket: Bucket) -> None:
    draft = {
        "cluster_fallback_config": "on",
        "cluster_fallback_config_exporter": "on",
        "cluster_fallback_config_storage": f"s3://{bucket.name}/prod",
    }
    plane = hosts(environ=bucket.environ).control_plane(**draft).start()
    time.sleep(1)
    assert bucket.stored() == []
    assert "[fallback config]" not in plane.log
