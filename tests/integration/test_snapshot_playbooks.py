# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot's life by the playbooks: exported by hand, verified, promoted before an upgrade, rolled back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fleet.cluster import Cluster

CANARY = "canary-9f20c4d1"


def _operate(cluster: Cluster, playbook: str, *arguments: str, **variables: Any) -> Any:
    """Run a playbook with the credentials of the operator, who may do what no node may."""
    file = cluster.fleet.directory / "operator.json"
    file.touch(mode=0o600)
    root = cluster.server.root
    access = {
        "kong_fallback_operator_access_key_id": root.access_key_id,
        "kong_fallback_operator_secret_access_key": root.secret_access_key,
    }
    file.write_text(json.dumps({**access, **variables}))
    return cluster.fleet.play(f"kongops.fallback.{playbook}", "-e", f"@{file}", *arguments)


def _live(cluster: Cluster, version: str = "") -> dict[str, Any]:
    answer = cluster.server.client().get_object(Bucket=cluster.bucket, Key=cluster.snapshot_key(version))
    document: dict[str, Any] = json.load(answer["Body"])
    return document


def _leftovers(temporary: Path) -> list[Path]:
    return [path for path in temporary.rglob("*") if "kong-fallback" in path.name or path.name == "kong.yml"]


def test_a_snapshot_is_exported_verified_promoted_and_rolled_back(cluster: Cluster, tmp_path: Path) -> None:
    cluster.control_plane.configure("/consumers", {"username": CANARY})
    missing = _operate(cluster, "verify")
    assert missing.code != 0
    assert "There is no snapshot for gateway 3.11.0.14" in missing.output

    predicted = _operate(cluster, "export", "--check")
    assert predicted.code == 0, predicted.output
    assert predicted["Publish the snapshot"]["changed"]
    exported = _operate(cluster, "export", "-vvvv", "--diff")
    assert exported.code == 0, exported.output
    assert exported.changed == ["Publish the snapshot"]
    assert [route["name"] for route in _live(cluster)["routes"]] == ["hello"]
    assert CANARY not in exported.output
    assert cluster.server.root.secret_access_key not in exported.output
    assert _leftovers(tmp_path) == []
    assert _operate(cluster, "export").changed == []

    assert _operate(cluster, "verify").code == 0
    promoted = _operate(cluster, "promote", kong_fallback_from_version="3.11.0.14", kong_fallback_to_version="3.12.0.9")
    assert promoted.code == 0, promoted.output
    assert _live(cluster, "3.12.0.9") == _live(cluster)
    verified = _operate(cluster, "verify")
    assert verified.code == 0
    assert "Nothing runs gateway 3.12.0.9" in verified.output

    cluster.control_plane.configure("/services/greeting/routes", {"name": "again", "paths": ["/again"]})
    assert _operate(cluster, "export").code == 0
    assert len(_live(cluster)["routes"]) == 2
    back = _operate(
        cluster,
        "rollback",
        kong_fallback_gateway_version="3.11.0.14",
        kong_fallback_from_sha256=exported["Publish the snapshot"]["sha256"],
    )
    assert back.code == 0, back.output
    assert [route["name"] for route in _live(cluster)["routes"]] == ["hello"]
