# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before a look at a node, in the words of the roles."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._node.preflight import node_refusals

RIGHT = {
    "host": "dp1",
    "state": "present",
    "storage": "s3://kong-fallback/prod",
    "region": "eu-central-1",
    "endpoint_url": "",
    "instance_role": False,
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "secret-canary",
    "environment": {},
    "groups": ["kong_data_plane", "eu"],
    "nested": [],
    "restart": ["kong", ""],
    "missing_files": [],
}
GOOGLE = {"storage": "gcs://kong-fallback/prod", "region": "", "access_key_id": "", "secret_access_key": ""}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"endpoint_url": "https://minio:9000/"},
        {"access_key_id": "", "secret_access_key": "", "instance_role": True},
        {**GOOGLE, "environment": {"GCP_SERVICE_ACCOUNT": '{"type": "service_account"}'}},
        {**GOOGLE, "instance_role": True},
        {"state": "absent", "storage": "", "region": "", "access_key_id": ""},
        {"storage": "azure://account1/container/prod"},
        {"start": "never", "bake_keys": True, "restart": ["", ""]},
        {"start": "never", "bake_keys": False, "access_key_id": "", "secret_access_key": "", "instance_role": True},
    ],
)
def test_what_may_be_right_is_left_to_the_look(request_: dict[str, Any]) -> None:
    assert node_refusals({**RIGHT, **request_}) == []


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (
            {"groups": ["kong_backup_node", "kong_data_plane"]},
            "dp1 is in kong_backup_node and in kong_data_plane: take",
        ),
        ({"storage": "https://minio/b"}, "dp1: "),
        ({"storage": "ftp://b/p"}, "(fact 1.4)"),
        ({"nested": ["a lies inside b"]}, "a lies inside b, whose keys could read and change it (fact 2.6)"),
        ({"region": ""}, "kong_fallback_region is empty for dp1"),
        ({"endpoint_url": "minio:9000"}, "http://host:port"),
        ({"endpoint_url": "http://minio:9000/kong"}, "http://host:port"),
        ({"access_key_id": ""}, "dp1 has no credentials for s3://kong-fallback/prod: set kong_fallback_secret_store"),
        ({"access_key_id": "", "secret_access_key": ""}, "(facts 2.1, 2.4)"),
        (GOOGLE, "dp1 has no key for gcs://kong-fallback/prod: set GCP_SERVICE_ACCOUNT"),
        ({**GOOGLE, "environment": {"GCP_SERVICE_ACCOUNT": "key.json"}}, "GCP_SERVICE_ACCOUNT is no"),
        ({"environment": {"KONG_AWS_REGION": "x"}}, "(fact 2.1)"),
        ({"replica": True, "storage": ""}, "set kong_fallback_replica_storage, which is empty"),
        ({"replica": True, "region": ""}, "kong_fallback_replica_region is empty for dp1"),
        (
            {"replica": True, "access_key_id": ""},
            "set kong_fallback_replica_secret_store, or kong_fallback_replica_acc",
        ),
        ({"restart": ["", ""]}, "neither kong_fallback_service nor kong_fallback_restart_command"),
        (
            {"start": "never", "bake_keys": False},
            "dp1 becomes an image, and every instance of it would hold the same key",
        ),
        (
            {"start": "never", "bake_keys": False, **GOOGLE, "environment": {"GCP_SERVICE_ACCOUNT": '{"a": 1}'}},
            "dp1 becomes an image, and every instance of it would hold the same key",
        ),
        (
            {"start": "never", "bake_keys": True, "first_boot_check": True, "restart": ["", ""]},
            "kong_fallback_first_boot_check is on for dp1 and kong_fallback_service is empty",
        ),
        ({"missing_files": ["/a.yml"]}, "There is no file /a.yml on the controller"),
    ],
)
def test_each_mistake_is_refused_in_one_sentence(request_: dict[str, Any], says: str) -> None:
    (refusal,) = node_refusals({**RIGHT, **request_})
    assert says in refusal
    assert "canary" not in refusal


def test_all_mistakes_of_a_node_are_told_at_once() -> None:
    assert len(node_refusals({**RIGHT, "region": "", "access_key_id": "", "restart": [None, ""]})) == 3


def test_what_is_not_asked_is_not_judged() -> None:
    assert node_refusals({name: RIGHT[name] for name in list(RIGHT)[:9]}) == []
