# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage outside S3: the roles set nodes up for it, and do not claim to have proven more (facts 1.4, 2.8)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.environment_readers import shell
from tests.fleet.cluster import Cluster
from tests.greeting import BODY

KEY = {"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\nkey-canary-5d0a91\n"}
KEY_FILE = json.dumps(KEY, indent=2) + "\n"


def test_nodes_are_set_up_for_google_cloud_and_what_is_not_proven_is_said(cluster: Cluster, tmp_path: Path) -> None:
    data_plane = cluster.new_data_plane("dp1")
    data_plane.environment_file.write_text("AWS_REGION=left-over\nTZ=UTC\n")
    cluster.fleet.variables |= {
        "kong_fallback_storage": "gcs://kong-fallback/prod",
        "kong_fallback_environment": {"GCP_SERVICE_ACCOUNT": KEY_FILE},
    }

    run = cluster.fleet.play("kongops.fallback.nodes", "--diff", "-vvv")

    assert run.code == 0, run.output
    assert "cluster_fallback_config_storage = gcs://kong-fallback/prod\n" in data_plane.kong_conf.read_text()
    assert json.loads(shell(data_plane.environment_file, "GCP_SERVICE_ACCOUNT")) == KEY
    names = [line.partition("=")[0] for line in data_plane.environment_file.read_text().splitlines()]
    assert names == [
        "TZ",
        "GCP_SERVICE_ACCOUNT",
        "KONG_VAULT_FALLBACK_ENVIRONMENT",
    ]
    assert data_plane.get("/hello") == (200, BODY)
    assert "key-canary-5d0a91" not in run.output
    assert "gcs://kong-fallback/prod is not in S3, so its snapshots cannot be verified" in " ".join(run.output.split())

    again = cluster.fleet.play("kongops.fallback.nodes")
    assert set(again.changes.values()) == {0}, again.output

    own = tmp_path / "own.yml"
    own.write_text("- hosts: kong_data_plane\n  gather_facts: false\n  roles: [kongops.fallback.data_plane]\n")
    by_role = cluster.fleet.play(own)
    assert set(by_role.changes.values()) == {0}, by_role.output
    assert "is not in S3, so its snapshots cannot be verified" in " ".join(by_role.output.split())
