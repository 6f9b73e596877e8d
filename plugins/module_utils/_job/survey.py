# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys of AWX, from the argument specs of roles: a question cannot differ from the option that it sets.

AWX passes each valid default to the job as an extra variable, in schedules and workflows too, and an extra variable
overrides the inventory. So a question has only the default that an operator chose for the survey, and its blank answer
is one that AWX drops: it is not a number, not a choice, and too short for a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

BLANK = ""
_TYPES = {"int": "integer", "str": "text", "bool": "multiplechoice"}
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "0"), "false"),
}

ArgumentSpecs = Mapping[str, Mapping[str, Any]]
"""The ``argument_specs`` of each role, by its entry points."""


@dataclass(frozen=True)
class Choices:
    """What an operator chose for all surveys: ``defaults``, and the ``min`` and ``max`` of numbers, by the variable."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def survey_questions(
    asked: Mapping[str, Sequence[str]], specs: ArgumentSpecs, choices: Choices
) -> list[dict[str, Any]]:
    """The questions of a survey as AWX stores them; ``asked`` names variables by ``role/entry point``.

    Raises InvalidInput for an option that is not in its spec, or whose type AWX cannot ask for, and for a default
    that is not a valid answer.
    """
    return [_question(name, option, choices) for name, option in _options(asked, specs)]


def _options(asked: Mapping[str, Sequence[str]], specs: ArgumentSpecs) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place, names in asked.items():
        role, _slash, entry_point = place.partition("/")
        options = specs.get(role, {}).get(entry_point, {}).get("options", {})
        for name in names:
            if name not in options:
                raise InvalidInput(f"A survey asks for {name}, which is not an option of {place}: name another.")
            yield name, options[name]


def _question(name: str, option: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    if option["type"] not in _TYPES:
        raise InvalidInput(f"A survey asks for {name}, but AWX has no question for the type {option['type']}.")
    offered = ["true", "false"] if option["type"] == "bool" else list(option.get("choices", ()))
    kind = "multiplechoice" if offered else _TYPES[option["type"]]
    described = option["description"]
    sentences = [described] if isinstance(described, str) else list(described)
    question = {
        "question_name": sentences[0],
        "question_description": " ".join(sentences),
        "variable": name,
        "type": kind,
        "required": option.get("required", False),
        **({"choices": offered} if offered else {}),
        **({"min": 1} if kind == "text" else {}),
        **(choices.limits.get(name, {}) if kind == "integer" else {}),
    }
    return {**question, "default": _default(question, choices.defaults.get(name, BLANK))}


def _default(question: Mapping[str, Any], value: Any) -> Any:
    """A default as the type of the question: from the command line all values are strings."""
    if value in (BLANK, None):
        return BLANK
    text = str(value)
    if question["type"] == "integer":
        return _number(question, text)
    if question["type"] == "text":
        return text
    answer = _BOOLEANS.get(text.lower(), text) if question["choices"] == ["true", "false"] else text
    if answer not in question["choices"]:
        raise _refused(question, text, f"choose one of {', '.join(question['choices'])}")
    return answer


def _number(question: Mapping[str, Any], text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise _refused(question, text, "give a whole number") from None
    if number < question.get("min", number):
        raise _refused(question, text, f"give {question['min']} or more")
    if number > question.get("max", number):
        raise _refused(question, text, f"give {question['max']} or less")
    return number


def _refused(question: Mapping[str, Any], text: str, cure: str) -> InvalidInput:
    return InvalidInput(f"kong_fallback_awx_survey_defaults has {text!r} for {question['variable']}: {cure}.")
