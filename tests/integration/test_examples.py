# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories of examples/ do what they are for, on an emulated AWS and with stand-ins for hosts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import web
from tests.ansible import Run, run_playbook
from tests.ansible.environment import clean_environment
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.fleet import Fleet
from tests.greeting import greeting, publish
from tests.servers import S3Server
from tests.waiting import until

DATA_PLANES = ("data-plane-1", "data-plane-2")
EXAMPLES = CHECKOUT / "examples"


def administrator(server: S3Server) -> dict[str, str]:
    """The credentials that the operator's shell has."""
    return {
        "AWS_ACCESS_KEY_ID": server.root.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
    }


def play(name: str, playbook: str, directory: Path, server: S3Server, *arguments: str, **variables: Any) -> Run:
    """Run a playbook on a copy of an example, whose store is ours."""
    inventory = directory / name
    shutil.copytree(EXAMPLES / name, inventory)
    ours = {
        "kong_fallback_endpoint_url": server.endpoint_url,
        "kong_fallback_ca_bundle": "",
        "kong_fallback_trusted_certificate": "",
        "kong_fallback_gateway_versions": ["3.11.0.14"],
    }
    return run_playbook(
        Path(f"kongops.fallback.{playbook}"),
        directory / "run",
        *arguments,
        inventory=inventory,
        variables={**ours, **variables},
        environment=administrator(server),
    )


def buckets(server: S3Server) -> set[str]:
    """Those that there are."""
    return {bucket["Name"] for bucket in server.client().list_buckets()["Buckets"]}


def users(server: S3Server) -> set[str]:
    """Those of its IAM."""
    return {user["UserName"] for user in server.client("iam").list_users()["Users"]}


def test_instance_roles_get_profiles_and_no_key(tmp_path: Path, moto_iam_server: S3Server) -> None:
    run = play("instance-roles", "storage", tmp_path, moto_iam_server)

    assert run.code == 0, run.output
    assert "example-kong-fallback" in buckets(moto_iam_server)
    iam = moto_iam_server.client("iam")
    for role in ("kong-fallback-backup-node", "kong-fallback-data-plane"):
        (profile,) = iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
        assert [each["RoleName"] for each in profile["Roles"]] == [role]


def test_each_of_two_clusters_gets_its_storage_and_keys(tmp_path: Path, moto_iam_server: S3Server) -> None:
    before = users(moto_iam_server)

    run = play("two-clusters", "storage", tmp_path, moto_iam_server)

    assert run.code == 0, run.output
    assert {"example-kong-fallback-eu", "example-kong-fallback-us"} <= buckets(moto_iam_server)
    assert len(users(moto_iam_server) - before) == 4


def test_a_data_centre_gets_its_fallback(tmp_path: Path, moto_iam_server: S3Server) -> None:
    with greeting() as service, Fleet(tmp_path / "hosts") as fleet:
        control_plane = fleet.add_control_plane("control-plane.example.com")
        control_plane.start()
        publish(control_plane.admin_url, service)
        for number in (1, 2, 3):
            fleet.add_data_plane(f"data-plane-{number}.example.com", control_plane)
        told = {"ansible_become": False, "kong_fallback_export_delay": 1}

        run = play("on-premises", "site", tmp_path, moto_iam_server, "-i", str(fleet.inventory), **told)

        assert run.code == 0, run.output
        assert "3 of 3 data planes ready" in run.output
        assert "a new data plane would come up: yes" in run.output
        assert (tmp_path / "on-premises/keys").stat().st_mode & 0o077 == 0


def test_data_planes_of_konnect_get_an_exporter_and_come_up_without_konnect(
    tmp_path: Path, moto_iam_server: S3Server
) -> None:
    with greeting() as service, Fleet(tmp_path / "hosts") as fleet:
        konnect = fleet.add_control_plane("konnect")
        konnect.start()
        publish(konnect.admin_url, service)
        nodes = [fleet.add_data_plane(f"{name}.example.com", konnect) for name in ("exporter", *DATA_PLANES)]
        for node in nodes:
            node.kong_conf.write_text(f"{node.kong_conf.read_text()}konnect_mode = on\n")
        ours = tmp_path / "ours.json"
        ours.write_text(json.dumps({"all": {"hosts": {node.name: node.variables() for node in nodes}}}))
        told = {"ansible_become": False, "kong_fallback_export_delay": 1}

        def play_ours(playbook: str, *arguments: str) -> Run:
            shutil.rmtree(tmp_path / "konnect", ignore_errors=True)
            return play("konnect", playbook, tmp_path, moto_iam_server, "-i", str(ours), *arguments, **told)

        run = play_ours("site")
        assert run.code == 0, run.output
        assert "2 of 2 data planes ready" in run.output
        assert "a new data plane would come up: yes" in run.output

        refused = play_ours("export")
        assert refused.code != 0
        assert "export needs the database of a control plane" in refused.output
        assert "a new data plane would come up: no" not in refused.output

        refused = play_ours("verify", "-e", "kong_fallback_canary=true")
        assert refused.code != 0
        assert "a canary needs an Admin API" in refused.output
        assert "a new data plane would come up: no" not in refused.output

        konnect.stop()
        fresh = fleet.add_data_plane("fresh.example.com", konnect)
        for name in ("kong_conf", "environment_file"):
            shutil.copy(getattr(nodes[-1], name), getattr(fresh, name))
        fresh.kong_conf.write_text(fresh.kong_conf.read_text().replace(str(nodes[-1].root), str(fresh.root)))
        nodes[-1].stop()
        fresh.start()
        until(lambda: web.ask(f"{nodes[-1].proxy_url}/hello").status == 200, 30)


def test_autoscaled_instances_are_found_by_their_tags(tmp_path: Path, moto_iam_server: S3Server) -> None:
    ec2 = moto_iam_server.client("ec2", region_name="eu-central-1")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    for group, count in (("backup_node", 1), ("data_plane", 2), ("something_else", 1)):
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "kong", "Value": group}]}]
        ec2.run_instances(ImageId=image, MinCount=count, MaxCount=count, TagSpecifications=tags)
    shutil.copytree(EXAMPLES / "autoscaled", tmp_path / "autoscaled")

    listed = subprocess.run(
        [Path(sys.executable).with_name("ansible-inventory"), "-i", tmp_path / "autoscaled", "--list"],
        env={
            **clean_environment(),
            **administrator(moto_iam_server),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "AWS_ENDPOINT_URL": moto_iam_server.endpoint_url,
        },
        check=True,
        capture_output=True,
        text=True,
    )

    inventory = json.loads(listed.stdout)
    groups = {name: len(group["hosts"]) for name, group in inventory.items() if "hosts" in group}
    assert groups["kong_backup_node"] == 1
    assert groups["kong_data_plane"] == 2
    assert "kong_something_else" not in groups
    (exporter,) = inventory["kong_backup_node"]["hosts"]
    assert inventory["_meta"]["hostvars"][exporter]["kong_fallback_identity"] == "role"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_the_page_of_the_examples_names_each(name: str) -> None:
    assert f"| [{name}]({name}/" in (EXAMPLES / "README.md").read_text()
