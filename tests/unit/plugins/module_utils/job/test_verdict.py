# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a new data plane would come up: never yes without the proof of a node, and never without a reason if not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import STOPPED, evidence_of_nodes
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import verdicts

STORAGE = "s3://kong/prod"
GROUPS = {"kong_backup_node": ["cp1"], "kong_data_plane": ["dp1", "dp2"]}
VERSION = "3.11.0.14"
READY = {"gateway_version": VERSION, "running": True, "ready": True, "works": True, "reasons": []}
SNAPSHOT = {
    "gateway_version": VERSION,
    "outcome": "ok",
    "age_seconds": 7300,
    "entities": {"routes": 210, "services": 202},
    "message": "It is a snapshot.",
}
MISSING = {"gateway_version": VERSION, "outcome": "missing", "message": "There is no snapshot."}


def tries(host: str, **answer: Any) -> dict[str, Any]:
    """What is registered of a proof on a node."""
    return {
        "__kong_fallback_tries": {
            "results": [{"item": {"host": host, "hosts": [host]}, "gateway_version": VERSION, **answer}]
        }
    }


def failed(reason: str, tells: bool = True) -> dict[str, Any]:
    """What a host notes whose job failed."""
    return {"__kong_fallback_outcome": {"verdict": reason, "tells": tells}}


LOOKED_AT = {"__kong_fallback_look": READY}
EXPORTED = {**LOOKED_AT, "__kong_fallback_after": {"snapshots": [SNAPSHOT]}}
PROVEN = {**LOOKED_AT, **tries("dp1", outcome="ok")}
RESTARTED = {**PROVEN, "__kong_fallback_look": {**READY, "ready": False}, "__kong_fallback_restarted": READY}


def lines(is_check: bool = False, **nodes: dict[str, Any]) -> list[str]:
    """What is said of the cluster, by what is known of its nodes."""
    hostvars = {host: {"kong_fallback_storage": STORAGE, **nodes.get(host, {})} for host in ("cp1", "dp1", "dp2")}
    return [line for verdict in verdicts(evidence_of_nodes(GROUPS, hostvars), is_check) for line in verdict.lines]


CANARY = {"__kong_fallback_gateway": READY, "__kong_fallback_outcome": {"verdict": "ok", "time_to_ready": 2.5}}
READ_BY_CONTROLLER = {"__kong_fallback_snapshots": {"results": [{"item": {"hosts": ["dp1"]}, "snapshots": [SNAPSHOT]}]}}
VERIFIED = {"__kong_fallback_answer": {"stdout": f"Kong Enterprise {VERSION}"}}
FOUND_MISSING = {**VERIFIED, "__kong_fallback_verification": {"snapshots": [MISSING]}, **failed("There is none.")}
LOCKED = failed("AWX job 7 has been working on it.", tells=False)

GOOD = "snapshot 3.11.0.14 2 h old with 412 entities"
ONLY_FORECAST = (
    "unknown, because no data plane of 3.11.0.14 has tried the import in this run: the playbook outage_drill does"
)


@pytest.mark.parametrize(
    ("nodes", "snapshot", "exporter", "data_planes", "restarted", "word"),
    [
        ({"cp1": EXPORTED, "dp1": PROVEN, "dp2": LOOKED_AT}, GOOD, "ready", "2 of 2 data planes ready", 0, "yes"),
        ({"cp1": EXPORTED, "dp1": RESTARTED}, GOOD, "ready", "1 of 2 data planes ready", 1, "yes"),
        ({"dp1": CANARY}, "snapshot not read", "not looked at", "1 of 2 data planes ready", 0, "yes"),
        (
            {"cp1": EXPORTED},
            *(GOOD, "ready", "2 data planes not looked at", 0),
            "unknown, because this run asked no data plane: the playbook verify does",
        ),
        (
            {"dp1": {**LOOKED_AT, **READ_BY_CONTROLLER}},
            *(GOOD, "not looked at", "1 of 2 data planes ready", 0),
            ONLY_FORECAST,
        ),
        (
            {"cp1": FOUND_MISSING, "dp1": VERIFIED},
            *("snapshot 3.11.0.14 missing", "not looked at", "2 data planes not looked at", 0),
            "no, because There is none.",
        ),
        (
            {"dp1": {**LOOKED_AT, **LOCKED}, "dp2": PROVEN},
            *("snapshot not read", "not looked at", "2 of 2 data planes ready", 0),
            "unknown, because AWX job 7 has been working on it.",
        ),
    ],
)
def test_one_line_tells_what_is_known_of_a_cluster(
    nodes: dict[str, dict[str, Any]], snapshot: str, exporter: str, data_planes: str, restarted: int, word: str
) -> None:
    (line,) = lines(**nodes)
    assert line == (
        f"{STORAGE}: {snapshot}; exporter cp1 {exporter}; {data_planes}; {restarted} restarted;"
        f" a new data plane would come up: {word}"
    )


