# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage and its keys over the life of a cluster: made, used, rotated; and what that costs in requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import Run, run_playbook
from tests.fleet import Fleet
from tests.greeting import greeting, publish
from tests.servers import S3Server
from tests.servers.proxy import proxied

INVENTORY = """
[kong_backup_node]
cp1
cp2
[kong_data_plane]
dp1
[all:vars]
ansible_connection=local
"""


def controller(server: S3Server) -> dict[str, str]:
    """The environment of a controller whose credentials administer the account."""
    root = server.root
    return {"AWS_ACCESS_KEY_ID": root.access_key_id, "AWS_SECRET_ACCESS_KEY": root.secret_access_key}


def variables(server: S3Server, directory: Path, kind: str, **more: Any) -> dict[str, Any]:
    """What an operator writes into the inventory, for a bucket of this test."""
    label = directory.name[-12:].replace("_", "-")
    prefix = {"file": f"{directory}/secrets", "ssm": f"/kong/{label}", "secretsmanager": f"kong/{label}"}[kind]
    return {
        "kong_fallback_storage": f"s3://kong-{label}/prod",
        "kong_fallback_region": server.region,
        "kong_fallback_endpoint_url": server.endpoint_url,
        "kong_fallback_secret_store": {"type": kind, "name": prefix},
        **more,
    }


def prepare(server: S3Server, directory: Path, inventory: dict[str, Any], *arguments: str) -> Run:
    """Run the playbook for the storage."""
    return run_playbook(
        Path("kongops.fallback.storage"),
        directory / "run",
        *arguments,
        inventory=INVENTORY,
        variables=inventory,
        environment=controller(server),
    )


@pytest.mark.parametrize("kind", ["secretsmanager", "file"])
def test_a_run_that_changes_nothing_takes_at_most_twelve_requests(
    moto_iam_server: S3Server, tmp_path: Path, kind: str
) -> None:
    with proxied(moto_iam_server) as (server, proxy):
        wishes = variables(server, tmp_path, kind)
        first = prepare(server, tmp_path, wishes)
        assert first.code == 0, first.output
        assert len(first.changed) == 2
        proxy.requests.clear()
        second = prepare(server, tmp_path, wishes)
    assert second.code == 0, second.output
    assert second.changed == []
    assert len(proxy.requests) == (12 if kind != "file" else 10), proxy.requests


def test_check_mode_predicts_the_storage_work_and_does_none(moto_iam_server: S3Server, tmp_path: Path) -> None:
    with proxied(moto_iam_server) as (server, proxy):
        predicted = prepare(server, tmp_path, variables(server, tmp_path, "secretsmanager"), "--check")
    assert predicted.code == 0, predicted.output
    assert [name.split(" : ")[-1] for name in predicted.changed] == [
        "Bring the bucket of the fallback storage about",
        "Give backup nodes and data planes an identity each",
    ]
    assert not [name for name in proxy.requests if not re.search("^GET|Action=(Get|List)|[.]Get", name)]


def test_one_key_for_both_accesses_stops_the_play(moto_iam_server: S3Server, tmp_path: Path) -> None:
    wishes = variables(moto_iam_server, tmp_path, "file", kong_fallback_identity="none")
    wishes["kong_fallback_access_key_id"] = moto_iam_server.root.access_key_id
    wishes["kong_fallback_secret_access_key"] = moto_iam_server.root.secret_access_key
    run = prepare(moto_iam_server, tmp_path, wishes)
    assert run.code != 0
    assert "The key may write snapshots outside its prefix" in run.output


def test_roles_need_no_secret_store(moto_iam_server: S3Server, tmp_path: Path) -> None:
    wishes = variables(
        moto_iam_server, tmp_path, "file", kong_fallback_identity="role", kong_fallback_instance_profile=True
    )
    run = prepare(moto_iam_server, tmp_path, wishes)
    assert run.code == 0, run.output
    assert len(run.changed) == 2
    assert not (tmp_path / "secrets").exists()


