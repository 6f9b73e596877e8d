# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks of a job ask, from the inventory to the report."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.filter.canary import canary
from ansible_collections.kongops.fallback.plugins.filter.cluster_locks import cluster_locks
from ansible_collections.kongops.fallback.plugins.filter.clusters_of_hosts import clusters_of_hosts
from ansible_collections.kongops.fallback.plugins.filter.drill_failure import drill_failure
from ansible_collections.kongops.fallback.plugins.filter.gateway_version import gateway_version
from ansible_collections.kongops.fallback.plugins.filter.identity_name import identity_name
from ansible_collections.kongops.fallback.plugins.filter.job_identity import job_identity
from ansible_collections.kongops.fallback.plugins.filter.job_report import job_report
from ansible_collections.kongops.fallback.plugins.filter.late_nodes import late_nodes
from ansible_collections.kongops.fallback.plugins.filter.nodes_of_cluster import nodes_of_cluster
from ansible_collections.kongops.fallback.plugins.filter.operator_options import operator_options
from ansible_collections.kongops.fallback.plugins.filter.running_versions import running_versions
from ansible_collections.kongops.fallback.plugins.filter.served_otherwise import served_otherwise
from ansible_collections.kongops.fallback.plugins.filter.upgrade_outcome import upgrade_outcome
from ansible_collections.kongops.fallback.plugins.filter.verification_outcome import verification_outcome

STORAGE = "s3://kong/prod"
GROUPS = {"kong_backup_node": ["cp1"], "kong_data_plane": ["dp1", "dp2"]}
HOSTVARS: dict[str, dict[str, Any]] = {
    host: {"kong_fallback_storage": STORAGE, "__kong_fallback_answer": answer, "__kong_fallback_key_in_use": key}
    for host, answer, key in (
        ("cp1", {"rc": 0, "stdout": "Kong Enterprise 3.11.0.14\n"}, "AKIAWRITER"),
        ("dp1", {"rc": 0, "stdout": "Kong Enterprise 3.9.0.1\n"}, "AKIAOLDER"),
        ("dp2", {"rc": 1, "stdout": ""}, None),
    )
}
GOOD = [
    {"gateway_version": version, "outcome": "ok", "message": f"{version} is good."}
    for version in ("3.9.0.1", "3.11.0.14")
]


def nodes() -> list[dict[str, Any]]:
    """The nodes of the cluster."""
    return nodes_of_cluster(GROUPS, HOSTVARS, STORAGE)


def test_the_nodes_of_a_cluster_and_their_versions() -> None:
    assert [(node["host"], node["access"], node["gateway_version"]) for node in nodes()] == [
        ("cp1", "write", "3.11.0.14"),
        ("dp1", "read", "3.9.0.1"),
        ("dp2", "read", None),
    ]
    assert running_versions(nodes()) == ["3.9.0.1", "3.11.0.14"]


def test_one_host_stands_for_a_cluster() -> None:
    (cluster,) = clusters_of_hosts(["dp2", "cp1"], HOSTVARS)
    assert cluster == {"storage": STORAGE, "host": "dp2", "is_s3": True}


@pytest.mark.parametrize(
    ("storage", "wanted", "locks"),
    [
        (STORAGE, None, ["if_possible"]),
        ("gcs://kong/prod", "", ["if_possible"]),
        (STORAGE, "true", ["always"]),
        (STORAGE, "no", []),
        ("what no gateway takes", True, []),
    ],
)
def test_a_cluster_is_locked_as_its_host_says(storage: str, wanted: object, locks: list[str]) -> None:
    hostvars = {"dp1": {"kong_fallback_storage": storage, "kong_fallback_lock": wanted}}
    assert [lock["lock"] for lock in cluster_locks(["dp1"], hostvars)] == locks


