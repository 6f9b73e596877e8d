# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`kill -9` of ansible-playbook after each task: the fleet goes on serving, and the runs after it finish the work.

The first run is killed after its first task, the next after its second one, and so on, until one comes to its end. So
each task that changes something is the last of a run, and each run begins with what a killed one has left.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.ansible import Run
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DataPlane
from tests.reliability.trials import Trial, Trials
from tests.servers import S3Server
from tests.waiting import NeverTrue, until

KIND = "kills of ansible-playbook"
ACCESS = ("write", "read")
BACK = 20
"""Seconds in which a gateway is back that restarts when ansible-playbook is killed."""
MOST = 500


def killed_rotation(server: S3Server, directory: Path) -> Trials:
    """A rotation of the keys, killed after each of its tasks."""
    with _fleet(server, directory) as (cluster, host):
        keys = _Keys(cluster)
        first = cluster.fleet.play("kongops.fallback.site")
        assert first.code == 0, first.output
        old = keys.stored()

        def play(after: int) -> Run:
            has_begun = all(len(keys.of_user(access)) > 1 or keys.stored()[access] != old[access] for access in ACCESS)
            due = () if has_begun else ("-e", "kong_fallback_key_max_age_days=0")
            return _play(cluster, "rotate_credentials", after, *due)

        def wrong() -> str:
            for access, key in keys.stored().items():
                if keys.of_user(access).get(key) != "Active":
                    return f"lost: the stored key of {access} does not work"
            return _serves(host)

        yield from _killed("rotate_credentials", play, wrong, cluster)
        new = keys.stored()
        left = {access: keys.of_user(access) for access in ACCESS}
        is_done = all(new[access] != old[access] and left[access] == {new[access]: "Active"} for access in ACCESS)
        used = new["read"] in host.environment_file.read_text()
        yield Trial(KIND, "rotate_credentials: the end", 0.0, "" if is_done and used else f"left {left}, used: {used}")


def killed_rollout(server: S3Server, directory: Path) -> Trials:
    """The rollout to data planes that serve, killed after each of its tasks."""
    with running_cluster(directory / "cluster", server) as cluster:
        hosts = [cluster.new_data_plane(name) for name in ("dp1", "dp2")]
        for host in hosts:
            host.start()
        cluster.export()
        cluster.fleet.variables |= cluster.operator

        def wrong() -> str:
            return next(filter(None, map(_serves, hosts)), "")

        yield from _killed("data_plane", lambda after: _play(cluster, "data_plane", after), wrong, cluster)
        bucket = f"s3://{cluster.bucket}/prod"
        is_done = all(bucket in host.kong_conf.read_text() for host in hosts)
        again = cluster.fleet.play("kongops.fallback.data_plane")
        says = (
            "" if is_done and (again.code, again.changed) == (0, []) else f"done: {is_done}, changes: {again.changed}"
        )
        yield Trial(KIND, "data_plane: the end", 0.0, says)


class _Keys:
    """The keys of a cluster, stored and as IAM has them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._directory = Path(cluster.fleet.variables["kong_fallback_secret_store"]["name"])

    def stored(self) -> dict[str, str]:
        """The IDs of the stored keys."""
        return {access: str(self._secret(access)["access_key_id"]) for access in ACCESS}

    def of_user(self, access: str) -> dict[str, str]:
        """All keys of a user and their status."""
        user = self._secret(access)["arn"].rpartition("/")[2]
        answer = self._cluster.server.client("iam").list_access_keys(UserName=user)
        return {key["AccessKeyId"]: key["Status"] for key in answer["AccessKeyMetadata"]}

    def _secret(self, access: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._directory / access).read_text())
        return found


@contextmanager
def _fleet(server: S3Server, directory: Path) -> Iterator[tuple[Cluster, DataPlane]]:
    """A cluster whose keys the collection creates, with one data plane."""
    with running_cluster(directory / "cluster", server) as cluster:
        cluster.fleet.variables |= {
            **cluster.operator,
            "kong_fallback_secret_store": {"type": "file", "name": str(directory / "keys")},
            "kong_fallback_rotation_grace": 0,
            "kong_fallback_prove_access": "never",
        }
        cluster.fleet.backup_node = {"kong_fallback_export_delay": 1}
        cluster.fleet.data_plane = {}
        yield cluster, cluster.new_data_plane("dp1")


def _killed(name: str, play: Callable[[int], Run], wrong: Callable[[], str], cluster: Cluster) -> Trials:
    for after in range(1, MOST):
        start = time.monotonic()
        run = play(after)
        if run.code == 0:
            return
        last = run.tasks[-1].name if run.tasks else "nothing"
        was_killed = run.code == -signal.SIGKILL
        said = wrong() if was_killed else f"stopped by itself with {run.code}: {run.reasons}"
        yield Trial(KIND, f"{name}: after {last}", time.monotonic() - start, said)
        if not was_killed:
            return
        _end_of_modules(cluster.fleet.directory)
        _expire(cluster)
    yield Trial(KIND, f"{name}: the end", 0.0, f"was not reached in {MOST} runs")


def _play(cluster: Cluster, playbook: str, after: int, *arguments: str) -> Run:
    environment = {"ANSIBLE_CALLBACKS_ENABLED": "events,kept_work,killer", "KILL_AFTER": str(after)}
    return cluster.fleet.play(f"kongops.fallback.{playbook}", *arguments, environment=environment)


def _serves(host: DataPlane) -> str:
    """What is wrong with a gateway that should serve; one that restarts has a moment."""
    try:
        until(lambda: host.get("/hello")[0] == 200, BACK)
    except NeverTrue:
        return f"{host.name} does not serve"
    return ""


def _end_of_modules(directory: Path) -> None:
    """Wait for the modules that a killed ansible-playbook left at work; a lock waits for its lease instead."""
    until(lambda: not list(_at_work(directory)), 60)


def _at_work(directory: Path) -> Iterator[int]:
    here = f"EVENTS_FILE={directory}".encode()
    for process in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            command, environment = (Path("/proc", process, name).read_bytes() for name in ("cmdline", "environ"))
            if b"ansible" in command and here in environment:
                yield int(process)


def _expire(cluster: Cluster) -> None:
    """Let the time pass that the lease of a killed job takes."""
    client, place = cluster.server.client(), {"Bucket": cluster.bucket, "Key": "prod/lock/job.json"}
    if client.list_objects_v2(Bucket=cluster.bucket, Prefix=place["Key"]).get("Contents"):
        lock = json.load(client.get_object(**place)["Body"])
        client.put_object(**place, Body=json.dumps({**lock, "members": {}}).encode())
