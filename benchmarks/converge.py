# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The converge of data planes, against roles that people write by hand.

Hosts are directory trees on this machine, each with a running gateway (the stand-in). All contestants work on the same
hosts: the roles by hand write their own environment files, and the same settings into kong.conf.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.benchmark import Benchmark, Races, growth, ratio
from benchmarks.chart import line_charts
from benchmarks.playbook import OPPONENTS, play, profiled
from benchmarks.side_by_side import OURS, Contestant, Cost, Race, RunFailed, race
from tests.ansible import run_module
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DataPlane
from tests.servers import moto

BY_HAND = "role by hand"
TEMPLATE = "one template"

_PLAYBOOKS = {
    BY_HAND: OPPONENTS / "hand_written.yml",
    TEMPLATE: OPPONENTS / "one_template.yml",
    OURS: "kongops.fallback.data_plane",
}
_SIZES = (5, 20, 60, 200)
_FIRST = (5, 20)
"""The sizes whose first converge is measured; more hosts get everything without a playbook, which is faster."""
_ALONE = 200
"""So many hosts take the roles by hand an hour; what they cost a host is known from fewer."""
_RUNS = {5: 3}
"""How often each contestant runs; a run on more hosts is long enough to be its own average."""

# So that we write a drop-in for systemd as the role by hand does, on hosts without systemd.
_SERVICE = {
    "kong_fallback_service": "kong.service",
    "kong_fallback_systemd_directory": "{{ kong_fallback_kong_conf | dirname | dirname }}/systemd/system",
}


@dataclass(frozen=True)
class _Fleet:
    hosts: Sequence[DataPlane]
    inventory: Path

    def forget(self) -> None:
        """Take away what a contestant has written; the gateways run on."""
        for host in self.hosts:
            for file in host.kong_conf.parent.glob("*.env"):
                file.unlink()
            drop_ins = host.root / "etc/systemd/system/kong.service.d"
            shutil.rmtree(drop_ins, ignore_errors=True)
            drop_ins.mkdir(parents=True)
            host.provision()

    @property
    def opponents(self) -> list[str]:
        """The other contestants for so many hosts."""
        return [BY_HAND, TEMPLATE] if len(self.hosts) < _ALONE else []

    def contestants(self, changes: bool, prepare: Callable[[], object] = lambda: None) -> list[Contestant]:
        """Everyone who works on so many hosts, ours last."""
        return [Contestant(name, partial(self.play, name, changes), prepare) for name in (*self.opponents, OURS)]

    def play(self, name: str, changes: bool, environment: Mapping[str, str] | None = None) -> Cost:
        """Run the playbook of this contestant."""
        told = json.dumps(_SERVICE)
        return play(_PLAYBOOKS[name], self.inventory, "-e", told, changes=changes, environment=environment)


def converge(case: str) -> Iterator[Race]:
    """The first converge of so many hosts unless they are too many, and one that changes nothing."""
    size = int(case)
    runs = _RUNS.get(size, 1)
    with _running(size) as fleet:
        if size in _FIRST:
            yield race(first(size), fleet.contestants(changes=True, prepare=fleet.forget), max(1, runs - 2), size)
        # Only what we wrote last is still there.
        for name in fleet.opponents:
            fleet.play(name, changes=True)
        measured = race(again(size), fleet.contestants(changes=False), runs, size)
        yield replace(measured, profile=profiled(partial(fleet.play, OURS, False), fleet.inventory.parent))


def first(size: int) -> str:
    """The subject of the race in which so many hosts get everything."""
    return f"first, {size} hosts"


def again(size: int) -> str:
    """The subject of the race in which so many hosts have everything."""
    return f"nothing to change, {size} hosts"


def set_up(cluster: Cluster, host: DataPlane) -> None:
    """Write what our playbook would write; raises RunFailed."""
    part = cluster.part_of(host)
    systemd = {"service": _SERVICE["kong_fallback_service"], "systemd_directory": str(host.root / "etc/systemd/system")}
    gateway = {"path": str(host.kong_conf), "kong_command": str(host.kong)}
    answer = run_module("cluster_fallback_node", {**gateway, **part, "environment": {**part["environment"], **systemd}})
    if answer["failed"]:
        raise RunFailed(answer["msg"])


@contextmanager
def _running(size: int) -> Iterator[_Fleet]:
    with (
        tempfile.TemporaryDirectory(prefix="converge-") as directory,
        moto(enforce_iam=True) as server,
        running_cluster(Path(directory), server) as cluster,
    ):
        cluster.export()
        hosts = [cluster.new_data_plane(f"dp{number:03}") for number in range(1, size + 1)]
        if size not in _FIRST:
            for host in hosts:
                set_up(cluster, host)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(DataPlane.start, hosts))
        yield _Fleet(hosts, cluster.fleet.inventory)


def _chart(races: Races) -> str:
    panels = {}
    for title, subject in (("first converge", first), ("nothing to change", again)):
        costs = {size: races[subject(size)].costs for size in _SIZES if subject(size) in races}
        panels[title] = {
            name: [(size, costs[size][name].cpu / size) for size in costs if name in costs[size]] for name in _PLAYBOOKS
        }
    return line_charts("Processor seconds a host, by number of hosts", panels)


CONVERGE = Benchmark(
    name="converge",
    cases=("5", "20", "60", "200"),
    measure=converge,
    bars=(
        *(ratio(again(size), BY_HAND, 0.5) for size in (20, 60)),
        *(ratio(again(size), TEMPLATE, 1.5) for size in (20, 60)),
        growth(again(200), again(20), 1.1),
    ),
    charts={"benchmarks-converge.svg": _chart},
)