@pytest.mark.parametrize(
    ("read", "locks"),
    [("primary", ["always", "if_possible"]), ("replica", ["if_possible", "always"])],
)
def test_a_replica_is_locked_too_and_the_storage_that_is_not_read_may_be_gone(read: str, locks: list[str]) -> None:
    common = {"kong_fallback_storage": STORAGE, "kong_fallback_replica_storage": "s3://far/prod"}
    hostvars = {"cp1": {**common, "kong_fallback_lock": True}, "dp1": {**common, "kong_fallback_import_from": read}}
    taken = cluster_locks(["cp1", "dp1"], hostvars)
    assert [(lock["storage"], lock["is_replica"]) for lock in taken] == [(STORAGE, False), ("s3://far/prod", True)]
    assert [lock["lock"] for lock in taken] == locks
    hostvars["cp1"]["kong_fallback_lock"] = False
    assert cluster_locks(["cp1", "dp1"], hostvars) == []


def test_an_operator_reaches_the_replica_with_a_pair_of_its_own_or_that_for_the_storage() -> None:
    variables = {
        "kong_fallback_region": "eu-central-1",
        "kong_fallback_replica_region": "eu-west-1",
        "kong_fallback_operator_access_key_id": "AKIANEAR",
        "kong_fallback_operator_secret_access_key": "near",
    }
    near = {"access_key": "AKIANEAR", "secret_key": "near"}
    assert operator_options(variables) == {"region": "eu-central-1", **near}
    assert operator_options(variables, of_replica=True) == {"region": "eu-west-1", **near}
    variables["kong_fallback_replica_operator_access_key_id"] = "AKIAFAR"
    variables["kong_fallback_replica_operator_secret_access_key"] = "far"
    assert operator_options(variables, True) == {"region": "eu-west-1", "access_key": "AKIAFAR", "secret_key": "far"}


def test_a_rotation_waits_for_nodes_with_an_older_key_and_for_those_that_nobody_asked() -> None:
    assert late_nodes(nodes(), {"write": "AKIAWRITER", "read": "AKIAREADER"}) == ["dp1", "dp2"]


def test_a_silent_node_fails_a_verification_and_an_upgrade() -> None:
    verified = verification_outcome(nodes(), GOOD, GOOD)
    assert verified["verdict"].startswith("dp2 did not report its gateway version")
    assert verified["snapshots"] == GOOD
    upgrade = upgrade_outcome(nodes(), GOOD, STORAGE, "3.11.0.14")
    assert upgrade["verdict"].startswith("dp2 did not report its gateway version")
    assert upgrade["notes"] == ["dp1 runs 3.9.0.1, which is older than the version of other nodes in this cluster."]


def test_a_mistake_of_the_operator_fails_the_task() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'3.12' is not a full version"):
        upgrade_outcome(nodes(), GOOD, STORAGE, "3.12")
    with pytest.raises(AnsibleFilterError, match="no scheme"):
        identity_name("kong/prod", "write")
    with pytest.raises(AnsibleFilterError, match="printed 'oops'"):
        gateway_version("oops")


def test_a_snapshot_is_left_behind_by_gateways_that_the_run_or_the_control_plane_saw() -> None:
    ours, theirs, version = "a" * 32, "b" * 32, "3.11.0.14"
    shown = {"running": True, "ready": True, "gateway_version": version, "configuration_age": 400}
    hostvars = {
        "cp1": {
            "__kong_fallback_look": {
                "running": True,
                "gateway_version": version,
                "data_planes": [{"hostname": "scaled-1", "version": version, "config_hash": theirs, "last_seen": 9}],
            }
        },
        "dp1": {"__kong_fallback_look": {**shown, "configuration_hash": theirs}},
        "dp2": {"__kong_fallback_look": {**shown, "configuration_hash": ours}},
    }
    for variables in hostvars.values():
        variables["kong_fallback_storage"] = STORAGE
    snapshot = {"gateway_version": version, "outcome": "ok", "configuration_hash": ours, "age_seconds": 500}

    found = served_otherwise(GROUPS, hostvars, STORAGE, [snapshot])
    assert found["notes"] == []
    (refusal,) = found["refusals"]
    assert refusal.startswith("The snapshot of 3.11.0.14, 500 s old, holds a configuration")
    assert f"dp1 ({theirs}, for 400 s): " in refusal
    assert served_otherwise(GROUPS, hostvars, STORAGE, [snapshot], 400)["refusals"] == []
    assert served_otherwise(GROUPS, hostvars, STORAGE, [snapshot], export_delay=140)["refusals"] == []

    del hostvars["dp1"]["__kong_fallback_look"]
    (note,) = served_otherwise(GROUPS, hostvars, STORAGE, [snapshot])["notes"]
    assert f"scaled-1 (by the control plane) ({theirs})" in note


