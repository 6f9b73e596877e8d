# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot's life by the playbooks: exported by hand, verified, promoted before an upgrade, rolled back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.ansible import run_playbook
from tests.fleet.cluster import Cluster
from tests.servers.ports import LOOPBACK, free_ports
from tests.snapshots import body, flat
from tests.waiting import until

CANARY = "canary-9f20c4d1"
REMEMBERED = """
    - hosts: cp1
      gather_facts: false
      tasks:
        - name: Tell what an earlier run has seen
          ansible.builtin.debug:
            msg: "{{ __kong_fallback_trusted_hashes }}"
    """


def _operate(
    cluster: Cluster,
    playbook: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    **variables: Any,
) -> Any:
    """Run a playbook with the credentials of the operator, who may do what no node may."""
    operator = cluster.by_operator(**variables)
    return cluster.fleet.play(f"kongops.fallback.{playbook}", *operator, *arguments, environment=environment)


def _live(cluster: Cluster, version: str = "") -> dict[str, Any]:
    answer = cluster.server.client().get_object(Bucket=cluster.bucket, Key=cluster.snapshot_key(version))
    document: dict[str, Any] = json.load(answer["Body"])
    return document


def _store(cluster: Cluster, document: dict[str, Any], version: str = "") -> None:
    cluster.server.client().put_object(Bucket=cluster.bucket, Key=cluster.snapshot_key(version), Body=body(document))


def test_an_export_is_published_once_and_leaves_no_copy(cluster: Cluster, tmp_path: Path) -> None:
    cluster.control_plane.configure("/consumers", {"username": CANARY})
    predicted = _operate(cluster, "export", "--check")
    assert predicted.code == 0, predicted.output
    assert predicted["Publish the snapshot"]["changed"]
    exported = _operate(cluster, "export", "-vvvv", "--diff")
    assert exported.code == 0, exported.output
    assert exported.changed == ["Publish the snapshot"]
    assert [route["name"] for route in _live(cluster)["routes"]] == ["hello"]
    assert CANARY not in exported.output
    assert cluster.server.root.secret_access_key not in exported.output
    assert not [path for path in tmp_path.rglob("*") if path.name == "kong.yml"]
    assert not list(Path(tempfile.gettempdir()).glob("kong-fallback-*"))
    assert _operate(cluster, "export").changed == []


def test_verify_asks_every_host_and_names_what_nothing_runs(cluster: Cluster) -> None:
    missing = _operate(cluster, "verify")
    assert missing.code != 0
    assert "There is no snapshot for gateway 3.11.0.14" in missing.output
    _store(cluster, flat())
    _store(cluster, flat(), "3.10.0.2")
    verified = _operate(cluster, "verify")
    assert verified.code == 0, verified.output
    assert "No node runs gateway 3.10.0.2" in verified.output
    assert "would come up: unknown, because the inventory has no data plane for this storage" in verified.output


def test_a_canary_proves_that_a_change_arrives_and_leaves_no_trace(cluster: Cluster, tmp_path: Path) -> None:
    remembering = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts")}
    cluster.export()
    data_plane = cluster.new_data_plane("dp1")
    cluster.take_part(data_plane)
    until(lambda: data_plane.get("/hello")[0] == 200, 30)
    canary = {"kong_fallback_canary": True, "kong_fallback_admin_url": cluster.control_plane.admin_url}

    # The inventory speaks of roles, and dp1 has a key: a warning.
    arrived = _operate(cluster, "verify", **canary, kong_fallback_instance_role=True, environment=remembering)
    assert arrived.code == 0, arrived.output
    assert "remove the key if you mean the role" in " ".join(arrived.output.split())
    assert "holds what these gateways serve now: dp1 (hash" in arrived.output
    assert "that 1 of 1 serve" in arrived.output
    later = run_playbook(REMEMBERED, tmp_path, inventory=cluster.fleet.inventory, environment=remembering)
    assert later["Tell what an earlier run has seen"]["msg"] == ["3.11.0.14"]
    assert cluster.control_plane.read("/services/greeting")["tags"] == []

    until(lambda: not _live(cluster)["services"][0]["tags"])
    _store(cluster, flat())
    pid = data_plane.pid
    behind = _operate(cluster, "nodes", environment=remembering, kong_fallback_hash_grace=1)
    assert behind.code != 0
    assert "holds a configuration" in behind.reasons["cp1"]
    assert "and an earlier run has shown that hashes of this release can be compared" in behind.reasons["cp1"]
    assert "a new data plane would come up: no, because cp1: The snapshot of 3.11.0.14, " in behind.output
    assert data_plane.pid == pid

    conf = cluster.control_plane.kong_conf
    conf.write_text(conf.read_text().replace("config_export = on", "config_export = off"))
    cluster.control_plane.start()
    lost = _operate(cluster, "verify", **canary, kong_fallback_canary_timeout=5)
    assert lost.code != 0
    assert "did not reach s3://" in lost.reasons["cp1"]
    assert cluster.control_plane.read("/services/greeting")["tags"] == []


