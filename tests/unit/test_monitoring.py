# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics of an audit by Prometheus' own judge, the alerts in each state, and a dashboard that asks for what is
there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics, metrics_of_storage
from tests.audited_fleet import NOW, warned
from tests.checkout import CHECKOUT
from tests.debian import Unavailable, unpacked

FOLDER = CHECKOUT / "docs/examples/prometheus"
ALERTS = FOLDER / "alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
QUERIES = {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}
NAME = re.compile(r"\bkong_fallback_\w+")


@pytest.fixture(scope="module")
def promtool() -> str:
    """The program, installed or fetched; without it the test is skipped, or fails if the environment has CI."""
    installed = shutil.which("promtool")
    if installed:
        return installed
    try:
        return str(unpacked("prometheus") / "usr/bin/promtool")
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"No promtool: {error}")
        pytest.skip(f"No promtool: {error}")


def said(*command: str | Path, text: str = "", folder: Path | None = None) -> str:
    """What a program that succeeds has printed."""
    done = subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def told() -> str:
    """Every metric that an audit and a timer can have."""
    audit = warned().audit()
    (cluster,) = audit["clusters"]
    return metrics(audit) + metrics_of_storage(cluster["storage"], cluster["snapshots"], NOW, is_read=True)


def test_prometheus_has_nothing_against_the_metrics(promtool: str) -> None:
    assert said(promtool, "check", "metrics", text=told()) == ""


def test_every_alert_fires_when_it_should_and_only_then(promtool: str, tmp_path: Path) -> None:
    for file in (ALERTS, CHECKOUT / "tests/unit/fixtures/alerts-test.yml"):
        shutil.copy(file, tmp_path)
    assert "SUCCESS" in said(promtool, "test", "rules", "alerts-test.yml", folder=tmp_path)
    names = {rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}
    for case in yaml.safe_load((tmp_path / "alerts-test.yml").read_text())["tests"]:
        assert {each["alertname"] for each in case["alert_rule_test"]} == names


def test_every_query_of_the_dashboard_is_one(promtool: str, tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(QUERIES.values())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(QUERIES)} rules found" in said(promtool, "check", "rules", file)


def test_alerts_and_dashboard_ask_for_metrics_that_an_audit_has() -> None:
    asked = set(NAME.findall(ALERTS.read_text())) | {name for expr in QUERIES.values() for name in NAME.findall(expr)}
    there = set(NAME.findall(told()))
    assert asked - there == set()
    documented = (CHECKOUT / "docs/audit.md").read_text()
    assert [name for name in there if name.removeprefix("kong_fallback_") not in documented] == []


def test_the_dashboard_is_a_grid_of_panels_with_a_choice_of_clusters() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _y in cells) < 24
    assert {each["name"] for each in DASHBOARD["templating"]["list"]} == {"datasource", "cluster"}
    assert all("$cluster" in expr for expr in QUERIES.values() if "audit_timestamp_seconds" not in expr)