def test_the_line_tells_how_many_gateways_serve_what_the_snapshot_holds() -> None:
    same, other = ({**READY, "configuration_hash": each} for each in ("5f3c", "a0b1"))
    exported = {**LOOKED_AT, "__kong_fallback_after": {"snapshots": [{**SNAPSHOT, "configuration_hash": "5f3c"}]}}
    (line,) = lines(cp1=exported, dp1={"__kong_fallback_look": same}, dp2={"__kong_fallback_look": other})
    assert f"{STORAGE}: {GOOD} and hash 5f3c that 1 of 2 serve;" in line
    (line,) = lines(cp1=exported, dp1=LOOKED_AT)
    assert f"{STORAGE}: {GOOD} and hash 5f3c;" in line


def test_the_host_of_each_further_reason_has_a_line_but_not_hundreds() -> None:
    works_not = {**LOOKED_AT, "__kong_fallback_look": {**READY, "works": False, "reasons": ["No release reads it."]}}
    cluster, dp1, dp2 = lines(
        cp1=failed("No route."), dp1=works_not, dp2=tries("dp2", outcome="denied", message="Denied.")
    )
    assert cluster.endswith("no, because No route.")
    assert (dp1, dp2) == ("dp1: No release reads it.", "dp2: Denied.")

    hosts = [f"dp{number}" for number in range(30)]
    hostvars = {host: {"kong_fallback_storage": STORAGE, **failed(f"{host} is late. " + 900 * "x")} for host in hosts}
    (verdict,) = verdicts(evidence_of_nodes({"kong_data_plane": hosts}, hostvars))
    assert len(verdict.lines) == 12
    assert verdict.lines[-1] == "… and 19 more hosts"
    assert max(len(line) for line in verdict.lines) < 800


def test_a_host_that_stopped_because_of_another_says_nothing_of_its_own() -> None:
    (line,) = lines(cp1=failed("No route."), dp1=failed(STOPPED, tells=False))
    assert line.endswith("no, because No route.")
    assert lines(dp1={**PROVEN, **failed(STOPPED, tells=False)})[0].endswith("up: yes")


def test_a_node_that_tried_by_itself_proves_its_version() -> None:
    asked = {"__kong_fallback_answer": READY}
    own = {**asked, "__kong_fallback_try": {"gateway_version": VERSION, "outcome": "ok"}}
    assert lines(dp1=own, dp2=asked)[0].endswith("up: yes")
    refused = {**asked, "__kong_fallback_try": {"gateway_version": VERSION, "outcome": "denied", "message": "Denied."}}
    assert lines(dp1=own, dp2=refused)[0].endswith("up: no, because dp2: Denied.")


def test_a_reason_of_one_node_is_told_with_its_name_and_one_of_the_cluster_without() -> None:
    def of_node(reason: str) -> dict[str, Any]:
        return {"__kong_fallback_outcome": {"verdict": reason, "tells": True, "of_node": True}}

    assert lines(dp2=of_node("Cannot run kong."))[0].endswith("up: no, because dp2: Cannot run kong.")
    assert lines(dp2=of_node("dp2 has no key."))[0].endswith("up: no, because dp2 has no key.")
    assert lines(dp2=of_node("Cannot read /srv/dp2/a."))[0].endswith("up: no, because dp2: Cannot read /srv/dp2/a.")
    assert lines(cp1=failed("There is no snapshot."))[0].endswith("up: no, because There is no snapshot.")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("drill-on-proxying-host", "unknown"),
        ("drill-plugin-servers", "unknown"),
        ("drill-import-off", "no"),
        ("drill-not-imported", "no"),
    ],
)
def test_a_drill_that_was_refused_for_the_company_on_its_host_tells_nothing(code: str, word: str) -> None:
    drill = {"findings": [{"code": code, "severity": "error"}, {"code": "licence", "severity": "warning"}]}
    (line,) = lines(dp1={"__kong_fallback_drill": drill, **failed("The outage drill failed on dp1: no.")})
    assert line.endswith(f"up: {word}, because The outage drill failed on dp1: no.")


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ({"services": {"status": 401}}, "unknown"),
        ({"services": {"status": 200, "json": {"data": [{}]}}, "tagged": {"status": 403}}, "unknown"),
        ({"services": {"status": 200, "json": {"data": [{}]}}, "tagged": {"status": 200}}, "no"),
    ],
)
def test_a_canary_that_the_admin_api_lets_not_begin_tells_nothing(answers: dict[str, Any], word: str) -> None:
    registered = {f"__kong_fallback_{name}": answer for name, answer in answers.items()}
    (line,) = lines(cp1={**registered, **failed("It has not arrived.")})
    assert line.endswith(f"up: {word}, because It has not arrived.")


