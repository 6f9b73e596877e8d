# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 takes as a survey and as answers to it, and which variables a job gets from them.

Surveys: ``JobTemplateSurveySpec._validate_spec_data`` in ``awx/api/views/__init__.py``. Answers, and the variables of a
job: ``SurveyJobTemplateMixin`` in ``awx/main/models/mixins.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

HIDDEN = "$encrypted$"
Object = dict[str, Any]
_DEFAULTS: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": (str, list),
    "multiselect": (str, list),
    "integer": int,
    "float": (float, int),
}
_TEXTS = ("text", "textarea", "password")


def survey_error(survey: Mapping[str, Any]) -> str | None:
    """What AWX says against a survey."""
    for name, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(survey.get(name), kind):
            return f"Field '{name}' is missing from survey spec, or of another type."
    if not survey["spec"]:
        return "'spec' doesn't contain any items."
    if wrong := [question for question in survey["spec"] if not isinstance(question, dict)]:
        return f"Survey question {wrong[0]!r} is not a json object."
    variables = [question.get("variable") for question in survey["spec"]]
    if len(set(variables)) < len(variables):
        return "'variable' duplicated in survey."
    return next((error for question in survey["spec"] for error in _question_errors(question)), None)


def _question_errors(question: Mapping[str, Any]) -> Iterator[str]:
    for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(question.get(name), kind):
            yield f"'{name}' missing from a survey question, or of another type."
            return
    if question["type"] not in _DEFAULTS:
        yield f"'{question['type']}' is not one of the allowed question types."
        return
    default = question.get("default", "")
    if default != "" and not isinstance(default, _DEFAULTS[question["type"]]):
        yield f"Default value {default!r} expected to be {question['type']}."
    for limit in ("min", "max"):
        if not isinstance(question.get(limit), (int, type(None))):
            yield f"The {limit} limit expected to be integer."
    if question["type"].startswith("multi"):
        yield from _choice_errors(question, default)
    if isinstance(default, str) and default.startswith(HIDDEN):
        yield "$encrypted$ is a reserved keyword for password question defaults."


def _choice_errors(question: Mapping[str, Any], default: Any) -> Iterator[str]:
    if "choices" not in question:
        yield "Survey question must specify choices."
        return
    chosen = _lines(default)
    if question["type"] == "multiplechoice" and len(chosen) > 1:
        yield "Multiple Choice (Single Select) can only have one default value."
    if any(choice not in question["choices"] for choice in chosen):
        yield "Default choice must be answered from the choices listed."


def _lines(choices: str | Sequence[str]) -> list[str]:
    lines = choices.splitlines() if isinstance(choices, str) else choices
    return [line for line in lines if line.strip()]


def answer_errors(question: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    """What AWX says against the answer to a question; a blank answer is an answer."""
    name, kind = question["variable"], question["type"]
    if name not in answers:
        return [f"'{name}' value missing"] if question["required"] else []
    answer = answers[name]
    if kind in _TEXTS:
        return _text_errors(question, answer)
    if kind in ("integer", "float"):
        return _number_errors(question, answer)
    listed = answer if kind == "multiselect" else [answer]
    if not isinstance(listed, list):
        return [f"'{name}' value is expected to be a list."]
    choices = _lines(question["choices"])
    return [f"Value {one} for '{name}' expected to be one of {choices}." for one in listed if one not in choices]


def _text_errors(question: Mapping[str, Any], answer: Any) -> list[str]:
    if not isinstance(answer, str):
        return [f"Value {answer} for '{question['variable']}' expected to be a string."]
    return _limit_errors(question, len(answer))


def _number_errors(question: Mapping[str, Any], answer: Any) -> list[str]:
    if type(answer) not in ((int,) if question["type"] == "integer" else (int, float)):
        return [f"Value {answer} for '{question['variable']}' expected to be a number."]
    return _limit_errors(question, answer)


def _limit_errors(question: Mapping[str, Any], size: float) -> list[str]:
    least, most = question.get("min"), question.get("max")
    if least not in ("", None) and size < int(str(least)):
        return [f"'{question['variable']}' value is too small (must be at least {least})."]
    if most not in ("", None) and size > int(str(most)):
        return [f"'{question['variable']}' value is too large (must be no more than {most})."]
    return []


def all_errors(survey: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    """What AWX says against answers, at launch, in a schedule and in a step of a workflow."""
    return [error for question in survey.get("spec", []) for error in answer_errors(question, answers)]


def unknown(survey: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    """The variables that no question asks for: a launch ignores them, a schedule and a workflow refuse them."""
    return sorted(answers.keys() - {question["variable"] for question in survey.get("spec", [])})


def variables_of_job(extra_vars: Mapping[str, Any], survey: Mapping[str, Any], answers: Mapping[str, Any]) -> Object:
    """The extra variables of a job: the template's, over them each default that is a valid answer, then the answers."""
    defaults = {
        question["variable"]: question["default"]
        for question in survey.get("spec", [])
        if question.get("default") is not None
        and not answer_errors(question, {question["variable"]: question["default"]})
    }
    ignored = unknown(survey, answers)
    return {**extra_vars, **defaults, **{name: value for name, value in answers.items() if name not in ignored}}
