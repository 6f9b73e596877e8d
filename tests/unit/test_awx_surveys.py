# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the surveys of the role awx do to a job, by AWX's rules: what nobody answered stays as the inventory says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.kongops.fallback.plugins.filter.survey_questions import survey_questions
from tests.awx import surveys
from tests.checkout import CHECKOUT

TABLE = yaml.safe_load((CHECKOUT / "roles/awx/vars/job_templates.yml").read_text())
LIMITS = TABLE["__kong_fallback_awx_limits"]
TEMPLATES = {template["name"]: template for template in TABLE["__kong_fallback_awx_job_templates"]}


def survey(template: str, **defaults: Any) -> dict[str, Any]:
    """The survey of a template, as the role sends it."""
    questions = survey_questions(TEMPLATES[template]["survey"], str(CHECKOUT / "roles"), defaults, LIMITS)
    return {"name": template, "description": "", "spec": questions}


@pytest.mark.parametrize("template", TEMPLATES)
def test_awx_takes_the_survey(template: str) -> None:
    assert surveys.survey_error(survey(template)) is None


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_survey_that_nobody_answers_beats_nothing_in_the_inventory(template: str) -> None:
    assert surveys.variables_of_job({}, survey(template), {}) == {}


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_blank_answer_reaches_a_job(template: str) -> None:
    asked = survey(template)
    for question in asked["spec"]:
        assert surveys.answer_errors(question, {question["variable"]: ""}), question


def test_a_default_that_was_chosen_reaches_every_job() -> None:
    asked = survey("data planes", kong_fallback_serial="50%", kong_fallback_proof_always="true")
    assert surveys.variables_of_job({}, asked, {"kong_fallback_state": "absent"}) == {
        "kong_fallback_serial": "50%",
        "kong_fallback_proof_always": "true",
        "kong_fallback_state": "absent",
    }


def test_every_number_has_a_limit() -> None:
    numbers = {
        question["variable"]
        for template in TEMPLATES
        for question in survey(template)["spec"]
        if question["type"] == "integer"
    }
    assert LIMITS.keys() == numbers
