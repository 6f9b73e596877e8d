# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors
from ansible_collections.kongops.fallback.plugins.module_utils._storage.access import (
    ACCESS_ALLOWED,
    ACCESS_DENIED,
    ACCESS_UNKNOWN,
    INSIDE,
    OPERATIONS,
    OUTSIDE,
    PLACES,
    left_behind,
    permission_findings,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

STORAGE = parse("s3://kong-fallback/prod")
PROMISED = {WRITE: {"get_config", "put_config", "put_election", "list_election"}, READ: {"get_config"}}


def matrix(allowed: set[tuple[str, str]]) -> dict[str, dict[str, str]]:
    return {
        operation: {place: ACCESS_ALLOWED if (operation, place) in allowed else ACCESS_DENIED for place in PLACES}
        for operation in OPERATIONS
    }


def promised(expect: str) -> set[tuple[str, str]]:
    return {(operation, INSIDE) for operation in PROMISED[expect]}


@pytest.mark.parametrize("expect", [WRITE, READ])
def test_what_is_promised_has_no_finding(expect: str) -> None:
    assert permission_findings(matrix(promised(expect)), expect, STORAGE) == ()


@pytest.mark.parametrize(
    ("expect", "operation"), [(expect, operation) for expect in PROMISED for operation in sorted(PROMISED[expect])]
)
def test_each_thing_that_is_missing_is_an_error(expect: str, operation: str) -> None:
    access = matrix(promised(expect) - {(operation, INSIDE)})
    assert [finding.code for finding in errors(permission_findings(access, expect, STORAGE))] == ["access-missing"]
    access[operation][INSIDE] = ACCESS_UNKNOWN
    assert [finding.code for finding in errors(permission_findings(access, expect, STORAGE))] == ["access-unproven"]


AT_WILL = ("list_election", INSIDE)


def test_a_data_plane_may_list_its_storage_because_an_option_grants_that() -> None:
    assert permission_findings(matrix({*promised(READ), AT_WILL}), READ, STORAGE) == ()


WARNINGS_ONLY = {
    *(
        (expect, f"{action}_{what}", OUTSIDE)
        for expect in PROMISED
        for action in ("get", "list")
        for what in ("config", "election")
    ),
    *((expect, "get_election", INSIDE) for expect in PROMISED),
    (WRITE, "delete_config", INSIDE),
    (WRITE, "delete_election", INSIDE),
}


@pytest.mark.parametrize(
    ("expect", "operation", "place"),
    [
        (expect, operation, place)
        for expect in PROMISED
        for operation in OPERATIONS
        for place in PLACES
        if (operation, place) not in promised(expect) | {AT_WILL}
    ],
)
def test_each_thing_too_much_is_found(expect: str, operation: str, place: str) -> None:
    (finding,) = permission_findings(matrix({*promised(expect), (operation, place)}), expect, STORAGE)
    assert finding.code == "access-excess"
    assert finding.severity == ("warning" if (expect, operation, place) in WARNINGS_ONLY else "error")
    assert finding.message.startswith("The key may ")
    assert f"{place} its prefix s3://kong-fallback/prod" in finding.message


def test_probe_objects_that_stay_are_named() -> None:
    (finding,) = left_behind(["b", "a", "a"], STORAGE)
    assert finding.message == "Probe objects are left in the bucket kong-fallback: delete a and b."
    assert left_behind([], STORAGE) == ()


def test_what_is_unknown_and_not_needed_is_no_finding() -> None:
    access = matrix(promised(READ))
    access["get_config"][OUTSIDE] = ACCESS_UNKNOWN
    assert permission_findings(access, READ, STORAGE) == ()
