# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job is called, and what it leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import STOPPED, Evidence
from ansible_collections.kongops.fallback.plugins.module_utils._job.report import (
    NO_CLUSTER,
    controller_of,
    job_report,
    notice_of,
    outcome_of_check,
    outcome_of_failure,
)


@pytest.mark.parametrize(
    ("variables", "holder", "member"),
    [
        ({}, "ops on host1", "ops on host1"),
        ({"awx_job_id": 12}, "AWX job 12", "AWX job 12"),
        ({"tower_job_id": "12"}, "AWX job 12", "AWX job 12"),
        ({"awx_job_id": 12, "awx_workflow_job_id": 7}, "AWX workflow job 7", "AWX job 12"),
        ({"awx_job_id": 12, "tower_workflow_job_id": 7}, "AWX workflow job 7", "AWX job 12"),
        ({"awx_job_id": 12, "awx_workflow_job_id": ""}, "AWX job 12", "AWX job 12"),
    ],
)
def test_slices_and_workflows_share_a_lock(variables: dict[str, object], holder: str, member: str) -> None:
    controller = controller_of(variables, "ops on host1")
    assert (controller.holder, controller.member) == (holder, member)


def node(host: str, **noted: object) -> Evidence:
    return Evidence(host, "s3://kong/prod", exports=False, gateway_version="3.11.0.3", took_part=True, noted=noted)


def test_a_job_is_ok_if_every_host_is() -> None:
    nodes = [node("dp1"), node("dp2", versions=["3.9.0.1", "3.11.0.3"], snapshot="ok")]
    report = job_report("verify", [*nodes, replace(node("dp3"), took_part=False)], "2026-01-01T00:00:00+00:00")
    assert (report["job"], report["finished"]) == ("verify", "2026-01-01T00:00:00+00:00")
    assert (report["verdict"], report["versions"]) == ("ok", ["3.9.0.1", "3.11.0.3"])
    common = {"cluster": "s3://kong/prod", "version": "3.11.0.3", "verdict": "ok"}
    assert report["outcomes"] == [
        {"host": "dp1", **common, "versions": ["3.11.0.3"], "snapshot": None},
        {"host": "dp2", **common, "versions": ["3.9.0.1", "3.11.0.3"], "snapshot": "ok"},
    ]
    assert [cluster["storage"] for cluster in report["clusters"]] == ["s3://kong/prod"]
    assert report["lines"][0].startswith("s3://kong/prod: ")


def test_a_job_is_not_ok_if_it_ended_before_it_looked_at_any_host() -> None:
    report = job_report("verify", [replace(node("dp1"), took_part=False)], "2026-01-01T00:00:00+00:00")

    assert report["verdict"] == report["lines"][0] == NO_CLUSTER
    assert not notice_of(report, "")["succeeded"]


def test_a_reason_is_told_once_for_all_its_hosts() -> None:
    verdicts = ["It is missing.", "ok", "It is missing.", "Denied.", STOPPED]
    nodes = [node(f"dp{number}", verdict=verdict) for number, verdict in enumerate(verdicts)]
    assert job_report("verify", nodes, "")["verdict"] == "It is missing. Denied."


@pytest.mark.parametrize(
    ("result", "job", "verdict", "tells"),
    [
        ({"failed": True, "msg": "It is missing."}, "data_plane", "It is missing.", True),
        ({"failed": True, "msg": "It is missing."}, "lock", "It is missing.", False),
        ({"failed": True, "msg": "No such version."}, "rollback", "No such version.", False),
        ({"failed": True, "censored": "no_log"}, "storage", "The reason is secret.", True),
        (
            {
                "failed": True,
                "msg": "Some items failed.",
                "results": [{"msg": "One."}, {"failed": True, "msg": "Two."}],
            },
            "verify",
            "Two.",
            True,
        ),
        ({}, "backup_node", STOPPED, False),
    ],
)
def test_a_failed_job_keeps_its_reason_and_whether_it_concerns_a_new_data_plane(
    result: dict[str, object], job: str, verdict: str, tells: bool
) -> None:
    outcome = outcome_of_failure(result, {"versions": ["3.11.0.3"]}, job)
    of_node = job in ("data_plane", "backup_node")
    assert outcome == {"versions": ["3.11.0.3"], "verdict": verdict, "tells": tells, "of_node": of_node}


def test_errors_are_the_verdict_and_the_rest_is_good_to_know() -> None:
    bad = Finding("snapshot-not-ok", ERROR, "It is missing.", fact="3.1")
    note = Finding("snapshot-unused", INFO, "Nothing runs it.")
    outcome = outcome_of_check([note, bad], ["3.11.0.3"], [{"outcome": "missing"}])
    assert outcome["verdict"] == "It is missing. (fact 3.1)"
    assert outcome["notes"] == ["Nothing runs it."]
    assert [finding["code"] for finding in outcome["findings"]] == ["snapshot-unused", "snapshot-not-ok"]
    assert (outcome["versions"], outcome["snapshots"]) == (["3.11.0.3"], [{"outcome": "missing"}])
    assert outcome_of_check([note], [], [])["verdict"] == "ok"


def test_a_check_that_could_not_see_fails_and_tells_nothing_about_a_new_data_plane() -> None:
    unseen = [Finding("snapshot-unseen", ERROR, "Not reached."), Finding("node-silent", ERROR, "dp1 is silent.")]
    blind = outcome_of_check(unseen, [], [])
    failed = outcome_of_failure({"failed": True, "msg": "Not reached. dp1 is silent."}, blind, "verify")
    assert (failed["verdict"], failed["tells"]) == ("Not reached. dp1 is silent.", False)
    refused = outcome_of_check([*unseen, Finding("node-cannot-import", ERROR, "dp2 cannot.")], [], [])
    assert outcome_of_failure({"failed": True, "msg": "All three."}, refused, "verify")["tells"]