@pytest.fixture
def fleet(moto_iam_server: S3Server, tmp_path: Path) -> Iterator[Fleet]:
    """A control plane that runs with a route, and two data planes; there is no storage and no key yet."""
    with greeting() as service, Fleet(tmp_path) as fleet:
        fleet.variables = variables(moto_iam_server, tmp_path, "ssm", kong_fallback_rotation_grace=0)
        fleet.backup_node = {"kong_fallback_export_delay": 1}
        control_plane = fleet.add_control_plane()
        control_plane.start()
        publish(control_plane.admin_url, service)
        for name in ("dp1", "dp2"):
            fleet.add_data_plane(name, control_plane)
        yield fleet


class Keys:
    """The keys of the cluster, as AWS has them."""

    def __init__(self, server: S3Server, fleet: Fleet) -> None:
        self.server, self.fleet = server, fleet
        self.iam, self.parameters = server.client("iam"), server.client("ssm")

    def stored(self, access: str) -> dict[str, Any]:
        """The stored key of an access."""
        name = f"{self.fleet.variables['kong_fallback_secret_store']['name']}/{access}"
        answer = self.parameters.get_parameter(Name=name, WithDecryption=True)
        content: dict[str, Any] = json.loads(answer["Parameter"]["Value"])
        return content

    def of_user(self, access: str) -> dict[str, str]:
        """The user's keys and their status."""
        user = self.stored(access)["arn"].rsplit("/", 1)[-1]
        answer = self.iam.list_access_keys(UserName=user)
        return {key["AccessKeyId"]: key["Status"] for key in answer["AccessKeyMetadata"]}


def play(fleet: Fleet, server: S3Server, playbook: str, *arguments: str) -> Run:
    """Run a playbook of ours with the controller's credentials, one data plane at a time."""
    one_by_one = ("-e", "kong_fallback_serial=1")
    return fleet.play(f"kongops.fallback.{playbook}", *one_by_one, *arguments, environment=controller(server))


def test_from_an_empty_account_to_a_rotation_while_the_fleet_serves(moto_iam_server: S3Server, fleet: Fleet) -> None:
    made = play(fleet, moto_iam_server, "site", "-vvv", "--diff")
    assert made.code == 0, made.output
    keys = Keys(moto_iam_server, fleet)
    old = {access: keys.stored(access) for access in ("write", "read")}
    secrets = [key["secret_access_key"] for key in old.values()]
    assert not any(secret in made.output for secret in secrets)
    assert old["write"]["access_key_id"] != old["read"]["access_key_id"]
    again = play(fleet, moto_iam_server, "site")
    assert (again.code, again.changed) == (0, []), again.output

    now = ("-e", "kong_fallback_key_max_age_days=0")
    stopped = play(fleet, moto_iam_server, "rotate_credentials", *now, "--limit", "kong_backup_node:dp1")
    assert stopped.code != 0
    assert "or nobody could ask them: dp2. The previous keys stay active" in stopped.output
    for access in ("write", "read"):
        assert keys.of_user(access) == {
            old[access]["access_key_id"]: "Active",
            keys.stored(access)["access_key_id"]: "Active",
        }
    report = play(fleet, moto_iam_server, "rotate_credentials", "--tags", "status")
    assert (report.code, report.changed) == (0, []), report.output
    assert "nobody could ask them: dp2." in report.output

    finished = play(fleet, moto_iam_server, "rotate_credentials", "-vvv", "--diff")
    assert finished.code == 0, finished.output
    new = {access: keys.stored(access) for access in ("write", "read")}
    for access in ("write", "read"):
        assert new[access]["access_key_id"] != old[access]["access_key_id"]
        assert keys.of_user(access) == {new[access]["access_key_id"]: "Active"}
    secrets += [key["secret_access_key"] for key in new.values()]
    assert not any(secret in run.output for run in (stopped, report, finished) for secret in secrets)
    again = play(fleet, moto_iam_server, "rotate_credentials")
    assert (again.code, again.changed) == (0, []), again.output
