# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a long kong.conf, against lineinfile; every module is a process of its own, as on a node."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.benchmark import Benchmark
from benchmarks.side_by_side import OURS, Contestant, Cost, Race, RunFailed, measured, race
from tests.ansible.environment import clean_environment
from tests.checkout import CHECKOUT, COLLECTIONS

LINE = "lineinfile, one setting"
LINES = "lineinfile, each of the three settings"
SIZE = 140_000
"""About the size of the file that comes with the gateway, in bytes."""

_STOCK = CHECKOUT / "tests/unit/fixtures/kong_conf/stock.conf"
_DATA_PLANE = """
role = data_plane
database = off
cluster_cert = /etc/kong/cluster.crt
cluster_cert_key = /etc/kong/cluster.key
cluster_control_plane = cp.example.com:8005
"""
_SETTINGS = {
    "cluster_fallback_config_import": "on",
    "cluster_fallback_config_export": "off",
    "cluster_fallback_config_storage": "s3://kong-fallback/prod",
}


def stock() -> str:
    """A data plane's file, like the stock file and of its size: defaults are commented out, and explained."""
    text, filler, number = _STOCK.read_text(), [], 0
    while sum(map(len, filler)) + len(text) < SIZE:
        number += 1
        filler.append(
            f"#nginx_http_example_{number} = {number}m    # A directive for the http block of nginx. Its value is\n"
            "                                  # written as it is, and nothing checks it before the start.\n\n"
        )
    return "".join(filler) + text + _DATA_PLANE


def edit(_case: str) -> Iterator[Race]:
    """The three settings of a data plane, written into the stock file and then found there."""
    with tempfile.TemporaryDirectory(prefix="kong-conf-") as name:
        directory = Path(name)
        conf = directory / "kong.conf"
        ours = {
            "path": str(conf),
            "node_role": "data_plane",
            "storage": _SETTINGS["cluster_fallback_config_storage"],
            "gateway_version": "3.11.0.14",
        }
        lines = [
            {"path": str(conf), "regexp": rf"^#?{name}\s*=", "line": f"{name} = {value}"}
            for name, value in _SETTINGS.items()
        ]

        def contestants(changes: bool) -> list[Contestant]:
            original = directory / f"original-{changes}"
            return [
                Contestant(who, lambda calls=calls: _total(calls, directory, changes), lambda: _copy(original, conf))
                for who, calls in {
                    LINE: [("ansible.modules.lineinfile", lines[0])],
                    LINES: [("ansible.modules.lineinfile", line) for line in lines],
                    OURS: [("ansible_collections.kongops.fallback.plugins.modules.cluster_fallback_config", ours)],
                }.items()
            ]

        conf.write_text(stock())
        _copy(conf, directory / "original-True")
        _total([("ansible.modules.lineinfile", line) for line in lines], directory, changes=True)
        _copy(conf, directory / "original-False")
        yield race("kong.conf of 140 kB, first", contestants(True), 9)
        yield race("kong.conf of 140 kB, nothing to change", contestants(False), 9)


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


def _total(calls: list[tuple[str, Mapping[str, Any]]], directory: Path, changes: bool) -> Cost:
    costs = [_module(name, options, directory, changes) for name, options in calls]
    return Cost(sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs))


def _module(name: str, options: Mapping[str, Any], directory: Path, changes: bool) -> Cost:
    cost, output = measured(
        [sys.executable, "-m", name],
        directory,
        {**clean_environment(), "PYTHONPATH": str(COLLECTIONS)},
        json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}),
    )
    if json.loads(output)["changed"] != changes:
        raise RunFailed(f"{name} did other work than was asked for:\n{output}")
    return cost


KONG_CONF = Benchmark("kong-conf", ["140-kb"], edit)