def test_promotion_before_an_upgrade_and_a_rollback_after_a_mistake(cluster: Cluster) -> None:
    _store(cluster, flat(2, 3))
    promoted = _operate(cluster, "promote", kong_fallback_from_version="3.11.0.14", kong_fallback_to_version="3.12.0.9")
    assert promoted.code == 0, promoted.output
    assert _live(cluster, "3.12.0.9") == flat(2, 3)
    _store(cluster, flat(2, 4), "3.12.0.9")
    undecided = _operate(cluster, "rollback", kong_fallback_gateway_version="3.12.0.9")
    assert undecided.reasons["cp1"] == (
        f"No snapshot of s3://{cluster.bucket}/prod to restore was given: set kong_fallback_from_version_id to a"
        " version of the object, or kong_fallback_from_sha256 to a snapshot in the archive."
    )
    archived = promoted["Publish the snapshot"]["sha256"]
    back = _operate(cluster, "rollback", kong_fallback_gateway_version="3.12.0.9", kong_fallback_from_sha256=archived)
    assert back.code == 0, back.output
    assert _live(cluster, "3.12.0.9") == flat(2, 3)


def test_an_upgrade_is_safe_once_the_snapshot_is_promoted(cluster: Cluster, tmp_path: Path) -> None:
    draft = cluster.new_data_plane("dp1", "3.1.1.6")
    draft.kong_conf.write_text(draft.kong_conf.read_text() + "\ncluster_fallback_config = on\n")
    _store(cluster, flat())
    _store(cluster, flat(), "3.1.1.6")

    unsafe = _operate(cluster, "upgrade_check", kong_fallback_to_version="3.12.0.9")
    assert unsafe.code != 0
    assert (
        f"Gateway 3.12.0.9 would find nothing in s3://{cluster.bucket}/prod (facts 3.1, 4.4): run promote with "
        "kong_fallback_from_version=3.11.0.14 and kong_fallback_to_version=3.12.0.9 before you upgrade."
    ) == unsafe.reasons["cp1"]

    told = {"kong_fallback_from_version": "3.11.0.14", "kong_fallback_to_version": "3.12.0.9"}
    assert _operate(cluster, "promote", **told).code == 0
    safe = _operate(cluster, "upgrade_check", **told, kong_fallback_report_directory=str(tmp_path))
    assert safe.code == 0, safe.output
    assert "dp1 runs 3.1.1.6, which is older than the version of other nodes in this cluster." in safe.output
    assert "The draft names of dp1 become the released ones" in safe.output
    report = tmp_path / "upgrade_check.json"
    assert report.stat().st_mode & 0o777 == 0o600
    assert json.loads(report.read_text())["versions"] == ["3.1.1.6", "3.11.0.14"]

    behind = _operate(cluster, "upgrade_check", kong_fallback_to_version="3.10.0.2")
    assert "cp1 runs a newer version than 3.10.0.2" in behind.reasons["cp1"]


def test_each_cluster_is_verified_by_itself_and_a_silent_node_is_named(cluster: Cluster, tmp_path: Path) -> None:
    _store(cluster, flat())
    cluster.new_data_plane("dp1").kong.unlink()
    cluster.new_data_plane("other1", "3.10.0.2")
    elsewhere = tmp_path / "elsewhere"
    cluster.new_data_plane("far1", "3.10.0.2")
    (port,) = free_ports(1)
    nobody = f"kong_fallback_endpoint_url=http://{LOOPBACK}:{port}"
    elsewhere.write_text(
        f"other1 kong_fallback_storage=s3://{cluster.bucket}/other\n"
        f"far1 kong_fallback_storage=s3://{cluster.bucket}/far {nobody}\n"
    )

    verified = _operate(cluster, "verify", "-i", str(elsewhere))

    assert verified.code != 0
    assert verified.reasons["cp1"].startswith("dp1 did not report its gateway version")
    assert f"s3://{cluster.bucket}/other" in verified.reasons["other1"]
    assert "3.10.0.2" not in verified.reasons["cp1"]
    assert "would come up: no, because dp1 did not report its gateway version" in verified.output
    assert f"s3://{cluster.bucket}/far: snapshot 3.10.0.2 unreachable" in verified.output
    assert f"unknown, because Could not read s3://{cluster.bucket}/far" in verified.output


def test_an_inventory_without_nodes_is_no_success(tmp_path: Path) -> None:
    run = run_playbook(Path("kongops.fallback.verify"), tmp_path)
    assert run.code != 0
    assert "no host in kong_backup_node or kong_data_plane" in run.reasons["localhost"]
    assert "No node of a cluster took part in this run" in run.output
