# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two jobs on one cluster, from two controllers, and a job after one that was killed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.ansible import Run, run_playbook
from tests.fleet.cluster import Cluster
from tests.waiting import until

LEASE = 4
LONG = 600


def play(cluster: Cluster, controller: str, playbook: str, lease: int = LEASE, **environment: str) -> Run:
    """The run of a controller of its own, whose operator may do anything."""
    return run_playbook(
        f"- ansible.builtin.import_playbook: kongops.fallback.{playbook}",
        cluster.fleet.directory / controller,
        inventory=cluster.fleet.inventory,
        variables={"kong_fallback_lock_lease": lease},
        environment={
            "AWS_ACCESS_KEY_ID": cluster.server.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": cluster.server.root.secret_access_key,
            **environment,
        },
    )


def kept(cluster: Cluster) -> dict[str, Any]:
    """The lock as its object says; empty before the first job."""
    client = cluster.server.client()
    if not client.list_objects_v2(Bucket=cluster.bucket, Prefix="prod/lock/").get("Contents"):
        return {}
    lock: dict[str, Any] = json.load(client.get_object(Bucket=cluster.bucket, Key="prod/lock/job.json")["Body"])
    return lock


def is_renewed(lock: dict[str, Any]) -> bool:
    """Whether it was renewed more than once."""
    leases = [datetime.fromisoformat(until) for until in lock.get("members", {}).values()]
    return any(until > datetime.fromisoformat(lock["since"]) + timedelta(seconds=2 * LEASE) for until in leases)


def expire(cluster: Cluster) -> None:
    """Let the time pass that a lease takes."""
    lock = kept(cluster)
    past = datetime.now(UTC).isoformat(timespec="seconds")
    body = json.dumps({**lock, "members": dict.fromkeys(lock["members"], past)})
    cluster.server.client().put_object(Bucket=cluster.bucket, Key="prod/lock/job.json", Body=body)


def test_a_job_keeps_others_off_for_as_long_as_it_lives_and_no_longer(cluster: Cluster) -> None:
    restart, gate = cluster.control_plane.restart_command, cluster.fleet.directory / "restart now"
    wait = f'while [ ! -e "{gate}" ]; do sleep 0.1; done'
    restart.write_text(restart.read_text().replace("set -eu\n", f"set -eu\n{wait}\n"))
    with ThreadPoolExecutor() as controllers:
        first = controllers.submit(play, cluster, "first", "backup_node")
        try:
            # One task takes several leases.
            until(lambda: is_renewed(kept(cluster)), 120)
            holder = kept(cluster)["holder"]
            second = play(cluster, "second", "site")
        finally:
            gate.touch()
        assert second.code != 0
        assert f"unknown, because {holder} has been working on s3://{cluster.bucket}/prod since " in second.output
        assert second.changed == []
        assert first.result().code == 0, first.result().output
    assert kept(cluster)["members"] == {}

    killed = play(cluster, "third", "site", LONG, ANSIBLE_CALLBACKS_ENABLED="events,killer", KILL_AFTER="8")
    assert killed.code == -9
    refused = play(cluster, "fourth", "site")
    assert "; if it was killed, its lock expires in " in refused.output
    assert refused.changed == []
    expire(cluster)
    rerun = play(cluster, "fourth", "site")
    assert rerun.code == 0, rerun.output
    assert kept(cluster)["members"] == {}
