# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change on many data planes: batch by batch, never on beyond a node that did not come back, and finished by a rerun.

With ``-m fleet`` the same stories on a large fleet.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ansible import Run
from tests.fleet.cluster import Cluster
from tests.fleet.host import DataPlane
from tests.servers.ports import LOOPBACK

PLAYBOOK = "kongops.fallback.data_plane"
PATIENCE = 3600.0
LARGE = [pytest.mark.fleet, pytest.mark.timeout(PATIENCE)]


@dataclass(frozen=True)
class Rollout:
    """A cluster whose snapshot is there, with running data planes that the collection has not touched yet."""

    cluster: Cluster
    hosts: list[DataPlane]

    def play(self, *arguments: str) -> Run:
        return self.cluster.fleet.play(PLAYBOOK, *arguments, timeout=PATIENCE)

    def pids(self) -> list[int | None]:
        return [host.pid for host in self.hosts]

    def done(self) -> list[bool]:
        """For each host, whether the collection has changed anything on it."""
        return [host.environment_file.exists() or "fallback" in host.kong_conf.read_text() for host in self.hosts]

    def serving(self) -> int:
        return sum(host.get("/hello")[0] == 200 for host in self.hosts)


@pytest.fixture
def rollout(cluster: Cluster, request: pytest.FixtureRequest) -> Rollout:
    hosts = [cluster.new_data_plane(f"dp{number:02}") for number in range(1, request.param + 1)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(DataPlane.start, hosts))
    cluster.export()
    return Rollout(cluster, hosts)


@contextmanager
def broken(host: DataPlane) -> Iterator[None]:
    """The gateway of the host cannot start again: another program has taken the address that its kong.conf asks for.

    The configuration is valid, so nothing can know before the restart.
    """
    with socket.create_server((LOOPBACK, 0)) as taken:
        original = host.kong_conf.read_text()
        address = f"{LOOPBACK}:{taken.getsockname()[1]}"
        assert host.proxy_url.removeprefix("http://") in original
        host.kong_conf.write_text(original.replace(host.proxy_url.removeprefix("http://"), address))
        yield
    repaired = host.kong_conf.read_text().replace(address, host.proxy_url.removeprefix("http://"))
    host.kong_conf.write_text(repaired)


@pytest.mark.parametrize(
    ("rollout", "number"), [(4, 2), pytest.param(50, 17, marks=LARGE)], indirect=["rollout"], ids=["short", "fleet"]
)
def test_one_by_one_a_rollout_stops_at_the_host_that_does_not_come_back(rollout: Rollout, number: int) -> None:
    before, failing = rollout.pids(), rollout.hosts[number - 1]
    with broken(failing):
        stopped = rollout.play("-e", "kong_fallback_serial=1")

    assert stopped.code != 0
    assert list(stopped.reasons) == [failing.name]
    assert stopped.reasons[failing.name].startswith(f"{failing.name} could not restart its gateway with `")
    assert "Address already in use" in stopped.reasons[failing.name]
    assert rollout.done() == [True] * number + [False] * (len(before) - number)
    assert rollout.pids()[number:] == before[number:]
    assert rollout.serving() == len(before) - 1

    finished = rollout.pids()[: number - 1]
    rerun = rollout.play("-e", "kong_fallback_serial=1")

    assert rerun.code == 0, rerun.output
    assert all(rollout.done())
    assert rollout.pids()[: number - 1] == finished
    assert rollout.serving() == len(before)


@pytest.mark.parametrize(
    ("rollout", "batch", "stops_at", "goes_on_at"),
    [(8, 2, 49, 50), pytest.param(50, 12, 8, 9, marks=LARGE)],
    indirect=["rollout"],
    ids=["short", "fleet"],
)
def test_in_batches_of_a_quarter_the_failed_share_decides(
    rollout: Rollout, batch: int, stops_at: int, goes_on_at: int
) -> None:
    failing, rest = rollout.hosts[0], len(rollout.hosts) - batch
    with broken(failing):
        stopped = rollout.play("-e", f"kong_fallback_max_fail_percentage={stops_at}")
        assert stopped.code != 0
        assert rollout.done() == [True] * batch + [False] * rest

    # Of the first batch only the repaired host is left to do, so the next failure is one of a whole batch.
    failing = rollout.hosts[batch]
    with broken(failing):
        went_on = rollout.play("-e", f"kong_fallback_max_fail_percentage={goes_on_at}")
        assert went_on.code != 0
        assert list(went_on.reasons) == [failing.name]
        assert all(rollout.done())
        assert rollout.serving() == len(rollout.hosts) - 1


def forget_the_configuration(host: DataPlane) -> None:
    """Leave a gateway that runs, has the fallback in its files, and has nothing to serve."""
    environment = host.environment_file.read_bytes()
    host.stop()
    (host.prefix / "dbless.lmdb/data.mdb").unlink()
    host.environment_file.write_bytes(b"")
    host.start()
    host.environment_file.write_bytes(environment)
    assert host.get("/hello")[0] == 404


