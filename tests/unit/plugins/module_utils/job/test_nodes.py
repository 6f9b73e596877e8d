# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a cluster as an inventory and the answers of a run describe them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import (
    Cluster,
    KnownNode,
    clusters_of_hosts,
    late,
    nodes_of_cluster,
    nodes_of_groups,
)

STORAGE = "s3://kong/prod"
GROUPS = {"kong_data_plane": ["dp1", "cp1", "dp2"], "kong_backup_node": ["cp1"], "other": ["db1"]}


def node(**variables: Any) -> KnownNode:
    """The one data plane of an inventory, with these variables."""
    hostvars = {"dp1": {"kong_fallback_storage": STORAGE, **variables}}
    (only,) = nodes_of_cluster({"kong_data_plane": ["dp1"]}, hostvars, STORAGE)
    return only


def test_backup_nodes_come_first_and_a_host_counts_once() -> None:
    assert nodes_of_groups(GROUPS) == {"cp1": "write", "dp1": "read", "dp2": "read"}
    assert nodes_of_groups({}) == {}


def test_a_cluster_is_the_nodes_with_one_storage() -> None:
    hostvars: dict[str, dict[str, Any]] = {
        "cp1": {"kong_fallback_storage": STORAGE},
        "dp1": {"kong_fallback_storage": "s3://kong/other"},
        "dp2": {},
    }
    assert [each.host for each in nodes_of_cluster(GROUPS, hostvars, STORAGE)] == ["cp1"]


TRIES = [
    ({"outcome": "ok", "message": "fine"}, ""),
    ({"outcome": "denied", "message": "No."}, "dp1 would have nothing to serve in an outage: No."),
    ({"unreachable": True, "msg": "No route to host"}, "dp1 could not try to import the snapshot: No route to host"),
]


@pytest.mark.parametrize(("answer", "refusal"), TRIES)
def test_a_node_that_tried_the_import_says_why_it_could_not(answer: dict[str, Any], refusal: str) -> None:
    assert node(__kong_fallback_try=answer).import_refusal == refusal
    assert node().import_refusal == ""


def test_what_a_node_serves_is_what_it_showed_last() -> None:
    listed = [{"hostname": "dp9", "config_hash": "c" * 32}]
    before = {"running": True, "ready": True, "configuration_hash": "a" * 32, "data_planes": listed}
    now = {"running": True, "ready": True, "configuration_hash": "b" * 32, "gateway_version": "3.11.0.14"}
    looked = node(__kong_fallback_look=before, __kong_fallback_restarted={"skipped": True})
    assert (looked.asked, looked.configuration_hash, looked.data_planes) == (True, "a" * 32, tuple(listed))
    restarted = node(__kong_fallback_look=before, __kong_fallback_restarted=now)
    assert (restarted.configuration_hash, restarted.gateway_version) == ("b" * 32, "3.11.0.14")
    assert restarted.data_planes == tuple(listed), "which only the look asked for"
    assert node(__kong_fallback_look={"unreachable": True, "msg": "No route"}).asked is False


@pytest.mark.parametrize(("role", "address"), [("data_plane", "cp1:8005"), ("control_plane", "")])
def test_only_a_data_plane_has_a_control_plane(role: str, address: str) -> None:
    settings = {"role": {"value": role}, "cluster_control_plane": {"value": "cp1:8005"}}
    assert node(__kong_fallback_answer={"gateway_version": "3.11.0.14", "settings": settings}).control_plane == address


