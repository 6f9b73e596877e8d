# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of it, as an operator begins: an inventory, an administrator's key, and nothing else; then a rotation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ansible import Run
from tests.fleet import DataPlane, Fleet
from tests.greeting import BODY, greeting, publish
from tests.servers import S3Server

PATIENCE = 3600.0
LARGE = [pytest.mark.fleet, pytest.mark.timeout(PATIENCE)]


@dataclass(frozen=True)
class Keys:
    """The keys of the cluster, as AWS has them."""

    server: S3Server
    store: str

    def stored(self, access: str) -> dict[str, Any]:
        """The stored key of an access."""
        answer = self.server.client("ssm").get_parameter(Name=f"{self.store}/{access}", WithDecryption=True)
        content: dict[str, Any] = json.loads(answer["Parameter"]["Value"])
        return content

    def of_user(self, access: str) -> dict[str, str]:
        """The user's keys and their status."""
        user = self.stored(access)["arn"].rsplit("/", 1)[-1]
        answer = self.server.client("iam").list_access_keys(UserName=user)
        return {key["AccessKeyId"]: key["Status"] for key in answer["AccessKeyMetadata"]}


@dataclass(frozen=True)
class Site:
    """A cluster of an operator who begins, and the first three runs: predicted, made, repeated."""

    fleet: Fleet
    data_planes: list[DataPlane]
    keys: Keys
    predicted: Run
    touched: bool
    first: Run
    pids: list[int | None]
    second: Run

    @property
    def server(self) -> S3Server:
        """The account."""
        return self.keys.server


def play(fleet: Fleet, server: S3Server, playbook: str, *arguments: str) -> Run:
    """The run of a controller with an administrator's credentials, which creates the keys of the nodes."""
    environment = {
        "AWS_ACCESS_KEY_ID": server.root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
    }
    return fleet.play(f"kongops.fallback.{playbook}", *arguments, environment=environment, timeout=PATIENCE)


@pytest.fixture(scope="module", params=[2, pytest.param(50, marks=LARGE)])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server
) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    keys = Keys(moto_iam_server, f"/kong/site-{request.param}")
    with greeting() as service, Fleet(directory) as fleet:
        fleet.variables = {
            "kong_fallback_storage": f"s3://kong-site-{request.param}/prod",
            "kong_fallback_region": moto_iam_server.region,
            "kong_fallback_endpoint_url": moto_iam_server.endpoint_url,
            "kong_fallback_secret_store": {"type": "ssm", "name": keys.store},
            "kong_fallback_rotation_grace": 0,
        }
        fleet.backup_node = {"kong_fallback_export_delay": 1}
        control_plane = fleet.add_control_plane()
        control_plane.start()
        publish(control_plane.admin_url, service)
        hosts = [fleet.add_data_plane(f"dp{number}", control_plane) for number in range(1, request.param + 1)]

        predicted = play(fleet, moto_iam_server, "site", "--check", "--diff")
        touched = any(host.pid for host in hosts)
        # All hosts at once, then one by one: the second run changes what the first has left otherwise.
        first = play(fleet, moto_iam_server, "site", "-vvv", "--diff", "--forks", "50")
        pids = [host.pid for host in hosts]
        second = play(fleet, moto_iam_server, "site", "--forks", "1")
        yield Site(fleet, hosts, keys, predicted, touched, first, pids, second)


def test_check_mode_predicts_every_change_and_makes_none(site: Site) -> None:
    assert site.predicted.code == 0, site.predicted.output
    assert site.predicted.changes == {"localhost": 0, "cp1": 2, **{host.name: 1 for host in site.data_planes}}
    assert not site.touched


def test_from_an_empty_account_to_data_planes_that_serve_and_no_secret_is_shown(site: Site) -> None:
    assert site.first.code == 0, site.first.output
    assert {host.get("/hello") for host in site.data_planes} == {(200, BODY)}
    write, read = site.keys.stored("write"), site.keys.stored("read")
    assert write["access_key_id"] != read["access_key_id"]
    assert not any(key["secret_access_key"] in site.first.output for key in (write, read))


def test_a_second_run_changes_nothing_and_says_little(site: Site) -> None:
    assert site.second.code == 0, site.second.output
    assert set(site.second.changes.values()) == {0}
    assert [host.pid for host in site.data_planes] == site.pids
    # What an operator reads of a run on three hosts; a further host adds a line to each task.
    assert len(site.second.output.splitlines()) <= 120 + 15 * (len(site.data_planes) - 2), site.second.output


@pytest.mark.parametrize("site", [2], indirect=True)
def test_a_first_run_of_three_hosts_is_read_in_minutes(site: Site) -> None:
    headers = re.findall(r"^(?:PLAY|TASK) \[", site.first.output, re.MULTILINE)
    results = re.findall(r"^(?:ok|changed|skipping|included): ", site.first.output, re.MULTILINE)
    # An empty line stands before each header; more words make nothing longer than a line.
    assert 2 * len(headers) + len(results) < 250


def test_every_run_ends_with_its_verdict(site: Site) -> None:
    end = "; {} restarted; a new data plane would come up: {}"
    assert end.format(0, "unknown, because check mode proves nothing") in site.predicted.output
    assert end.format(len(site.data_planes) + 1, "yes") in site.first.output
    assert end.format(0, "yes") in site.second.output
    assert "; exporter cp1 exports and gave its last sign " in site.second.output
    assert site.second.output.count("a new data plane would come up:") == 1


def test_a_run_without_changes_is_one_remote_operation_a_node_and_the_proof_of_one_for_all(site: Site) -> None:
    run = play(site.fleet, site.server, "nodes", "-vvv")
    assert run.code == 0, run.output
    proof = "Try the import on one node for all with the same access"
    assert [answer["outcome"] for answer in run[proof]["results"]] == ["ok"]
    for host in site.fleet.hosts:
        # With pipelining one module is one command on the host.
        operations = len(re.findall(rf"^<{host.name}> EXEC ", run.output, re.MULTILINE))
        assert operations == (2 if host.name == "dp1" else 1), host.name


def test_a_rotation_while_the_fleet_serves(site: Site) -> None:
    fleet, keys = site.fleet, site.keys
    old = {access: keys.stored(access) for access in ("write", "read")}
    secrets = [key["secret_access_key"] for key in old.values()]

    now = ("-e", "kong_fallback_key_max_age_days=0")
    stopped = play(fleet, site.server, "rotate_credentials", *now, "--limit", "kong_backup_node:dp1")
    assert stopped.code != 0
    others = ", ".join(host.name for host in site.data_planes[1:])
    assert f"or could not be asked: {others}. The previous keys stay active" in stopped.output
    for access in ("write", "read"):
        assert keys.of_user(access) == {
            old[access]["access_key_id"]: "Active",
            keys.stored(access)["access_key_id"]: "Active",
        }
    report = play(fleet, site.server, "rotate_credentials", "--tags", "status")
    assert (report.code, report.changed) == (0, []), report.output
    assert f"that could not be asked: {others}." in report.output

    finished = play(fleet, site.server, "rotate_credentials", "-vvv", "--diff")
    assert finished.code == 0, finished.output
    new = {access: keys.stored(access) for access in ("write", "read")}
    for access in ("write", "read"):
        assert new[access]["access_key_id"] != old[access]["access_key_id"]
        assert keys.of_user(access) == {new[access]["access_key_id"]: "Active"}
    secrets += [key["secret_access_key"] for key in new.values()]
    assert not any(secret in run.output for run in (stopped, report, finished) for secret in secrets)
    again = play(fleet, site.server, "rotate_credentials")
    assert (again.code, again.changed) == (0, []), again.output
