# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job leaves to those who started it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors

OK = "ok"


@dataclass(frozen=True)
class Controller:
    """What started the job: the numbers of its AWX job and workflow job, or a person.

    Slices of one AWX job have one number, and jobs of one workflow have one workflow job.
    """

    person: str
    awx_job: str | None = None
    awx_workflow: str | None = None

    @property
    def member(self) -> str:
        """How this job is told apart from others that hold the same lock."""
        return f"AWX job {self.awx_job}" if self.awx_job else self.person

    @property
    def holder(self) -> str:
        """In whose name the job holds locks: slices and jobs of one workflow share them."""
        return f"AWX workflow job {self.awx_workflow}" if self.awx_workflow else self.member


def controller_of(variables: Mapping[str, Any], person: str) -> Controller:
    """What started a job, from the variables that AWX gives to it, by either of their names."""

    def given(name: str) -> str | None:
        number = variables.get(f"awx_{name}") or variables.get(f"tower_{name}")
        return str(number) if number else None

    return Controller(person, given("job_id"), given("workflow_job_id"))


def job_report(job: str, outcomes: Sequence[Mapping[str, Any]], finished: str) -> dict[str, Any]:
    """The report of a job: its verdict, ``ok`` or all reasons why not, the gateway versions it met, and what each host
    noted. ``finished`` is a moment (ISO 8601)."""
    reasons = dict.fromkeys(outcome.get("verdict", OK) for outcome in outcomes)
    reasons.pop(OK, None)
    return {
        "job": job,
        "finished": finished,
        "verdict": " ".join(reasons) or OK,
        "versions": sorted({version for outcome in outcomes for version in outcome.get("versions", ())}),
        "outcomes": [{"verdict": OK, **outcome} for outcome in outcomes],
    }


def outcome_of_check(
    findings: Sequence[Finding], versions: Sequence[str], snapshots: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What a job that checks snapshots notes: the errors as its verdict, the rest as notes."""
    bad = errors(findings)
    return {
        "verdict": " ".join(finding.sentence for finding in bad) or OK,
        "versions": list(versions),
        "snapshots": list(snapshots),
        "notes": [finding.sentence for finding in findings if finding not in bad],
        "findings": [finding.as_dict() for finding in findings],
    }
