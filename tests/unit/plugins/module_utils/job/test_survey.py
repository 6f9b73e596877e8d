# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question of a survey is the option of a role, and its blank answer is what the inventory says."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._job.survey import Choices, survey_questions

OPTIONS: dict[str, Any] = {
    "count": {"type": "int", "default": 4, "description": "How many."},
    "version": {"type": "str", "required": True, "description": ["Which version.", "All four parts."]},
    "path": {"type": "str", "default": "/", "description": "Which path."},
    "force": {"type": "bool", "default": False, "description": "Whether to go on."},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present", "description": "What to do."},
    "headers": {"type": "dict", "description": "Headers."},
}
SPECS = {"snapshot": {"promote": {"options": OPTIONS}}}


def question(name: str, **defaults: Any) -> dict[str, Any]:
    """The question for one option."""
    choices = Choices(defaults, {"count": {"min": 1, "max": 9}})
    (only,) = survey_questions({"snapshot/promote": [name]}, SPECS, choices)
    return only


def test_the_description_asks() -> None:
    asked = question("version")
    assert asked["question_name"] == "Which version."
    assert asked["question_description"] == "Which version. All four parts."
    assert asked["variable"] == "version"


@pytest.mark.parametrize(
    ("name", "kind", "required"),
    [
        ("count", "integer", False),
        ("version", "text", True),
        ("path", "text", False),
        ("force", "multiplechoice", False),
        ("state", "multiplechoice", False),
    ],
)
def test_type_and_need_are_those_of_the_option_but_its_default_is_not(name: str, kind: str, required: bool) -> None:
    asked = question(name)
    assert (asked["type"], asked["default"], asked["required"]) == (kind, "", required)


def test_choices_are_those_of_the_option() -> None:
    assert question("state")["choices"] == ["present", "absent"]
    assert question("force")["choices"] == ["true", "false"]
    assert "choices" not in question("count")


def test_a_number_has_its_limits_and_a_text_may_not_be_empty() -> None:
    assert (question("count")["min"], question("count")["max"]) == (1, 9)
    assert question("version")["min"] == question("path")["min"] == 1
    assert "min" not in question("force")


@pytest.mark.parametrize(
    ("name", "told", "default"),
    [
        ("count", 7, 7),
        ("count", "7", 7),
        ("force", True, "true"),
        ("force", "yes", "true"),
        ("force", "False", "false"),
        ("state", "absent", "absent"),
        ("path", 5, "5"),
        ("path", "", ""),
        ("count", None, ""),
    ],
)
def test_a_default_is_cast_to_the_type_of_its_option(name: str, told: Any, default: Any) -> None:
    assert question(name, **{name: told})["default"] == default


@pytest.mark.parametrize(
    ("name", "told", "cure"),
    [
        ("count", "many", "give a whole number"),
        ("count", 0, "give 1 or more"),
        ("count", "10", "give 9 or less"),
        ("force", "perhaps", "choose one of true, false"),
        ("state", "gone", "choose one of present, absent"),
    ],
)
def test_a_default_that_is_no_answer_is_refused(name: str, told: Any, cure: str) -> None:
    with pytest.raises(InvalidInput, match=f"^kong_fallback_awx_survey_defaults has '{told}' for {name}: {cure}.$"):
        question(name, **{name: told})


def test_questions_keep_the_order_in_which_they_are_asked() -> None:
    asked = survey_questions({"snapshot/promote": ["force", "count"]}, SPECS, Choices())
    assert [each["variable"] for each in asked] == ["force", "count"]


@pytest.mark.parametrize("place", ["snapshot/promote", "snapshot/verify", "other/main"])
def test_an_option_that_is_not_there_is_named(place: str) -> None:
    with pytest.raises(InvalidInput, match=f"asks for missing, which is not an option of {place}"):
        survey_questions({place: ["missing"]}, SPECS, Choices())


def test_awx_has_no_question_for_a_dictionary() -> None:
    with pytest.raises(InvalidInput, match="no question for the type dict"):
        question("headers")