@pytest.mark.parametrize("rollout", [3], indirect=True)
def test_after_a_rollout_only_what_needs_it_is_in_the_batches(rollout: Rollout, tmp_path: Path) -> None:
    same, changed, empty = rollout.hosts
    balancer = tmp_path / "balancer"
    for moment in ("before", "after"):
        note = {"path": str(balancer), "line": moment + " {{ inventory_hostname }}", "create": True, "mode": "0600"}
        (tmp_path / f"{moment}.yml").write_text(json.dumps([{"ansible.builtin.lineinfile": note}]))
    hooks = [f"-ekong_fallback_{moment}_restart_tasks={tmp_path}/{moment}.yml" for moment in ("before", "after")]

    first = rollout.play("-e", "kong_fallback_serial=1", *hooks)
    assert first.code == 0, first.output
    around = [f"{moment} {host.name}" for host in rollout.hosts for moment in ("before", "after")]
    assert balancer.read_text().splitlines() == around

    # From here on only the caches are left to serve from.
    rollout.cluster.control_plane.stop()
    changed.environment_file.write_text(changed.environment_file.read_text().replace("AWS_REGION", "AWS_REGION_"))
    forget_the_configuration(empty)
    pids = rollout.pids()
    balancer.unlink()

    run = rollout.play("-e", "kong_fallback_serial=1", *hooks)

    assert run.code == 0, run.output
    restarted = [after != before for before, after in zip(pids, rollout.pids(), strict=True)]
    assert restarted == [False, True, True]
    written = [task.host for task in run.tasks if task.name == "Write environment and settings of the gateway"]
    assert written == [changed.name, empty.name]
    assert run.changes[same.name] == 0
    assert balancer.read_text().splitlines() == around[2:]
    assert empty.get("/hello")[0] == 200

    pids = rollout.pids()
    all_prove = rollout.play("-e", "kong_fallback_proof_always=true")
    assert all_prove.code == 0, all_prove.output
    tried = [
        task.host for task in all_prove.tasks if task.name == "Try the import with the new files, as the gateway would"
    ]
    assert sorted(tried) == [host.name for host in rollout.hosts]
    assert rollout.pids() == pids


@pytest.mark.parametrize("rollout", [2], indirect=True)
def test_what_would_not_work_stops_the_rollout_before_it_begins(rollout: Rollout) -> None:
    outdated = rollout.cluster.new_data_plane("dp03", version="3.12.0.0")
    run = rollout.play("-e", "kong_fallback_serial=1")
    assert run.code != 0
    assert rollout.cluster.snapshot_key("3.12.0.0") in run.reasons["dp03"]
    assert not any(rollout.done())

    # What Ansible cannot see, because it decides on batches before it reads the inventory.
    rollout.cluster.fleet.hosts.remove(outdated)
    rollout.cluster.fleet.variables["kong_fallback_serial"] = "50%"
    run = rollout.play()
    del rollout.cluster.fleet.variables["kong_fallback_serial"]
    assert run.code != 0
    assert run.reasons["dp01"].startswith(
        "kong_fallback_serial is 50% and kong_fallback_max_fail_percentage 0 in the inv"
    )
    assert not any(rollout.done())


def ssh(program: Path, first: str) -> Path:
    """A client of SSH that runs a command on this machine, after a line of shell."""
    program.write_text(f'#!/bin/sh\n{first}\nfor command; do :; done\nexec sh -c "$command"\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("rollout", [2], indirect=True)
def test_a_node_that_cannot_be_reached_stops_the_run_before_any_is_touched(rollout: Rollout, tmp_path: Path) -> None:
    away, lost = tmp_path / "away", tmp_path / "lost"
    never, until_lost = ssh(tmp_path / "never", "exit 255"), ssh(tmp_path / "until", f"[ ! -e {lost} ] || exit 255")
    clients = {"dp01": until_lost, "dp02": never}
    away.write_text(
        "".join(f"{host} ansible_connection=ssh ansible_ssh_executable={client}\n" for host, client in clients.items())
    )
    fleet = rollout.cluster.fleet
    before = [host.kong_conf.read_bytes() for host in fleet.hosts]

    run = fleet.play("kongops.fallback.nodes", "-i", str(away))

    assert run.code != 0
    assert run.reasons["dp02"].startswith("dp02 is unreachable ('")
    assert "a new data plane would come up: unknown, because dp02 is unreachable" in run.output
    assert [host.kong_conf.read_bytes() for host in fleet.hosts] == before
    assert not any(rollout.done())

    restart = rollout.hosts[0].restart_command
    restart.write_text(restart.read_text().replace("exec '", f"touch {lost}\nexec '"))

    went_on = rollout.play("-i", str(away), "-e", "kong_fallback_max_fail_percentage=50")

    assert went_on.code != 0
    assert went_on.reasons["dp01"].startswith("dp01 has been unreachable since its restart ('")
    assert set(went_on.reasons) == {"dp01", "dp02"}
    assert rollout.done() == [True, False]
    verdict = "a new data plane would come up: unknown, because dp01 has been unreachable since its restart ('"
    assert verdict in went_on.output, "the whole batch is lost, and the job ends with its verdict"
