# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: what it costs to ask 60 nodes, and to judge, write and show 500."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.benchmark import Bar, Benchmark, at_most, ratio
from benchmarks.converge import set_up
from benchmarks.playbook import OPPONENTS, play, profiled
from benchmarks.side_by_side import OURS, Contestant, Cost, Race, race
from tests.browser import browser
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DataPlane
from tests.servers import moto
from tests.waiting import until

PINGS = "ping, three times"
_NODES = 500
_PAGE = f"{_NODES} nodes judged, in all five faces"
_PAINT = f"first paint of the page of {_NODES} nodes"
_PAINTS = 5
_PAINTED = "return performance.getEntriesByName('first-paint').map(each => each.startTime)[0] ?? null"
_SIZES = ("20", "60")


def audit(case: str) -> Iterator[Race]:
    """The audit of so many live nodes; or the page of 500, and how long a browser takes to show it."""
    if case == "page":
        yield from _page()
        return
    with _running(int(case)) as cluster:
        inventory = cluster.fleet.inventory
        told = cluster.by_operator(
            kong_fallback_audit_fail_on="never", kong_fallback_admin_url=cluster.control_plane.admin_url
        )
        ours = partial(play, "kongops.fallback.audit", inventory, *told, changes=False)
        pings = partial(play, OPPONENTS / "three_pings.yml", inventory, changes=False)
        measured = race(live(case), [Contestant(PINGS, pings), Contestant(OURS, ours)], 1, int(case))
        profile = profiled(lambda environment: ours(environment=environment), inventory.parent)
        yield replace(measured, profile=profile)


def live(size: str) -> str:
    """The subject of the race on so many live nodes."""
    return f"audit of {size} nodes"


@contextmanager
def _running(size: int) -> Iterator[Cluster]:
    """A cluster whose data planes have everything, and run."""
    with (
        tempfile.TemporaryDirectory(prefix="audit-") as directory,
        moto(enforce_iam=True) as server,
        running_cluster(Path(directory), server) as cluster,
    ):
        cluster.export()
        hosts = [cluster.new_data_plane(f"dp{number:03}") for number in range(1, size)]
        for host in hosts:
            set_up(cluster, host)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(DataPlane.start, hosts))
        yield cluster


def _page() -> Iterator[Race]:
    """Judge and render once, in this process: the filters that the role calls, on what its tasks have registered."""
    # Only main() lets modules of the collection be imported.
    from ansible_collections.kongops.fallback.plugins.filter.audit import audit as judged
    from ansible_collections.kongops.fallback.plugins.filter.audit_face import FACES, audit_face
    from tests.audits import large

    fleet = large(_NODES)
    groups, variables = fleet.groups, fleet.hostvars()
    wall, cpu = time.perf_counter(), time.process_time()
    model = judged(groups, variables)
    faces = {face: audit_face(model, face) for face in FACES}
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu, size=len(faces["html"].encode()))
    yield Race(_PAGE, {OURS: cost}, 1, _NODES)
    yield Race(_PAINT, {OURS: Cost(_first_paint(faces["html"]), 0.0)}, _PAINTS)


def _first_paint(page: str) -> float:
    """Seconds until a browser shows the first of a page, the median of some times."""
    with tempfile.TemporaryDirectory(prefix="audit-") as directory, browser() as chromium:
        file = Path(directory, "report.html")
        file.write_text(page)
        seen = []
        for _time in range(_PAINTS):
            chromium.open(file, 1280, 900, "light")
            seen.append(until(lambda: chromium.run(_PAINTED), 30))
        return median(seen) / 1000


AUDIT = Benchmark(
    name="audit",
    cases=(*_SIZES, "page"),
    measure=audit,
    bars=(
        ratio(live("60"), PINGS, 1.5),
        at_most(_PAGE, "cpu", 5, "CPU seconds"),
        Bar(f"{_PAGE}: MB of HTML", 2, [_PAGE], lambda races: races[_PAGE].costs[OURS].size / 1e6),
        at_most(_PAINT, "wall", 1, "seconds"),
    ),
)
