# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable

import pytest

from tests.unit.stand_in.hosts import Bucket, Host, ask, configuration, until

MakeHost = Callable[..., Host]

FETCHING = "[fallback config] control_plane not connected. Fetching config from fallback storage"
APPLIED = "[fallback config] fallback config applied"
FAILED = "[fallback config] failed to fetch config from backup storage:"
EMPTY = {"message": "no configuration available (empty configuration present)"}
NOBODY = 1


@pytest.fixture
def plane(hosts: MakeHost) -> Host:
    host = hosts().control_plane().start()
    host.serve()
    return host


def test_it_takes_the_configuration_and_every_change_from_the_control_plane(plane: Host, hosts: MakeHost) -> None:
    node = hosts().data_plane(plane.cluster).start()
    until(node.answers)
    assert (node.ready().status, node.ready().json) == (200, {"message": "ready"})
    plane.serve("/second", "changed")
    until(lambda: node.answers("changed", "/second"))


def test_it_serves_its_cache_while_the_control_plane_is_away(plane: Host, hosts: MakeHost) -> None:
    node = hosts().data_plane(plane.cluster).start()
    until(node.answers)
    plane.stop()
    assert node.answers()
    node.stop()
    node.start()
    assert node.answers()
    plane.start()
    plane.serve("/second", "changed")
    until(lambda: node.answers("changed", "/second"))


def test_without_any_configuration_it_is_not_ready(hosts: MakeHost) -> None:
    node = hosts().data_plane(NOBODY).start()
    assert (node.ready().status, node.ready().json) == (503, EMPTY)
    assert ask(node.status, "/status").status == 200
    assert ask(node.proxy, "/demo").json == {"message": "no Route matched with those values"}
    with pytest.raises(OSError, match="refused"):
        ask(node.admin, "/")


def test_ready_does_not_exist_before_3_3(hosts: MakeHost) -> None:
    assert hosts(version="3.2.2.0").data_plane(NOBODY).start().ready().status == 404


def test_a_new_node_imports_the_snapshot_in_an_outage(hosts: MakeHost, bucket: Bucket) -> None:
    bucket.put(configuration())
    node = hosts(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(node.answers)
    assert FETCHING in node.log
    assert APPLIED in node.log
    assert node.ready().status == 200


def test_it_goes_over_to_the_control_plane_when_that_returns(plane: Host, hosts: MakeHost, bucket: Bucket) -> None:
    plane.stop()
    bucket.put(configuration("from the snapshot"))
    node = hosts(environ=bucket.environ).data_plane(plane.cluster, **bucket.importing).start()
    until(lambda: node.answers("from the snapshot"))
    plane.start()
    until(node.answers)


def test_a_failed_import_is_never_retried_in_this_process(hosts: MakeHost, bucket: Bucket) -> None:
    node = hosts(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
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


def test_it_does_not_import_when_the_first_connection_succeeded(plane: Host, hosts: MakeHost, bucket: Bucket) -> None:
    bucket.put(configuration("from the snapshot"))
    node = hosts(environ=bucket.environ).data_plane(plane.cluster, **bucket.importing).start()
    until(node.answers)
    plane.stop()
    until(lambda: "connection to control plane failed" in node.log)
    assert FETCHING not in node.log


def test_it_does_not_import_over_a_cache(hosts: MakeHost, bucket: Bucket) -> None:
    bucket.put(configuration())
    node = hosts(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(node.answers)
    bucket.put(configuration("newer"))
    node.stop()
    node.start()
    assert node.answers()
    until(lambda: node.log.count("connection to control plane failed") == 2)
    assert node.log.count(FETCHING) == 1


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [("3.10.0.15", "3.10.0.16", True), ("3.10.0.15", "3.11.0.14", False), ("3.4.3.4", "3.5.0.4", True)],
)
def test_the_cache_is_wiped_by_a_minor_upgrade_since_3_6(
    hosts: MakeHost, bucket: Bucket, before: str, after: str, kept: bool
) -> None:
    bucket.put(configuration(), before)
    bucket.put(configuration("of the new version"), after)
    node = hosts(version=before, environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(node.answers)
    node.stop()
    node.upgrade(after)
    node.start()
    until(lambda: node.answers() if kept else node.answers("of the new version"))


def test_declarative_config_hides_the_import(hosts: MakeHost, bucket: Bucket) -> None:
    bucket.put(configuration("from the snapshot"))
    node = hosts(environ=bucket.environ).data_plane(NOBODY, **bucket.importing)
    (node.root / "kong.json").write_text(json.dumps(configuration()))
    node.write(declarative_config=str(node.root / "kong.json")).start()
    until(lambda: "connection to control plane failed" in node.log)
    assert node.answers()
    assert FETCHING not in node.log


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"AWS_REGION": ""}, "no region"),
        ({"AWS_ACCESS_KEY_ID": ""}, "no credentials"),
        ({"AWS_CONFIG_STORAGE_ENDPOINT": "127.0.0.1:1"}, "needs a scheme"),
        ({"AWS_CONFIG_STORAGE_ENDPOINT": "http://127.0.0.1:1"}, "Could not connect"),
    ],
)
def test_a_bad_environment_is_one_line_in_the_log_and_the_node_runs(
    hosts: MakeHost, bucket: Bucket, environ: dict[str, str], reason: str
) -> None:
    bucket.put(configuration())
    node = hosts(environ={**bucket.environ, **environ}).data_plane(NOBODY, **bucket.importing).start()
    until(lambda: FAILED in node.log)
    assert reason in node.log
    assert bucket.environ["AWS_SECRET_ACCESS_KEY"] not in node.log
    assert node.ready().status == 503


