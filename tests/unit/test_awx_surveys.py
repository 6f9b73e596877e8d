# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the surveys of the role awx do to a job, by AWX's rules: what nobody answered stays as the inventory says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.awx import surveys
from tests.awx.role import PREFIX, objects, tables

TEMPLATES = [each["name"] for each in tables()["job_templates"]]
SURVEYS = {each["name"].removeprefix(f"{PREFIX}: "): each["survey_spec"] for each in objects()["templates"]}


@pytest.mark.parametrize("template", TEMPLATES)
def test_awx_takes_the_survey(template: str) -> None:
    assert surveys.survey_error(SURVEYS[template]) is None


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_survey_that_nobody_answers_beats_nothing_in_the_inventory(template: str) -> None:
    assert surveys.variables_of_job({}, SURVEYS[template], {}) == {}


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_blank_answer_reaches_a_job(template: str) -> None:
    for question in SURVEYS[template]["spec"]:
        assert surveys.answer_errors(question, {question["variable"]: ""}), question


def test_a_default_that_was_chosen_reaches_every_job() -> None:
    chosen = {"kong_fallback_serial": "50%", "kong_fallback_proof_always": "true"}
    made = {each["name"]: each for each in objects(kong_fallback_awx_survey_defaults=chosen)["templates"]}
    asked = made[f"{PREFIX}: data planes (check)"]["survey_spec"]
    answers = {"kong_fallback_state": "absent"}
    assert surveys.variables_of_job({}, asked, answers) == {**chosen, **answers}


def test_every_number_has_a_limit() -> None:
    asked: list[dict[str, Any]] = [question for survey in SURVEYS.values() for question in survey["spec"]]
    assert tables()["limits"].keys() == {each["variable"] for each in asked if each["type"] == "integer"}
