# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job reports to the person or program that started it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.plain import plain
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import OK, STOPPED, Evidence
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import (
    NO,
    UNKNOWN,
    YES,
    by_number,
    verdicts,
)

NO_CLUSTER = "No node of a cluster took part in this run, so it says nothing about a new data plane."
_TELLING = {"storage", "nodes", "backup_node", "data_plane", "failover", "verify", "upgrade_check", "outage_drill"}
"""The jobs whose failure means that a new data plane would not come up."""
_NOT_KNOWN = {"snapshot-unseen", "node-silent"}
"""The findings of a check that say what it could not see, and nothing about a new data plane."""
_OF_A_NODE = {"nodes", "backup_node", "data_plane", "outage_drill"}
"""Those among them that fail for something on the host itself."""


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
        """What distinguishes this job from others that hold the same lock."""
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


def job_report(job: str, nodes: Sequence[Evidence], finished: str, is_check: bool = False) -> dict[str, Any]:
    """The report of a job: its verdict, ``ok`` or all reasons why not, the gateway versions it found, the verdict on
    each cluster, the lines that say it, and the outcome of each node. ``finished`` is a moment (ISO 8601)."""
    outcomes = [_outcome(node) for node in nodes if node.took_part]
    reasons = dict.fromkeys(outcome["verdict"] for outcome in outcomes)
    reasons.pop(OK, None)
    reasons.pop(STOPPED, None)
    clusters = verdicts(nodes, is_check)
    return {
        "job": job,
        "finished": finished,
        "verdict": " ".join(reasons) or (OK if outcomes else NO_CLUSTER),
        "versions": sorted({version for outcome in outcomes for version in outcome["versions"]}, key=by_number),
        "clusters": [cluster.as_dict() for cluster in clusters],
        "lines": [line for cluster in clusters for line in cluster.lines] or [NO_CLUSTER],
        "outcomes": outcomes,
    }


def notice_of(report: Mapping[str, Any], file: str) -> dict[str, Any]:
    """What a notification says of a job: its gravest verdict, and all lines; ``file`` holds the whole report."""
    verdicts = {cluster["would_come_up"] for cluster in report["clusters"]}
    gravest = next((word for word in (NO, UNKNOWN, YES) if word in verdicts), UNKNOWN)
    return {
        "job": report["job"],
        "succeeded": report["verdict"] == OK,
        "would_come_up": gravest,
        "summary": f"{report['job']}: a new data plane would come up: {gravest}",
        "lines": plain(report["lines"]),
        "clusters": plain(report["clusters"]),
        "finished": report["finished"],
        "report": file,
    }


def _outcome(node: Evidence) -> dict[str, Any]:
    snapshot = node.own_snapshot
    return {
        "host": node.host,
        "cluster": node.storage,
        "version": node.gateway_version,
        "snapshot": snapshot.get("outcome", OK) if snapshot else None,
        "verdict": OK,
        "versions": [node.gateway_version] if node.gateway_version else [],
        **node.noted,
    }


def outcome_of_failure(result: Mapping[str, Any], noted: Mapping[str, Any], job: str) -> dict[str, Any]:
    """What a host records if its job failed, in addition to what it recorded before.

    ``result`` is that of the task that failed, all items of a loop included; it is empty on a host that stopped because
    of another. A job that proves nothing, such as a rotation, does not say whether a new data plane would come up;
    one that has ``judged`` that itself keeps its judgement.
    """
    if noted.get("judged"):
        return dict(noted)
    items = [item for item in result.get("results", [result]) if item.get("failed")]
    reason = " ".join(str(item.get("msg", "The reason is secret.")) for item in items)
    told = {"tells": bool(reason) and job in _TELLING, "of_node": job in _OF_A_NODE}
    return {**noted, "verdict": reason or STOPPED, **told}


def outcome_of_check(
    findings: Sequence[Finding], versions: Sequence[str], snapshots: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What a job that checks snapshots records: the errors as its verdict, the rest as notes.

    A job that only could not see tells nothing about a new data plane.
    """
    bad = errors(findings)
    is_blind = bool(bad) and all(finding.code in _NOT_KNOWN for finding in bad)
    return {
        "verdict": " ".join(finding.sentence for finding in bad) or OK,
        "versions": list(versions),
        "snapshots": list(snapshots),
        "notes": [finding.sentence for finding in findings if finding not in bad],
        "findings": [finding.as_dict() for finding in findings],
        **({"tells": False, "judged": True} if is_blind else {}),
    }