def test_a_fleet_without_a_login_is_unknown_and_its_control_plane_tells_what_it_serves() -> None:
    told = {
        "kong_fallback_login": False,
        "kong_fallback_gateway_version": VERSION,
        "kong_data_plane_configuration_hash": "5f3c" * 8,
        "__kong_fallback_answer": {"skipped": True},
    }
    snapshot = {**SNAPSHOT, "configuration_hash": "5f3c" * 8}
    verified = {**told, "__kong_fallback_verification": {"snapshots": [snapshot]}}
    (line,) = lines(cp1=verified, dp1=told, dp2={**told, "kong_data_plane_configuration_hash": "aaaa" * 8})
    assert "that 2 of 3 serve;" in line
    assert f"up: unknown, because Ansible logs in to no data plane of {VERSION}, so none has tried the import" in line
    # A run that was about another cluster says nothing of it.
    del told["__kong_fallback_answer"]
    assert lines(cp1=told, dp1=told, dp2=told) == []


def test_a_node_that_is_not_reached_tells_nothing_of_a_new_one() -> None:
    away = {"__kong_fallback_look": {"unreachable": True, "msg": "No route."}, **failed("dp2 cannot be reached.")}
    assert lines(dp1=PROVEN, dp2=away)[0].endswith("up: unknown, because dp2 cannot be reached.")


def test_a_storage_that_no_data_plane_reads_says_so() -> None:
    hostvars = {"cp1": {"kong_fallback_storage": STORAGE, **EXPORTED}}
    (verdict,) = verdicts(evidence_of_nodes({"kong_backup_node": ["cp1"]}, hostvars))
    assert verdict.line.endswith("up: unknown, because the inventory has no data plane for this storage")


@pytest.mark.parametrize(
    ("value", "findings", "word"),
    [("on", [], "exports"), ("off", [], "does not export"), ("on", [{"code": "export-failed"}], "does not export")],
)
def test_the_line_tells_whether_the_exporter_exports_and_when_it_last_gave_a_sign(
    value: str, findings: list[dict[str, str]], word: str
) -> None:
    looked_at = {**READY, "settings": {"cluster_fallback_config_export": {"value": value}}, "findings": findings}
    snapshot = {
        **SNAPSHOT,
        "configuration_hash": "779742c3d7af",
        "exporters": [{"age_seconds": 9}, {"age_seconds": 70}],
    }
    cp1 = {"__kong_fallback_look": looked_at, "__kong_fallback_after": {"snapshots": [snapshot]}}
    (line,) = lines(cp1=cp1)
    assert f"412 entities and hash 779742c3; exporter cp1 {word} and gave its last sign 9 s ago;" in line
    # What is only predicted is not told.
    (line,) = lines(cp1={"__kong_fallback_look": {**looked_at, "restart_needed": True}})
    assert "exporter cp1 ready;" in line


def test_check_mode_is_never_a_proof() -> None:
    (line,) = lines(is_check=True, dp1=PROVEN)
    assert line.endswith("up: unknown, because check mode proves nothing")


def test_nodes_of_another_version_are_not_proven_by_the_first() -> None:
    other = {"__kong_fallback_look": {**READY, "gateway_version": "3.9.0.1"}}
    (line,) = lines(dp1=PROVEN, dp2=other)
    assert "up: unknown, because no data plane of 3.9.0.1 has tried" in line


def test_nothing_is_said_of_clusters_that_the_run_did_not_touch_and_of_hosts_outside_the_fallback() -> None:
    assert lines() == []
    assert lines(dp1={**PROVEN, "kong_fallback_state": "absent"}) == []
