# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit means for its job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import OK
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import NO, UNKNOWN, YES, by_number

_FAIL_ON: Mapping[str, tuple[str, ...]] = {
    "never": (),
    ERROR: (NO,),
    UNKNOWN: (NO, UNKNOWN),
    WARNING: (NO, UNKNOWN),
}
"""The verdicts that fail a job, by what its operator chose."""


def outcome_of_audit(audit: Mapping[str, Any], storage: str) -> dict[str, Any]:
    """What a job records about a cluster: its verdict, and whether that says something about a new data plane."""
    cluster = _cluster(audit, storage)
    if cluster is None:
        return {}
    versions = {node["gateway_version"] for node in cluster["nodes"] if node["gateway_version"]}
    return {
        "verdict": OK if cluster["would_come_up"] == YES else cluster["because"],
        "tells": cluster["would_come_up"] != UNKNOWN,
        "judged": True,
        "versions": sorted(versions, key=by_number),
        "findings": cluster["findings"],
    }


def refusal_of_audit(audit: Mapping[str, Any], storage: str, fail_on: str) -> str:
    """Why the job fails for a cluster; empty unless it found something as severe as ``fail_on``."""
    cluster = _cluster(audit, storage)
    if cluster is None:
        return ""
    if cluster["would_come_up"] in _FAIL_ON[fail_on]:
        return f"A new data plane of {storage} would come up: {cluster['would_come_up']}, because {cluster['because']}"
    if fail_on == WARNING and cluster["findings"]:
        codes = ", ".join(dict.fromkeys(finding["code"] for finding in cluster["findings"]))
        return f"The audit of {storage} has warnings, and kong_fallback_audit_fail_on is warning: {codes}."
    return ""


def _cluster(audit: Mapping[str, Any], storage: str) -> Mapping[str, Any] | None:
    """The cluster; None if all its nodes have left the fallback."""
    return next((each for each in audit["clusters"] if each["storage"] == storage), None)
