# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a key may do, by real calls, on servers with IAM of different make and on one without."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE, access_policy
from ansible_collections.kongops.fallback.plugins.module_utils._storage.probe import Probe
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.ansible import run_module
from tests.conftest import Store
from tests.servers import Credentials
from tests.servers.s3 import allow

NOBODY = {"AWS_EC2_METADATA_DISABLED": "true"}
INSIDE_ONLY = {"inside": "allowed", "outside": "denied"}
NEVER = {"inside": "denied", "outside": "denied"}
MATRIX = {
    WRITE: {
        "put_config": INSIDE_ONLY,
        "get_config": INSIDE_ONLY,
        "delete_config": NEVER,
        "put_election": INSIDE_ONLY,
        "get_election": NEVER,
        "delete_election": NEVER,
        "list_election": INSIDE_ONLY,
    },
    READ: {
        "put_config": NEVER,
        "get_config": INSIDE_ONLY,
        "delete_config": NEVER,
        "put_election": NEVER,
        "get_election": NEVER,
        "delete_election": NEVER,
        "list_election": NEVER,
    },
}


def identity(store: Store, access: str, policy: Any = None) -> Credentials:
    """A user with the policy that storage_credentials gives, or with another one."""
    return store.server.create_identity(f"{access}-{store.bucket}", policy or access_policy(parse(store.url), access))


def options(store: Store, credentials: Credentials, expect: str) -> dict[str, Any]:
    """The options of the module."""
    return {
        "storage": store.url,
        "endpoint_url": store.server.endpoint_url,
        "region": store.server.region,
        "expect": expect,
        "access_key": credentials.access_key_id,
        "secret_key": credentials.secret_access_key,
    }


def leftovers(store: Store) -> list[Any]:
    """Every version and delete marker in the bucket."""
    answer = store.server.client().list_object_versions(Bucket=store.bucket)
    return [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]


def cells() -> list[tuple[str, str, str]]:
    """Every cell of the promised matrix."""
    return [(access, operation, place) for access in MATRIX for operation in MATRIX[access] for place in NEVER]


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Any]:
    """What was found, by server and access; so that a cell is a test and a probe is not."""
    return {}


@pytest.mark.parametrize(("access", "operation", "place"), cells())
def test_the_access_matrix_is_as_promised(
    store: Store, found: dict[tuple[str, str], Any], access: str, operation: str, place: str
) -> None:
    where = (store.server.name, access)
    if where not in found:
        client = store.server.client(credentials=identity(store, access))
        found[where] = Probe(client, parse(store.url), "probe-1", helper=store.server.client()).run()
        assert leftovers(store) == []
    # moto does not look at conditions; tests/unit/plugins/module_utils/storage/test_probe.py judges this cell.
    blind = store.server.name == "moto" and (access, operation, place) == (WRITE, "list_election", "outside")
    assert found[where][operation][place] == ("allowed" if blind else MATRIX[access][operation][place])


@pytest.mark.parametrize("access", [WRITE, READ])
def test_the_module_finds_the_keys_as_expected(store: Store, monkeypatch: pytest.MonkeyPatch, access: str) -> None:
    answer = run_module("storage_access_info", options(store, identity(store, access), access), environment=root(store))
    assert not answer["failed"], answer
    assert answer["as_expected"], answer["findings"]
    assert not answer["changed"]
    assert leftovers(store) == []


def root(store: Store) -> dict[str, str]:
    """The environment of a controller whose credentials administer the storage."""
    who = store.server.root
    return {"AWS_ACCESS_KEY_ID": who.access_key_id, "AWS_SECRET_ACCESS_KEY": who.secret_access_key}


def test_one_key_for_everything_is_found_out(store: Store) -> None:
    shared = identity(store, "shared", allow(["s3:*"], ["*"]))
    for expect, place in ((READ, "inside"), (WRITE, "outside")):
        answer = run_module("storage_access_info", options(store, shared, expect), environment=root(store))
        assert not answer["as_expected"]
        errors = [finding["message"] for finding in answer["findings"] if finding["severity"] == "error"]
        assert any(f"may write snapshots {place} its prefix" in message for message in errors)
    assert leftovers(store) == []


def test_a_key_that_may_not_do_its_work_is_found_out(store: Store) -> None:
    reader = identity(store, READ)
    answer = run_module("storage_access_info", options(store, reader, WRITE), environment=root(store))
    assert not answer["as_expected"]
    assert [finding["code"] for finding in answer["findings"]] == ["access-missing"] * 3


def test_a_store_without_iam_is_judged_too(careless_store: Store) -> None:
    answer = run_module(
        "storage_access_info", options(careless_store, careless_store.server.root, WRITE), environment=NOBODY
    )
    assert {outcome for places in answer["access"].values() for outcome in places.values()} == {"allowed"}
    assert not answer["as_expected"]


def test_a_key_that_the_store_does_not_know_is_a_failure(store: Store) -> None:
    stranger = Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40)
    answer = run_module("storage_access_info", options(store, stranger, READ), environment=NOBODY)
    assert answer["failed"]
    assert "check access_key and secret_key" in answer["msg"]