VERSION = {"kong_fallback_gateway_version": "3.11.0.3"}
ANSWERS: list[tuple[dict[str, Any], dict[str, Any], bool, str | None]] = [
    # variables, answer, asked, version
    ({}, {}, False, None),
    (VERSION, {}, False, "3.11.0.3"),
    ({}, {"rc": 0, "stdout": "Kong Enterprise 3.10.0.2"}, True, "3.10.0.2"),
    ({}, {"rc": 127, "stdout": ""}, True, None),
    ({}, {"rc": 0, "stdout": "command not found"}, True, None),
    (VERSION, {"skipped": True}, True, "3.11.0.3"),
    ({}, {"gateway_version": "3.10.0.2", "settings": {}}, True, "3.10.0.2"),
    ({}, {"failed": True, "msg": "There is no kong."}, True, None),
    ({}, {"unreachable": True, "msg": "No route to host"}, True, None),
]


@pytest.mark.parametrize(("variables", "answer", "asked", "version"), ANSWERS)
def test_a_node_tells_its_version(
    variables: dict[str, Any], answer: dict[str, Any], asked: bool, version: str | None
) -> None:
    told = node(**variables, **({"__kong_fallback_answer": answer} if answer else {}))
    assert (told.asked, told.gateway_version) == (asked, version)
    assert told.is_silent is (asked and version is None)


def test_draft_names_are_seen_in_the_settings() -> None:
    settings = {"cluster_fallback_config": {"value": "on", "source": "file"}}
    draft = node(__kong_fallback_answer={"settings": settings}, kong_fallback_parameter_names="draft")
    assert (draft.draft_names, draft.keeps_draft_names) == (True, True)
    released = node(__kong_fallback_answer={"settings": {"cluster_fallback_config_import": {}}})
    assert (released.draft_names, released.keeps_draft_names) == (False, False)


def test_a_key_that_the_variables_give_is_noticed() -> None:
    assert node(kong_fallback_access_key_id="AKIAIOSFODNN7EXAMPLE").has_given_key
    assert not node(kong_fallback_access_key_id="").has_given_key


def test_the_first_host_stands_for_its_cluster() -> None:
    hostvars: dict[str, dict[str, Any]] = {
        "a1": {"kong_fallback_storage": "s3://kong/a"},
        "b1": {"kong_fallback_storage": "gcs://kong/b"},
        "a2": {"kong_fallback_storage": "s3://kong/a"},
        "none": {},
        "wrong": {"kong_fallback_storage": "ftp://kong/c"},
    }
    assert clusters_of_hosts(list(hostvars), hostvars) == (
        Cluster("s3://kong/a", "a1", is_s3=True),
        Cluster("gcs://kong/b", "b1", is_s3=False),
        Cluster("ftp://kong/c", "wrong", is_s3=False),
    )


@pytest.mark.parametrize(
    ("key_in_use", "is_late"),
    [
        (None, True),  # nobody could ask
        ("", False),  # an instance role
        ("current", False),
        ("an older one", True),
    ],
)
@pytest.mark.parametrize("access", ["write", "read"])
def test_a_node_is_late_until_it_uses_the_current_key(access: str, key_in_use: str | None, is_late: bool) -> None:
    current = {"write": "other", "read": "other", access: "current"}
    nodes = [KnownNode("node1", access, key_in_use=key_in_use)]
    assert late(nodes, current) == (["node1"] if is_late else [])


@pytest.mark.parametrize(
    ("answer", "failures"),
    [
        ({"gateway_version": "3.11.0.14", "findings": []}, ()),
        ({"findings": [{"code": "export-failed", "message": "It does not write."}]}, ("It does not write.",)),
        ({"findings": [{"code": "local-cache", "message": "It has a cache."}]}, ()),
        ({"msg": "gateway_version is 3.12.0.9, but the gateway of this host is 3.11.0.14."}, ("gateway_version is 3",)),
        ({"msg": "non-zero return code", "stdout": ""}, ()),
    ],
)
def test_the_failures_of_a_node_are_what_its_gateway_says(answer: dict, failures: tuple[str, ...]) -> None:
    found = node(__kong_fallback_answer=answer).failures
    assert len(found) == len(failures)
    assert all(each.startswith(beginning) for each, beginning in zip(found, failures, strict=True))
