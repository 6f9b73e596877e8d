# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a job must not begin: nothing to do, a variable that nothing reads, a storage that is described wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.filter.inventory_check import (
    NEEDED,
    inventory_check,
    known_variables,
    missing_collections,
    old_libraries,
)

NODES = "kong_backup_node:kong_data_plane"
GROUPS: Mapping[str, list[str]] = MappingProxyType(
    {"kong_backup_node": ["cp1"], "kong_data_plane": ["dp1", "dp2"], "web": ["web1"], "all": []}
)
RIGHT = {"kong_fallback_storage": "s3://kong/prod", "kong_fallback_region": "eu-central-1"}
CONTROLLER = {"hosts": ["localhost"], "play_hosts": ["localhost"]}
LONG = "x" * 1000


class Variables(Mapping[str, Any]):
    """The variables of a host, which note whose values are looked at."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values_ = values
        self.read: Counter[str] = Counter()

    def __getitem__(self, name: str) -> Any:
        self.read[name] += 1
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def check(
    groups: Mapping[str, list[str]] = GROUPS, given: Mapping[str, Any] | None = None, **request: Any
) -> dict[str, Any]:
    """What is said of an inventory whose nodes have what is right and what is given."""
    hosts = [host for group in groups.values() for host in group]
    pattern = request.get("pattern", NODES)
    matching = [host for group in pattern.split(":") for host in groups.get(group, [])]
    job = {"name": "site", "pattern": pattern, "hosts": matching, "play_hosts": hosts, **request}
    hostvars = {host: {**RIGHT, **(given or {})} for host in [*hosts, "localhost"]}
    return inventory_check(job, hostvars, groups)


@pytest.mark.parametrize(
    ("given", "request_"),
    [
        ({}, {}),
        ({}, {"limit": "dp1", "play_hosts": ["dp1"]}),
        ({}, {"canary": "dp*", "canaries": ["dp1", "dp2"], "limit": "dp1", "play_hosts": ["dp1"]}),
        ({"kong_fallback_region": "us-gov-west-1"}, {}),
        ({"kong_fallback_region": "mx-central-7"}, {}),
        ({"kong_fallback_region": "garage", "kong_fallback_endpoint_url": "https://minio:9000"}, {}),
        ({"kong_fallback_storage": "azure://account1/container/prod", "kong_fallback_region": ""}, {}),
        ({"kong_fallback_state": "absent", "kong_fallback_region": ""}, {}),
        ({"kong_fallback_secret_store": {"type": "ssm", "name": "kong"}}, {"name": "rotate_credentials"}),
        ({"kong_fallback_storage": ""}, {"name": "awx", "pattern": "localhost", **CONTROLLER}),
        # The role of the node refuses it, so that other nodes may go on.
        ({"kong_fallback_region": ""}, {"name": "data_plane"}),
        ({"kong_fallback_instance_role": "false", "kong_fallback_ready_timeout": "90"}, {}),
        ({"kong_fallback_minimum_entities": "{{ of_a_later_play }}"}, {}),
        ({"kong_fallback_minimum_entities": {"services": "100"}}, {}),
        ({"kong_fallback_export_host": "db1"}, {"name": "export", "chosen_by": "kong_fallback_export_host"}),
        ({"kong_fallback_export_host": "db1"}, {}),
        # What a job of a workflow publishes, the next one gets as its variables.
        ({"kong_fallback_verdict": "ok", "kong_fallback_report": ""}, {}),
    ],
)
def test_an_inventory_with_which_a_job_can_begin(given: dict[str, Any], request_: dict[str, Any]) -> None:
    assert check(given=given, **request_)["refusals"] == []


@pytest.mark.parametrize(
    ("groups", "request_", "says"),
    [
        ({}, {}, "The inventory has no host in kong_backup_node or kong_data_plane, so site has nothing to do"),
        ({"kong_backup_node": ["cp1"]}, {"pattern": "kong_data_plane"}, "no host in kong_data_plane, so site has"),
        (GROUPS, {"limit": "web1", "play_hosts": ["web1"]}, "--limit web1 leaves no host of kong_backup_node or"),
        (GROUPS, {"pattern": "dp9", "chosen_by": "kong_fallback_canary_host"}, "kong_fallback_canary_host is dp9"),
        (GROUPS, {"canary": "dp9"}, "dp9, which matches no host of the inventory, so site cannot end with a drill"),
        (
            GROUPS,
            {"canary": "dp2", "canaries": ["dp2"], "limit": "dp1", "play_hosts": ["dp1"]},
            "--limit dp1 leaves out dp2, on which site should end with a drill",
        ),
        ({"kong_data_planes": ["dp1"]}, {}, "the group kong_data_planes with dp1: did you mean kong_data_plane?"),
        ({**GROUPS, "kong-backup-node": ["cp2"]}, {}, "kong-backup-node with cp2: did you mean kong_backup_node?"),
        ({**GROUPS, "data_plane": ["dp3", "dp1"]}, {}, "data_plane with dp3: did you mean kong_data_plane?"),
    ],
)
def test_a_job_that_would_do_nothing(groups: dict[str, list[str]], request_: dict[str, Any], says: str) -> None:
    assert any(says in refusal for refusal in check(groups, **request_)["refusals"])


def test_a_group_that_only_sorts_our_hosts_or_others_is_left_alone() -> None:
    groups = {**GROUPS, "kong_data_planes": ["dp1"], "kong_control_plane": ["cp9"], "kong_data_plane_old": ["dp9"]}
    assert check(groups)["refusals"] == []


def test_a_slice_of_a_job_may_be_without_hosts_for_it_but_not_without_nodes() -> None:
    data_planes = {"pattern": "kong_data_plane", "is_sliced": True}
    assert check({"kong_backup_node": ["cp1"]}, **data_planes)["refusals"] == []
    assert check({"web": ["web1"]}, **data_planes)["refusals"] != []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"kong_fallback_storge": "s3://kong/prod"},
            "cp1, dp1, dp2: nothing reads the variable kong_fallback_storge: did you mean kong_fallback_storage?",
        ),
        ({"kong_fallback_regoin": "eu-central-1"}, "did you mean kong_fallback_region?"),
        ({"kong_fallback_of_ours": 1}, "give your own variable a name without kong_fallback_."),
        ({"kong_fallback_storage": ""}, "cp1, dp1, dp2: kong_fallback_storage is not set"),
        ({"kong_fallback_storage": "s3://kong"}, "cp1: storage is a bare bucket"),
        ({"kong_fallback_region": ""}, "kong_fallback_region is empty for cp1"),
        ({"kong_fallback_region": "eu-centrl-1"}, "AWS has no such region: did you mean eu-central-1?"),
        ({"kong_fallback_region": "frankfurt"}, "'frankfurt', but AWS has no such region: such as eu-central-1."),
        ({"kong_fallback_region": LONG}, "x…', but AWS has no such region"),
        ({"kong_fallback_endpoint_url": "http://minio:9000/kong"}, "kong_fallback_endpoint_url of cp1 has to be"),
        (
            {"kong_fallback_proof": "nodes"},
            "cp1, dp1, dp2: value of kong_fallback_proof must be one of: node, controller, both, got: nodes.",
        ),
        ({"kong_fallback_encryption": LONG}, "of kong_fallback_encryption must be one of"),
        ({"kong_fallback_ready_timeout": "soon"}, "dp1, dp2: kong_fallback_ready_timeout has to be of type int."),
        ({"kong_fallback_instance_role": "perhaps"}, "kong_fallback_instance_role has to be of type bool."),
        ({"kong_fallback_minimum_entities": ["services"]}, "kong_fallback_minimum_entities has to be of type dict."),
        ({"kong_fallback_secret_store": {"type": "vault", "name": "k"}}, "value of type must be one of: secretsmanag"),
        (
            {"kong_fallback_minimum_entities": {"services": "many"}},
            "cp1, dp1, dp2: minimum_entities (kong_fallback_minimum_entities in roles) has services without a number:",
        ),
        ({"kong_fallback_minimum_entities": {LONG: None}}, "has xxx"),
    ],
)
def test_a_mistake_is_named_once_for_all_its_hosts(given: dict[str, Any], says: str) -> None:
    (refusal,) = check(given=given)["refusals"]
    assert says in refusal
    assert LONG[:201] not in refusal


@pytest.mark.parametrize(
    ("name", "given", "missing"),
    [
        ("rollback", {}, ["gateway_version"]),
        ("promote", {"kong_fallback_from_version": "3.9.0.1"}, ["to_version"]),
        ("promote", {}, ["from_version", "to_version"]),
        ("upgrade_check", {}, ["to_version"]),
    ],
)
def test_a_job_names_what_it_was_not_given(name: str, given: dict[str, Any], missing: list[str]) -> None:
    refusals = check(name=name, given=given)["refusals"]
    assert [refusal.partition(", which")[0] for refusal in refusals] == [
        f"cp1, dp1, dp2: {name} needs kong_fallback_{variable}" for variable in missing
    ]


def test_a_host_of_the_export_that_the_inventory_gives_is_refused_because_it_would_be_ignored() -> None:
    (refusal,) = check(given={"kong_fallback_export_host": "db1"}, name="export")["refusals"]
    assert refusal.startswith("kong_fallback_export_host is db1 in the inventory, where it has no effect")


@pytest.mark.parametrize("given", [{}, {"kong_fallback_secret_store": {"name": "k"}, "kong_fallback_identity": "role"}])
def test_a_rotation_without_keys_says_what_it_lacks(given: dict[str, Any]) -> None:
    (refusal,) = check(given=given, name="rotate_credentials")["refusals"]
    assert refusal.startswith(
        "rotate_credentials has no keys to rotate for s3://kong/prod: set kong_fallback_secret_st"
    )


@pytest.mark.parametrize(
    ("name", "version", "says"),
    [
        ("verify", "3.11.0.14", ""),
        ("promote", "", ""),
        ("verify", "", "kong_fallback_login is false, so no job can ask for the gateway version: set"),
        ("data_plane", "3.11.0.14", "kong_fallback_login is false, and data_plane works on the nodes themselves"),
        ("rotate_credentials", "3.11.0.14", "rotate_credentials works on the nodes themselves: leave these hosts out"),
    ],
)
@pytest.mark.parametrize("login", [False, "no"])
def test_a_job_without_a_login_has_to_know_the_versions_or_is_refused(
    name: str, version: str, says: str, login: bool | str
) -> None:
    keys = {"kong_fallback_secret_store": {"type": "ssm", "name": "kong"}}
    given = {**keys, "kong_fallback_login": login, "kong_fallback_gateway_version": version}
    asked = {"kong_fallback_from_version": "3.11.0.14", "kong_fallback_to_version": "3.12.0.9"}
    refusals = check(name=name, given={**given, **(asked if name == "promote" else {})})["refusals"]
    assert len(refusals) == bool(says)
    assert says in "".join(refusals)


def test_it_reads_no_value_of_a_secret_and_looks_at_each_host_a_few_times() -> None:
    hosts = [f"dp{number}" for number in range(200)]
    hostvars = {host: Variables({**RIGHT, "kong_fallback_secret_access_key": "secret-canary"}) for host in hosts}
    job = {"name": "site", "pattern": NODES, "hosts": hosts, "play_hosts": hosts}
    found = inventory_check(job, hostvars, {"kong_data_plane": hosts})
    assert (found["refusals"], found["groups"]["kong_fallback_cluster"]) == ([], ["dp0"])
    read = sum((variables.read for variables in hostvars.values()), Counter[str]())
    names = ("storage", "region", "endpoint_url", "state", "minimum_entities", "login")
    assert set(read) <= {f"kong_fallback_{name}" for name in names}
    assert max(read.values()) <= 5 * len(hosts)


def test_a_controller_without_a_collection_is_told_how_to_get_it() -> None:
    assert missing_collections(NEEDED) == []
    (missing,) = missing_collections({"kongops.none": "every job needs"})
    assert missing == (
        "This controller has no collection kongops.none, which every job needs: run `ansible-galaxy collection install"
        " kongops.none`."
    )


@pytest.mark.parametrize(
    ("oldest", "says"),
    [
        ({"boto3": "1.36.0"}, ""),
        ({"boto3": "99.1"}, f"This controller has boto3 {version('boto3')}, and every look at the storage needs 99.1"),
        ({"no-such-library": "1.0"}, "This controller has no no-such-library, and every look at the storage needs 1.0"),
    ],
)
def test_a_controller_with_a_library_that_is_too_old_is_told_before_anything_is_done(
    oldest: dict[str, str], says: str
) -> None:
    assert "".join(old_libraries(oldest)).startswith(says)
    assert bool(old_libraries(oldest)) == bool(says)


def test_storages_inside_one_another_are_refused_before_anything_is_created_in_them() -> None:
    groups = {"kong_data_plane": ["dp1", "dp2"]}
    hostvars = {"dp1": RIGHT, "dp2": {**RIGHT, "kong_fallback_storage": "s3://kong/prod/eu"}}
    job = {"name": "site", "pattern": NODES, "hosts": ["dp1", "dp2"], "play_hosts": ["dp1", "dp2"]}
    (refusal,) = inventory_check(job, hostvars, groups)["refusals"]
    assert refusal.startswith("s3://kong/prod/eu lies inside s3://kong/prod, whose keys could read and change it")


def test_the_plays_that_follow_find_their_hosts_within_the_limit() -> None:
    found = check(limit="dp2", play_hosts=["dp2"], canary="dp*", canaries=["dp1", "dp2"])
    assert found["groups"] == {"kong_fallback_cluster": ["dp2"], "kong_fallback_canary": ["dp2"]}


def test_an_audit_finds_the_hosts_that_say_whether_they_have_a_timer() -> None:
    hostvars = {"dp1": {**RIGHT, "kong_fallback_audit_timer": False}, "dp2": RIGHT}
    job = {"name": "audit", "pattern": NODES, "hosts": ["dp1", "dp2"], "play_hosts": ["dp1", "dp2"]}
    groups = {"kong_data_plane": ["dp1", "dp2"]}
    assert inventory_check(job, hostvars, groups)["groups"]["kong_fallback_timer"] == ["dp1"]
    assert "kong_fallback_timer" not in inventory_check({**job, "name": "verify"}, hostvars, groups)["groups"]


def test_every_documented_variable_is_known() -> None:
    assert {"kong_fallback_storage", "kong_fallback_serial", "kong_fallback_canary_host"} <= known_variables()
