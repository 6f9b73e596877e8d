# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audit: on a cluster that works, and on one of which everything is gone that may be gone in an outage."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import Run, run_module
from tests.archive_keys import new_key
from tests.audited_fleet import found
from tests.fleet.cluster import Cluster
from tests.servers.ports import LOOPBACK, free_ports
from tests.waiting import until

NOTIFY = """
- name: Keep the notice
  ansible.builtin.copy:
    content: "{{{{ kong_fallback_notice | to_json }}}}"
    dest: {file}
    mode: "0600"
  changed_when: false

- name: Fail, which is no matter for the job
  ansible.builtin.fail:
    msg: The pager is broken.
"""

HOSTILE = "\x1b]0;owned\x07<script>alert(1)</script>"


def audit(cluster: Cluster, reports: Path, *arguments: str, **variables: Any) -> tuple[Run, dict[str, Any]]:
    """Run the playbook with the credentials of the operator; what it printed, and the model that it wrote."""
    given = {
        "kong_fallback_admin_url": cluster.control_plane.admin_url,
        "kong_fallback_report_directory": str(reports),
        # Those of the tests live for 30 days.
        "kong_fallback_audit_certificate_days": 1,
    }
    operator = cluster.by_operator(**{**given, **variables})
    run = cluster.fleet.play("kongops.fallback.audit", *operator, *arguments, timeout=300)
    return run, json.loads((reports / "kong-fallback-audit.json").read_text())


def secrets(cluster: Cluster) -> list[str]:
    """What must be in no face."""
    fleet = cluster.fleet
    keys = [group["kong_fallback_secret_access_key"] for group in (fleet.backup_node, fleet.data_plane)]
    return [cluster.server.root.secret_access_key, *keys]


def secure(cluster: Cluster) -> None:
    """Give the bucket what the playbook storage would give it."""
    root, variables = cluster.server.root, cluster.fleet.variables
    options = {
        **{name: variables[f"kong_fallback_{name}"] for name in ("storage", "region", "endpoint_url")},
        "access_key": root.access_key_id,
        "secret_key": root.secret_access_key,
        "tls_only": False,
    }
    assert not run_module("storage_bucket", options)["failed"]


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        yield f"http://{LOOPBACK}:{server.getsockname()[1]}"


def test_a_cluster_that_works_is_told_from_one_that_is_gone(cluster: Cluster, silent: str, tmp_path: Path) -> None:
    cluster.export()
    data_planes = [cluster.new_data_plane(name) for name in ("dp1", "dp2", "dp3")]
    for data_plane in data_planes:
        cluster.take_part(data_plane)
    until(lambda: all(each.get("/hello")[0] == 200 for each in data_planes), 30)
    secure(cluster)

    notify = tmp_path / "notify.yml"
    notify.write_text(NOTIFY.format(file=tmp_path / "notice.json"))
    asked = {"kong_fallback_audit_access": True, "kong_fallback_notify_tasks": str(notify)}
    run, model = audit(cluster, tmp_path / "works", **asked)
    assert run.code == 0, run.output
    notice = json.loads((tmp_path / "notice.json").read_text())
    assert (notice["job"], notice["succeeded"], notice["would_come_up"]) == ("audit", True, "yes")
    assert "The notification failed, but the verdict stays the same: The pager is broken." in run.output
    (works,) = model["clusters"]
    # The hosts of the tests have no licence, the snapshot is older than the encryption, and the keys may do more than
    # they need.
    assert {severity for severity, _code, _hosts in found(model)} == {"warning"}
    assert {code for _severity, code, _hosts in found(model)} == {
        *("licence", "unencrypted", "access-excess", "probe-left", "not-drilled"),
    }
    assert {node["host"]: node["would_come_up"] for node in works["nodes"]} == dict.fromkeys(
        ("cp1", "dp1", "dp2", "dp3"), "yes"
    )
    assert {each["is_snapshot"]: each["hosts"] for each in works["serving"]} == {True: ["dp1", "dp2", "dp3"]}
    assert [each["what"] for each in works["not_looked_at"]] == [
        *("the signed archive", "the age of the keys", "a start from the snapshot"),
    ]
    assert [(line["kind"], line["would_come_up"]) for line in works["trend"]] == [("audit", "yes")]
    (noted,) = (tmp_path / "works/kong-fallback-trend.jsonl").read_text().splitlines()
    assert json.loads(noted)["storage"] == works["storage"]
    assert "a new data plane would come up: yes" in run.output
    assert run.changed == []

    # The control plane is gone, a third of the data planes too, and the storage is silent. What is left is not healthy.
    (port,) = free_ports(1)
    away = f"ansible_connection=ssh ansible_host={LOOPBACK} ansible_port={port}"
    outage = tmp_path / "outage"
    outage.write_text(f"cp1 {away}\ndp2 {away}\n")
    cluster.control_plane.stop()
    for data_plane in data_planes:
        environment = data_plane.environment_file
        environment.write_text(environment.read_text().replace(cluster.server.endpoint_url, silent))
    left = data_planes[2]
    left.kong_conf.write_text(f"{HOSTILE}\n{left.kong_conf.read_text().replace('_import = on', '_import = yes')}")

    begin = time.monotonic()
    given = {
        "kong_fallback_endpoint_url": silent,
        "kong_fallback_audit_timeout": 4,
        "kong_fallback_proof_timeout": 4,
        "kong_fallback_secret_store": {"type": "file", "name": str(tmp_path / "none")},
        "kong_fallback_verification_key": new_key().public,
    }
    run, model = audit(cluster, tmp_path / "gone", "-i", str(outage), **given)
    # Four looks at the storage and one import have four seconds each; the rest is for Ansible on a busy machine.
    assert time.monotonic() - begin < 5 * 4 + 60
    assert run.code != 0
    (lost,) = model["clusters"]
    assert {node["host"]: node["would_come_up"] for node in lost["nodes"]} == {
        **dict.fromkeys(("cp1", "dp2"), "unknown"),
        **dict.fromkeys(("dp1", "dp3"), "no"),
    }
    assert {(code, hosts) for _severity, code, hosts in found(model)} == {
        *((code, ("dp3",)) for code in ("boolean-value", "ignored-line")),
        ("node-silent", ("cp1", "dp2")),
        *(("restart-pending", (host,)) for host in ("dp1", "dp3")),
        ("unreachable", ("dp1",)),
        ("licence", ("dp1",)),
        ("not-drilled", ()),
    }
    assert lost["would_come_up"] == "no"
    assert "the verdict above says why" in run.output
    unseen = {each["what"]: each["why"] for each in lost["not_looked_at"]}
    assert unseen["2 of 4 nodes"] == "cp1, dp2 did not report"
    assert "within 4 seconds" in unseen["the snapshots of the running versions"]
    for what in (
        *("the other snapshots in the storage", "the bucket", "the signed archive"),
        *("the age of the write key", "the age of the read key"),
    ):
        assert what in " | ".join(unseen)
    assert "the data planes that the control plane lists" in unseen
    assert "a new data plane would come up: no" in run.output

    faces = [face.read_text() for face in tmp_path.glob("*/kong-fallback-audit.*")]
    assert len(faces) == 10
    assert [secret for secret in secrets(cluster) for text in (*faces, run.output) if secret in text] == []
    assert [text for text in (*faces, run.output) if "\x1b" in text or "<script" in text] == []
