# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads whose canary finds nothing to tag."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._job.canary import canary_refusal

URL = "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": -1, "msg": "Connection refused"}, ", which did not answer: set the address at which"),
        ({"msg": "no result"}, ", which did not answer: set the address at which"),
        ({"status": 404}, ", which answered with status 404: set the address at which"),
        ({"status": 401}, " and was denied with status 401: set its token in kong_fallback_admin_headers."),
        ({"status": 200, "json": []}, ", but something else answered: set the address of the Admin API."),
        ({"status": 200}, ", but something else answered: set the address of the Admin API."),
        ({"status": 200, "json": {"data": []}}, ", which has no service to tag: create one"),
    ],
)
def test_the_refusal_names_host_address_and_variable(answer: dict[str, Any], reason: str) -> None:
    said = canary_refusal(answer, "cp1", URL)
    assert said.startswith(f"cp1 asked the Admin API at {URL} (kong_fallback_admin_url){reason}")


def test_a_control_plane_with_a_service_is_not_refused() -> None:
    assert canary_refusal({"status": 200, "json": {"data": [{"id": "x"}]}}, "cp1", URL) == ""


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, " and was denied with status 403: set a token that may change services in kong_fallback_admin_headers."),
        (-1, ", which did not answer: set the address at which"),
        (409, ", which answered with status 409: set the address at which"),
    ],
)
def test_a_control_plane_that_lets_nothing_be_tagged_is_named(status: int, reason: str) -> None:
    said = canary_refusal({"status": status}, "cp1", URL, tags=True)
    assert said.startswith(f"cp1 asked the Admin API at {URL} (kong_fallback_admin_url) to tag a service{reason}")
    assert canary_refusal({"status": 200}, "cp1", URL, tags=True) == ""
