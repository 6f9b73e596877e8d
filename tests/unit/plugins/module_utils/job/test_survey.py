# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question of a survey is the option of a role."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._job.survey import survey_questions

OPTIONS: dict[str, Any] = {
    "count": {"type": "int", "default": 4, "description": "How many."},
    "version": {"type": "str", "required": True, "description": ["Which version.", "All four parts."]},
    "force": {"type": "bool", "default": False, "description": "Whether to go on."},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present", "description": "What to do."},
    "headers": {"type": "dict", "description": "Headers."},
}
SPECS = {"snapshot": {"promote": {"options": OPTIONS}}}


def question(name: str, **answers: Any) -> dict[str, Any]:
    """The question for one option."""
    (only,) = survey_questions({"snapshot/promote": [name]}, SPECS, answers)
    return only


def test_the_description_asks() -> None:
    asked = question("version")
    assert asked["question_name"] == "Which version."
    assert asked["question_description"] == "Which version. All four parts."
    assert asked["variable"] == "version"


@pytest.mark.parametrize(
    ("name", "kind", "default", "required"),
    [
        ("count", "integer", 4, False),
        ("version", "text", "", True),
        ("force", "multiplechoice", "false", False),
        ("state", "multiplechoice", "present", False),
    ],
)
def test_type_default_and_need_are_those_of_the_option(name: str, kind: str, default: Any, required: bool) -> None:
    asked = question(name)
    assert (asked["type"], asked["default"], asked["required"]) == (kind, default, required)


def test_choices_are_those_of_the_option() -> None:
    assert question("state")["choices"] == ["present", "absent"]
    assert question("force")["choices"] == ["true", "false"]
    assert "choices" not in question("count")


def test_an_answer_takes_the_place_of_the_default() -> None:
    assert question("count", count=7)["default"] == 7
    assert question("force", force=True)["default"] == "true"
    assert question("state", count=7)["default"] == "present"


def test_questions_keep_the_order_in_which_they_are_asked() -> None:
    asked = survey_questions({"snapshot/promote": ["force", "count"]}, SPECS, {})
    assert [each["variable"] for each in asked] == ["force", "count"]


@pytest.mark.parametrize("place", ["snapshot/promote", "snapshot/verify", "other/main"])
def test_an_option_that_is_not_there_is_named(place: str) -> None:
    with pytest.raises(InvalidInput, match=f"asks for missing, which is not an option of {place}"):
        survey_questions({place: ["missing"]}, SPECS, {})


def test_awx_has_no_question_for_a_dictionary() -> None:
    with pytest.raises(InvalidInput, match="no question for the type dict"):
        question("headers")
