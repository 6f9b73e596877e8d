# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX refuses gets the name of the object and a cure."""

from __future__ import annotations

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_answers import (
    awx_refusals,
    explained,
    no_answer,
)

ADMIN = [{"username": "admin", "is_superuser": True}]
OPERATOR = [{"username": "operator", "is_superuser": False}]
PLATFORM = [{"id": 1, "name": "Platform"}]


def test_nothing_is_refused_that_awx_takes() -> None:
    assert awx_refusals("Platform", PLATFORM, ADMIN, True) == []
    assert awx_refusals("Platform", PLATFORM, OPERATOR, False) == []


def test_an_organization_that_is_not_there_is_named() -> None:
    (refusal,) = awx_refusals("Platfrom", [], ADMIN, True)
    assert "no organization 'Platfrom'" in refusal
    assert "kong_fallback_awx_organization" in refusal


def test_only_a_superuser_creates_credential_types() -> None:
    (refusal,) = awx_refusals("Platform", PLATFORM, OPERATOR, True)
    assert "'operator' is not a superuser" in refusal
    assert "kong_fallback_awx_manage_credential_types: false" in refusal


def test_a_controller_that_does_not_answer_is_asked_by_variables() -> None:
    assert no_answer("refused.").startswith("Could not ask the controller: refused. Set CONTROLLER_HOST, and ")


def test_a_refusal_names_its_object() -> None:
    assert explained("job_template", {"name": "verify"}, "Bad.") == "AWX did not accept the job template 'verify': Bad."
    assert "fix what failed" in explained("project", {"name": "Kong"}, "Project update failed")
    assert "'b5e6'" in explained("workflow_job_template_node", {"identifier": "b5e6"}, "No.")
