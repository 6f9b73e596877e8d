# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit means for its job, and what it says where it saw little."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ansible_collections.kongops.fallback.plugins.filter.audit import audit
from ansible_collections.kongops.fallback.plugins.filter.audit_outcome import audit_outcome
from ansible_collections.kongops.fallback.plugins.module_utils._audit.history import drawn
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import evidence_of_nodes
from ansible_collections.kongops.fallback.plugins.module_utils._job.report import outcome_of_failure
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import verdicts
from tests.audited_fleet import STORAGE, Fleet, found, warned

GROUPS = {"kong_backup_node": ["cp1"], "kong_data_plane": ["dp1", "dp2", "dp3", "dp4"]}


def healthy() -> Fleet:
    return Fleet()


def silent() -> Fleet:
    fleet = Fleet()
    fleet.hosts["dp2"].unreachable = "Connection timed out"
    return fleet


def broken() -> Fleet:
    fleet = Fleet()
    del fleet.storage.snapshots["3.12.0.9"]
    return fleet


def lost() -> Fleet:
    fleet = broken()
    fleet.hosts["cp1"].unreachable = "Connection timed out"
    return fleet


@pytest.mark.parametrize(
    ("fleet", "fails_on"),
    [
        (healthy, set()),
        (warned, {"warning"}),
        (silent, {"unknown", "warning"}),
        (broken, {"error", "unknown", "warning"}),
    ],
)
def test_a_job_fails_on_what_its_operator_chose(fleet: Any, fails_on: set[str]) -> None:
    model = fleet().audit()
    choices = ("never", "error", "unknown", "warning")
    assert {choice for choice in choices if audit_outcome(model, STORAGE, choice)["refusal"]} == fails_on


@pytest.mark.parametrize("fleet", [healthy, warned, silent, broken, lost])
def test_the_verdict_of_the_job_is_that_of_the_audit(fleet: Any) -> None:
    planted = fleet()
    model, variables = planted.audit(), planted.hostvars()
    noted = audit_outcome(model, STORAGE)["noted"]
    # Whether the job goes on or fails by its policy.
    for outcome in (noted, outcome_of_failure({"failed": True, "msg": "It fails on warnings."}, noted, "audit")):
        variables["cp1"]["__kong_fallback_outcome"] = outcome
        (verdict,) = verdicts(evidence_of_nodes(GROUPS, variables))
        assert verdict.would_come_up == model["would_come_up"]
        assert verdict.because == model["clusters"][0]["because"]


def test_a_node_that_a_limit_leaves_out_is_unknown_and_others_are_not() -> None:
    variables = Fleet().hostvars()
    del variables["dp4"]["__kong_fallback_answer"]
    (cluster,) = audit(GROUPS, variables)["clusters"]
    unknown = {node["host"]: node["because"] for node in cluster["nodes"] if node["would_come_up"] != "yes"}
    assert unknown == {
        "dp4": "The node did not report its gateway ('this run did not ask it'): fix it, or take it out of its group."
    }
    assert cluster["would_come_up"] == "unknown"


def test_no_data_plane_is_a_yes_without_a_witness() -> None:
    fleet = Fleet()
    fleet.hosts["dp3"].tries = False
    (cluster,) = fleet.audit()["clusters"]
    assert {node["host"]: node["would_come_up"] for node in cluster["nodes"]} == {
        **dict.fromkeys(("cp1", "dp1", "dp2"), "yes"),
        **dict.fromkeys(("dp3", "dp4"), "unknown"),
    }
    assert cluster["because"] == "No data plane with the storage, version and access of dp3 has tried the import."


def test_a_witness_speaks_only_for_those_with_its_key() -> None:
    fleet = Fleet()
    other = fleet.hosts["dp2"]
    other.environment = (other.environment or "").replace("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")
    (cluster,) = fleet.audit()["clusters"]
    assert [node["host"] for node in cluster["nodes"] if node["would_come_up"] == "unknown"] == ["dp2"]


def test_a_storage_that_does_not_answer_leaves_the_verdict_to_the_nodes() -> None:
    fleet = Fleet()
    fleet.storage.fails = EndpointConnectionError(endpoint_url="https://s3.example.com")
    fleet.hosts["cp1"].listed = None
    (cluster,) = fleet.audit()["clusters"]
    assert cluster["would_come_up"] == "yes"
    # One for the snapshot of each version, a warning, because the nodes may well reach it.
    assert found(fleet.audit()) == [("warning", "unreachable", ())] * 2
    unseen = {each["what"]: each["why"] for each in cluster["not_looked_at"]}
    no_answer = 'Could not connect to the endpoint URL: "https://s3.example.com"'
    assert [no_answer in unseen.pop(what) for what in ("the other snapshots in the storage", "the bucket")] == [
        True
    ] * 2
    assert unseen == {
        "the data planes that the control plane lists": "no Admin API answered at kong_fallback_admin_url",
        "a start from the snapshot": "only the playbook outage_drill starts a gateway",
    }
    assert {check: state for check, state in cluster["checks"].items() if state != "unknown"} == {
        **dict.fromkeys(("control-planes", "access", "other", "archive", "drilled", "keys"), "ok"),
        "snapshot": "warning",
        "replica": "none",
    }


def test_an_audit_that_asked_nothing_knows_nothing() -> None:
    model = audit(GROUPS, {host: {"kong_fallback_storage": STORAGE} for hosts in GROUPS.values() for host in hosts})
    assert (model["would_come_up"], model["because"]) == ("unknown", "This run did not ask any node of a cluster.")


def test_a_cluster_that_has_left_the_fallback_means_nothing() -> None:
    variables = {host: {**each, "kong_fallback_state": "absent"} for host, each in Fleet().hostvars().items()}
    assert audit_outcome(audit(GROUPS, variables), STORAGE, "warning") == {"noted": {}, "refusal": ""}


def test_a_history_is_drawn_by_time_and_size() -> None:
    versions = [
        {"last_modified": f"2026-11-2{day}T12:00:00+00:00", "size": size, "deleted": size is None, "outcome": "ok"}
        | {"entities": {"routes": day}, "archived": day == 3}
        for day, size in ((5, 400), (4, None), (3, 100), (1, 200))
    ]
    points = drawn(versions)
    assert [point.size for point in points] == [200, 100, 400]
    assert [point.entities for point in points] == [1, 3, 5]
    assert [point.is_archived for point in points] == [False, True, False]
    assert points[0].x < points[1].x < points[2].x
    assert points[1].y > points[0].y > points[2].y
    assert drawn(versions[:1]) == []