def test_the_default_region_and_a_bucket_without_prefix_do(hosts: MakeHost, bucket: Bucket) -> None:
    client = bucket.server.client()
    client.put_object(Bucket=bucket.name, Key="3.11.0.14/config.json", Body=json.dumps(configuration()))
    environ = {**bucket.environ, "AWS_REGION": "", "AWS_DEFAULT_REGION": bucket.server.region}
    importing = {**bucket.importing, "cluster_fallback_config_storage": f"s3://{bucket.name}"}
    until(hosts(environ=environ).data_plane(NOBODY, **importing).start().answers)


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (None, "3.11.0.14"),
        (configuration(), "3.11.0.13"),
        (b'{"_format_version": "3.0", "serv', "3.11.0.14"),
        (configuration(routes=[{"paths": ["/x"], "service": "none"}]), "3.11.0.14"),
    ],
    ids=["missing", "of another patch version", "truncated", "dangling reference"],
)
def test_a_bad_snapshot_is_not_imported(hosts: MakeHost, bucket: Bucket, body: object, version: str) -> None:
    if body is not None:
        bucket.put(body, version)
    node = hosts(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(lambda: FAILED in node.log)
    assert node.ready().status == 503
    assert APPLIED not in node.log


def test_an_empty_snapshot_leaves_the_node_not_ready(hosts: MakeHost, bucket: Bucket) -> None:
    bucket.put({"_format_version": "3.0", "_transform": False})
    node = hosts(environ=bucket.environ).data_plane(NOBODY, **bucket.importing).start()
    until(lambda: APPLIED in node.log)
    assert node.ready().json == EMPTY


@pytest.mark.parametrize(("version", "imports"), [("3.5.0.3", False), ("3.5.0.4", True)])
def test_an_exporting_data_plane_imports_only_where_the_version_can(
    hosts: MakeHost, bucket: Bucket, version: str, imports: bool
) -> None:
    bucket.put(configuration(), version)
    settings = {**bucket.importing, **bucket.exporting}
    node = hosts(version=version, environ=bucket.environ).data_plane(NOBODY, **settings).start()
    until(lambda: APPLIED in node.log if imports else "connection to control plane failed" in node.log)
    assert (FETCHING in node.log) is imports


def test_kill_leaves_a_cache_that_the_next_start_serves(plane: Host, hosts: MakeHost) -> None:
    node = hosts().data_plane(plane.cluster).start()
    until(node.answers)
    os.kill(node.pid, signal.SIGKILL)
    plane.stop()
    until(lambda: node.run("start", "-c", str(node.conf)).returncode == 0)
    assert node.answers()
