# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trend: what audits and drills leave for the next audit, whatever becomes of the file."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.filter.audit_lines import audit_lines
from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics
from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import (
    TrendLine,
    lines_of_drills,
    rendered,
    trend_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend_file import add_to_trend
from ansible_collections.kongops.fallback.plugins.plugin_utils._audit_page import page
from tests.ansible import run_module
from tests.audited_fleet import NOW, STORAGE, VERSION, Fleet, drilled, found

HOSTILE = '</title><script>alert(1)</script>\x1b[2J\n"} 1'
GOOD = rendered([drilled(2, 3.9).as_dict()])


def test_an_audit_leaves_a_line_for_each_snapshot_that_the_next_one_reads() -> None:
    first = Fleet().audit()
    fleet = Fleet()
    fleet.trend = trend_of(rendered(audit_lines(first)))
    (cluster,) = fleet.audit()["clusters"]
    assert [(line["kind"], line["gateway_version"]) for line in cluster["trend"]] == [
        ("audit", snapshot["gateway_version"]) for snapshot in cluster["snapshots"] * 2
    ]
    assert cluster["trend"][0]["size"] == cluster["snapshots"][0]["size"]
    assert cluster["trend"][0]["entities"] == sum(cluster["snapshots"][0]["entities"].values())


def test_an_audit_that_saw_no_snapshot_leaves_a_line_too() -> None:
    fleet = Fleet()
    variables = fleet.hostvars()
    del variables["cp1"]["__kong_fallback_verification"]
    fleet.hostvars = lambda: variables  # type: ignore[method-assign]
    (line,) = audit_lines(fleet.audit())
    assert (line["gateway_version"], line["size"], line["storage"]) == (None, None, STORAGE)


def test_a_drill_is_a_line_unless_its_host_refused_it() -> None:
    result = {"time_to_ready": 4.2, "gateway_version": VERSION, "configuration_hash": "a" * 32, "findings": []}
    refused = {"code": "drill-on-proxying-host", "severity": "error", "message": "It proxies."}
    hostvars: dict[str, dict[str, Any]] = {
        "dp1": {
            "__kong_fallback_drill": result,
            "__kong_fallback_verification": {
                "snapshots": [{"gateway_version": VERSION, "size": 400, "entities": {"routes": 8}}]
            },
        },
        "dp2": {"__kong_fallback_drill": {**result, "time_to_ready": None, "failed": True}},
        "dp3": {"__kong_fallback_drill": {**result, "failed": True, "findings": [refused]}},
        "dp4": {},
    }
    for variables in hostvars.values():
        variables["kong_fallback_storage"] = STORAGE
    good, bad = lines_of_drills(hostvars, hostvars, NOW.isoformat())
    assert (good.would_come_up, good.time_to_ready, good.size, good.entities) == ("yes", 4.2, 400, 8)
    assert (bad.would_come_up, bad.time_to_ready, bad.size) == ("no", None, None)


@pytest.mark.parametrize(
    ("trend", "expected"),
    [
        ([drilled(2, 3.9)], []),
        ([drilled(90, 3.9)], []),
        ([drilled(91, 3.9), drilled(1, None)], ["The last drill that succeeded was 91 d ago"]),
        ([], ["The trend in kong_fallback_report_directory has no drill"]),
        (None, []),
    ],
)
def test_a_drill_that_is_too_long_ago_is_a_finding(trend: list[TrendLine] | None, expected: list[str]) -> None:
    fleet = Fleet()
    fleet.trend = trend
    model = fleet.audit()
    (cluster,) = model["clusters"]
    assert found(model) == [("warning", "not-drilled", ()) for _each in expected]
    assert [each["message"].partition(":")[0] for each in cluster["findings"]] == expected
    assert model["would_come_up"] == "yes"
    assert ("last_drilled_timestamp_seconds{" in metrics(model)) is bool(trend)
    assert (cluster["checks"]["drilled"] == "unknown") is (trend is None)


def test_the_report_draws_what_was_measured() -> None:
    fleet = Fleet()
    fleet.trend = [drilled(30 - day, 3.0 + day, size=400 + day) for day in range(20)]
    text = page(fleet.audit())
    assert text.count('fill="none"><title>') == 20 * 3
    assert "Time to ready in drills, 2026" in text
    assert "22.0 s" in text


def test_the_history_marks_what_the_archive_holds() -> None:
    fleet = Fleet()
    (snapshot, other) = fleet.audit()["clusters"][0]["snapshots"]
    assert {version["archived"] for version in snapshot["history"]} == {False}
    assert {version["archived"] for version in other["history"]} == {None}
    fleet.archived = [snapshot["sha256"]]
    model = fleet.audit()
    archived = [version["archived"] for version in model["clusters"][0]["snapshots"][0]["history"]]
    assert archived.count(True) == page(model).count(", in the archive</title>") > 0


def test_of_one_measurement_nothing_is_drawn() -> None:
    fleet = Fleet()
    fleet.trend = []
    assert "Time to ready" not in page(fleet.audit())


@pytest.mark.parametrize(
    "line",
    [
        "",
        GOOD[: len(GOOD) // 2],
        "null",
        "[]",
        "[" * 100_000,
        json.dumps({**json.loads(GOOD), "version": 2}),
        json.dumps({**json.loads(GOOD), "taken": "2026-11-25T10:00:00"}),
        json.dumps({**json.loads(GOOD), "taken": "yesterday"}),
        json.dumps({**json.loads(GOOD), "kind": HOSTILE}),
        json.dumps({**json.loads(GOOD), "size": "large"}),
        json.dumps({**json.loads(GOOD), "time_to_ready": float("nan")}),
        GOOD.strip().replace("3.9", "1e400"),
        "\x00\u2028",
    ],
)
def test_a_line_that_is_torn_or_of_another_release_is_left_out(line: str) -> None:
    assert [each.time_to_ready for each in trend_of(f"{line}\n{GOOD}{line}")] == [3.9]


def test_hostile_text_in_the_trend_is_text() -> None:
    fleet = Fleet()
    fleet.trend = trend_of(rendered([drilled(day, 3.9, gateway_version=HOSTILE).as_dict() for day in (1, 2)]))
    model = fleet.audit()
    assert "<script" not in page(model)
    assert "\x1b" not in page(model)
    assert "&lt;script&gt;" in page(model)
    assert "alert" not in metrics(model)


def test_the_file_keeps_its_last_lines_and_what_was_torn_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "trend.jsonl"
    for day in range(5, 0, -1):
        line = drilled(day, float(day)).as_dict()
        answer = run_module("audit_trend", {"path": str(file), "lines": [line], "keep": 3})
        assert answer["changed"]
    assert [line["time_to_ready"] for line in answer["lines"]] == [3.0, 2.0, 1.0]
    assert len(file.read_text().splitlines()) == 3
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text()[:-20])
    answer = run_module("audit_trend", {"path": str(file), "lines": [drilled(0, 0.5).as_dict()]})
    assert [line["time_to_ready"] for line in answer["lines"]] == [3.0, 2.0, 0.5]


def test_check_mode_writes_nothing_and_a_missing_file_is_no_trend(tmp_path: Path) -> None:
    file = tmp_path / "trend.jsonl"
    line = drilled(1, 3.9).as_dict()
    predicted = run_module("audit_trend", {"path": str(file), "lines": [line], "_ansible_check_mode": True})
    assert [each["time_to_ready"] for each in predicted["lines"]] == [3.9]
    assert run_module("audit_trend", {"path": str(file)})["lines"] == []
    assert not file.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "/proc/trend", "lines": [{}]}, "Cannot write /proc/trend"),
        ({"path": "/proc"}, "Cannot use /proc: it is a directory"),
        ({"path": "trend.jsonl", "keep": 0}, "keep is 0: give a number of lines"),
    ],
)
def test_a_file_that_cannot_be_had_is_one_sentence(options: dict[str, Any], message: str) -> None:
    answer = run_module("audit_trend", options)
    assert answer["failed"]
    assert answer["msg"].startswith(message)


def test_jobs_that_add_at_the_same_time_lose_no_line(tmp_path: Path) -> None:
    file, count = tmp_path / "trend.jsonl", 40
    since = NOW - timedelta(days=1)

    def add(number: int) -> None:
        taken = (since + timedelta(seconds=number)).isoformat()
        line = TrendLine("drill", taken, STORAGE, "yes", time_to_ready=number)
        add_to_trend(str(file), rendered([line.as_dict()]), 30)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = trend_of(file.read_text())
    assert len(lines) == 30
    assert len({line.time_to_ready for line in lines}) == 30
