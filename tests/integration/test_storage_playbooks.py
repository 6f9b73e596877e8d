# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage by its playbook: what it costs in requests, what it predicts, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import Run, run_playbook
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
def test_a_run_that_changes_nothing_takes_at_most_twelve_requests_besides_those_of_its_lock(
    moto_iam_server: S3Server, tmp_path: Path, kind: str
) -> None:
    with proxied(moto_iam_server) as (server, proxy):
        wishes = variables(server, tmp_path, kind)
        first = prepare(server, tmp_path, wishes)
        assert first.code == 0, first.output
        assert len(first.changed) == 1
        proxy.requests.clear()
        second = prepare(server, tmp_path, wishes)
    assert second.code == 0, second.output
    assert second.changed == []
    of_lock = [name for name in proxy.requests if name.endswith("/lock/job.json")]
    # To take it and to release it: read, write, read back what was written. What renews it may look once more.
    assert [name.split()[0] for name in of_lock[:6]] == ["GET", "PUT", "GET"] * 2
    assert len(proxy.requests) - len(of_lock) == (12 if kind != "file" else 10), proxy.requests


def test_check_mode_predicts_the_storage_work_and_does_none(moto_iam_server: S3Server, tmp_path: Path) -> None:
    with proxied(moto_iam_server) as (server, proxy):
        predicted = prepare(server, tmp_path, variables(server, tmp_path, "secretsmanager"), "--check", "--diff")
    assert predicted.code == 0, predicted.output
    assert [name.split(" : ")[-1] for name in predicted.changed] == [
        "Create or update the bucket and the identities of backup nodes and data planes",
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
    assert len(run.changed) == 1
    assert not (tmp_path / "secrets").exists()
