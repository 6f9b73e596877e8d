# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job is called, and what it leaves."""

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._job.report import (
    controller_of,
    job_report,
    outcome_of_check,
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


def test_a_job_is_ok_if_every_host_is() -> None:
    outcomes = [{"verdict": "ok", "versions": ["3.11.0.3"]}, {"versions": ["3.10.0.2", "3.11.0.3"]}]
    assert job_report("verify", outcomes, "2026-01-01T00:00:00+00:00") == {
        "job": "verify",
        "finished": "2026-01-01T00:00:00+00:00",
        "verdict": "ok",
        "versions": ["3.10.0.2", "3.11.0.3"],
        "outcomes": [outcomes[0], {"verdict": "ok", **outcomes[1]}],
    }


def test_a_reason_is_told_once_for_all_its_hosts() -> None:
    outcomes = [{"verdict": "It is missing."}, {"verdict": "ok"}, {"verdict": "It is missing."}, {"verdict": "Denied."}]
    assert job_report("verify", outcomes, "")["verdict"] == "It is missing. Denied."


def test_errors_are_the_verdict_and_the_rest_is_good_to_know() -> None:
    bad = Finding("snapshot-not-ok", ERROR, "It is missing.", fact="3.1")
    note = Finding("snapshot-unused", INFO, "Nothing runs it.")
    outcome = outcome_of_check([note, bad], ["3.11.0.3"], [{"outcome": "missing"}])
    assert outcome["verdict"] == "It is missing. (fact 3.1)"
    assert outcome["notes"] == ["Nothing runs it."]
    assert [finding["code"] for finding in outcome["findings"]] == ["snapshot-unused", "snapshot-not-ok"]
    assert (outcome["versions"], outcome["snapshots"]) == (["3.11.0.3"], [{"outcome": "missing"}])
    assert outcome_of_check([note], [], [])["verdict"] == "ok"
