# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads whose job needs a control plane that Konnect has, or nobody."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._job.control_plane import control_plane_refusal
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import evidence_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import WRITE


def answer(**settings: str) -> dict[str, Any]:
    """What cluster_fallback_config_info says of a gateway with these settings."""
    return {"settings": {name: {"value": value, "source": "file"} for name, value in settings.items()}}


ON_KONNECT = answer(role="data_plane", database="off", konnect_mode="on")


@pytest.mark.parametrize(
    ("work", "what_works"),
    [("export", ("verify", "rollback", "promote")), ("canary", ("leave kong_fallback_canary out", "run verify"))],
)
def test_on_konnect_the_reason_names_what_works_instead(work: str, what_works: tuple[str, ...]) -> None:
    said = control_plane_refusal(ON_KONNECT, "exporter", work)
    assert said.startswith("exporter: ")
    assert "on Konnect (konnect_mode = on)" in said
    assert said.endswith("(fact 4.11)")
    assert all(each in said for each in what_works)


def test_a_data_plane_has_no_database_to_export_from_but_may_ask_the_admin_api_elsewhere() -> None:
    data_plane = answer(role="data_plane", database="off", konnect_mode="off")
    assert "set kong_fallback_export_host to a control plane" in control_plane_refusal(data_plane, "dp1", "export")
    assert control_plane_refusal(data_plane, "dp1", "canary") == ""


@pytest.mark.parametrize("work", ["export", "canary"])
def test_a_control_plane_of_ones_own_is_not_refused(work: str) -> None:
    assert control_plane_refusal(answer(role="control_plane", database="postgres"), "cp1", work) == ""


def test_a_gateway_that_says_nothing_is_not_taken_for_one_with_a_control_plane() -> None:
    said = control_plane_refusal({"msg": "No kong on this host: install it."}, "cp1", "export")
    assert said == "cp1: No kong on this host: install it."


def test_such_a_refusal_says_nothing_about_a_new_data_plane() -> None:
    refused = {"failed": True, "msg": "exporter: export needs …"}
    outcome = {"verdict": "exporter: export needs …"}
    shown = evidence_of(
        "exporter", WRITE, {"__kong_fallback_control_plane": refused, "__kong_fallback_outcome": outcome}
    )
    assert shown.objections == ()
    assert shown.doubt == "exporter: export needs …"
