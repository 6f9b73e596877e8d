# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data planes of a control plane as hosts, whatever they say of themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._job.listed_hosts import listed_hosts, pages

NOW = 1_764_000_000
ID = "0f2b6d3e-1111-4222-8333-444455556666"
ENTRY = {
    "id": ID,
    "hostname": "dp1",
    "ip": "10.0.0.7",
    "version": "3.11.0.14-enterprise-edition",
    "config_hash": "5f3c" * 8,
    "sync_status": "normal",
    "last_seen": NOW - 9,
}
ADMIN = "https://cp:8444"


def test_a_host_has_what_its_control_plane_says() -> None:
    (host,) = listed_hosts([ENTRY], NOW, 60)
    assert host.name == "dp1"
    assert host.variables == {
        "kong_fallback_gateway_version": "3.11.0.14",
        "kong_data_plane_id": ID,
        "kong_data_plane_hostname": "dp1",
        "kong_data_plane_ip": "10.0.0.7",
        "kong_data_plane_version": "3.11.0.14",
        "kong_data_plane_sync_status": "normal",
        "kong_data_plane_configuration_hash": "5f3c" * 8,
        "kong_data_plane_last_seen": "2025-11-24T15:59:51+00:00",
    }


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"hostname": "{{ lookup('ansible.builtin.pipe', 'id') }}"}, ID),
        ({"hostname": "dp1,dp2"}, ID),
        ({"hostname": "-o ProxyCommand=id"}, ID),
        ({"hostname": "localhost"}, ID),
        ({"hostname": "kong_backup_node"}, ID),
        ({"hostname": None}, ID),
        ({"id": "x", "hostname": "a.b-c_d"}, "a.b-c_d"),
    ],
)
def test_a_name_that_would_mean_something_else_is_not_taken(entry: dict[str, Any], name: str) -> None:
    (host,) = listed_hosts([{**ENTRY, **entry}], NOW, 60)
    assert host.name == name
    assert "{{" not in "".join(host.variables.values())


@pytest.mark.parametrize("value", ["{{ 1 }}", 7, None, [], "3.11", "fe80::1%{{ 1 }}", "x" * 400])
def test_a_value_that_is_not_what_it_should_be_is_left_out(value: Any) -> None:
    odd = dict.fromkeys(("ip", "version", "config_hash", "sync_status"), value)
    (host,) = listed_hosts([{**ENTRY, **odd}], NOW, 60)
    assert set(host.variables) <= {
        *("kong_data_plane_id", "kong_data_plane_hostname", "kong_data_plane_last_seen", "kong_data_plane_sync_status")
    }
    assert "{{" not in "".join(host.variables.values())


def test_hosts_of_one_name_and_hosts_that_are_gone() -> None:
    other = {**ENTRY, "id": "aaaaaaaa" + ID[8:]}
    assert [host.name for host in listed_hosts([ENTRY, other], NOW, 60)] == ["dp1-0f2b6d3e", "dp1-aaaaaaaa"]
    gone = {**other, "last_seen": NOW - 61}
    assert [host.name for host in listed_hosts([ENTRY, gone, "nonsense", {}], NOW, 60)] == ["dp1"]
    assert len(listed_hosts([ENTRY, gone, {**other, "last_seen": 10**30}], NOW, 0)) == 2


def test_every_page_is_read_once() -> None:
    answers = {
        f"{ADMIN}/clustering/data-planes?size=1000": {"data": [1], "offset": "WyJh+/=="},
        f"{ADMIN}/clustering/data-planes?size=1000&offset=WyJh%2B%2F%3D%3D": {"data": [2], "next": None},
    }
    assert list(pages(ADMIN, lambda url: (200, json.dumps(answers.pop(url)).encode()))) == [[1], [2]]
    again = json.dumps({"data": [], "offset": "a"}).encode()
    with pytest.raises(OperationFailed, match="the same page of its list"):
        list(pages(ADMIN, lambda _url: (200, again)))


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, b"", r"does not let this user list its data planes \(401\)"),
        (404, b"", "answers 404"),
        (200, b"<html>", "is not the Admin API of a control plane"),
        (200, b"[]", "is not the Admin API"),
        (200, b'{"data": {}}', "is not the Admin API"),
        (200, b'{"data": [], "offset": "a&b=c"}', "is not the Admin API"),
        (200, b"[" * 100_000, "is not the Admin API"),
        (200, b"\xff", "is not the Admin API"),
    ],
)
def test_an_answer_that_is_no_list_is_one_sentence(status: int, body: bytes, says: str) -> None:
    with pytest.raises(OperationFailed, match=says):
        list(pages(ADMIN, lambda _url: (status, body)))


@pytest.mark.parametrize("url", ["", "cp:8001", "http://user:secret-canary@cp", "http://cp/?a=b", "http://cp/\n"])
def test_an_address_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput, match="admin_url has to be") as caught:
        list(pages(url, lambda _url: (200, b"")))
    assert "canary" not in str(caught.value)