def test_names_and_versions() -> None:
    assert identity_name("s3://kong-fallback/prod", "read") == "kong-fallback-prod-b3534b90-read"
    assert gateway_version("Kong Enterprise 3.11.0.3\n") == "3.11.0.3"


def test_the_operator_reaches_the_storage_with_what_a_host_knows() -> None:
    variables = {
        "kong_fallback_region": "eu-central-1",
        "kong_fallback_endpoint_url": "",
        "kong_fallback_operator_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "kong_fallback_access_key_id": "the node's",
    }
    assert operator_options(variables) == {"region": "eu-central-1", "access_key": "AKIAIOSFODNN7EXAMPLE"}


def test_a_person_holds_a_lock_by_name_and_awx_by_number() -> None:
    person = job_identity({})
    assert os.uname().nodename in person["holder"]
    assert (person["holder"], person["awx_job"]) == (person["member"], "")
    assert job_identity({"awx_job_id": 12})["awx_job"] == "12"


def test_a_lock_ends_with_the_process_of_the_playbook_whoever_evaluates_the_option() -> None:
    here = job_identity({})
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as workers:
        assert workers.submit(job_identity, {}).result() == here
    assert here["process"] == os.getpid()
    assert Path(here["temporary_directory"]).is_dir()


def test_the_report_holds_what_the_nodes_noted() -> None:
    hostvars = {**HOSTVARS, "cp1": {"__kong_fallback_outcome": {"verdict": "Bad.", "versions": ["3.11.0.14"]}}}
    report = job_report("verify", GROUPS, hostvars)
    assert (report["verdict"], report["versions"]) == ("Bad.", ["3.9.0.1", "3.11.0.14"])
    assert [outcome["host"] for outcome in report["outcomes"]] == ["cp1", "dp1", "dp2"]
    assert datetime.fromisoformat(report["finished"]).utcoffset() == timedelta(0)


def test_a_drill_says_why_it_failed() -> None:
    said = drill_failure("It did not start.", "dp1", {"outcome": "unknown"}, [])
    assert said == "The outage drill failed on dp1: It did not start."


def test_a_job_ends_with_a_drill_on_the_canary_only_if_asked_for() -> None:
    def asked(job: str = "site", **variables: object) -> str:
        return canary(GROUPS, {"dp1": variables, "dp2": variables}, job, ["dp2"])["pattern"]

    assert asked() == asked(kong_fallback_drill_after="false") == asked("verify", kong_fallback_drill_after=True) == ""
    assert asked(kong_fallback_drill_after=True) == asked("outage_drill") == "dp2"
    assert asked("nodes", kong_fallback_drill_after="yes", kong_fallback_canary_host="canaries") == "canaries"


def test_a_drill_is_on_the_canaries_of_all_clusters_wherever_they_are_chosen() -> None:
    hostvars = {"dp1": {"kong_fallback_canary_host": "dp1"}, "dp2": {"kong_fallback_canary_host": "dp2"}}
    chosen = {"pattern": "dp1:dp2", "chosen_by": "kong_fallback_canary_host"}
    assert canary(GROUPS, hostvars, "outage_drill", ["dp1", "dp2"]) == chosen
    given = {"standby": {"kong_fallback_canary_host": "standby"}}
    assert canary({"all": ["standby"]}, given, "outage_drill", ["standby"])["pattern"] == "standby"
    assert canary(GROUPS, {"dp1": {}, "dp2": {}}, "outage_drill", [])["pattern"] == "kong_data_plane[0]"
