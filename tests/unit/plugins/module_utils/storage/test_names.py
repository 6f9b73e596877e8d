# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.names import (
    identity_name,
    place_of_key,
    secret_for,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

NODE = {
    "state": "present",
    "instance_role": False,
    "secret_store": {"type": "ssm", "name": "/kong/prod"},
    "region": "eu-central-1",
    "endpoint_url": "",
    "ca_bundle": "",
    "operator_access_key_id": "",
    "operator_secret_access_key": "",
}


@pytest.mark.parametrize(
    ("storage", "name"),
    [
        ("s3://kong-fallback/prod", "kong-fallback-prod-b3534b90-write"),
        ("s3://kong-fallback/eu/prod_1", "kong-fallback-eu-prod-1-b42b6946-write"),
    ],
)
def test_an_identity_is_named_after_its_storage(storage: str, name: str) -> None:
    assert identity_name(parse(storage), "write") == name


def test_a_long_prefix_still_gives_a_name_that_iam_takes() -> None:
    one, other = (identity_name(parse(f"s3://kong-fallback/{'a' * 200}{end}"), "write") for end in "12")
    assert one != other
    assert len(one) <= 64


def test_the_two_keys_of_a_cluster_have_a_secret_each() -> None:
    store = {"type": "file", "name": "/etc/keys"}
    assert secret_for(store, "write") == {"type": "file", "name": "/etc/keys/write"}
    assert secret_for(store, "read") == {"type": "file", "name": "/etc/keys/read"}


@pytest.mark.parametrize("store", [{}, {"type": "file"}, {"name": "kong"}, {"type": "ssm", "name": ""}])
def test_a_secret_store_needs_type_and_name(store: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="lacks its type or its name: give both"):
        secret_for(store, "read")


def test_there_are_no_other_keys() -> None:
    with pytest.raises(InvalidInput, match="no key for 'admin': ask for write or read"):
        secret_for({"type": "file", "name": "/etc/keys"}, "admin")


def test_a_key_is_read_with_what_is_known_of_its_secret_store() -> None:
    place = {"secret_store": {"type": "ssm", "name": "/kong/prod/read"}, "region": "eu-central-1"}
    assert place_of_key(NODE, "read") == place
    operator = {"operator_access_key_id": "AKIAIOSFODNN7EXAMPLE", "operator_secret_access_key": "secret"}
    assert place_of_key({**NODE, **operator, "ca_bundle": "/etc/ca.pem"}, "read") == {
        **place,
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "secret_key": "secret",
        "aws_ca_bundle": "/etc/ca.pem",
    }


@pytest.mark.parametrize("without", [{"state": "absent"}, {"instance_role": True}, {"secret_store": {}}])
def test_nothing_is_read_for_a_node_that_needs_no_stored_key(without: dict[str, Any]) -> None:
    assert place_of_key({**NODE, **without}, "read") == {}
