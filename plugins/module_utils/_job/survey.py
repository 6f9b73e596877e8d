# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys of AWX, from the argument specs of roles: a question cannot differ from the option that it sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

_TYPES = {"int": "integer", "str": "text", "bool": "multiplechoice"}
_BOOLEANS = ["true", "false"]

ArgumentSpecs = Mapping[str, Mapping[str, Any]]
"""The ``argument_specs`` of each role, by its entry points."""


def survey_questions(
    asked: Mapping[str, Sequence[str]], specs: ArgumentSpecs, answers: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The questions of a survey as AWX stores them.

    ``asked`` names variables by ``role/entry point``; ``answers`` take the place of the defaults of their options.
    Raises InvalidInput for an option that is not in its spec, or whose type AWX cannot ask for.
    """
    return [
        _question(name, option, answers.get(name, option.get("default", ""))) for name, option in _options(asked, specs)
    ]


def _options(asked: Mapping[str, Sequence[str]], specs: ArgumentSpecs) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place, names in asked.items():
        role, _slash, entry_point = place.partition("/")
        options = specs.get(role, {}).get(entry_point, {}).get("options", {})
        for name in names:
            if name not in options:
                raise InvalidInput(f"A survey asks for {name}, which is not an option of {place}: name another.")
            yield name, options[name]


def _question(name: str, option: Mapping[str, Any], answer: Any) -> dict[str, Any]:
    if option["type"] not in _TYPES:
        raise InvalidInput(f"A survey asks for {name}, and AWX has no question for the type {option['type']}.")
    is_bool = option["type"] == "bool"
    choices = _BOOLEANS if is_bool else list(option.get("choices", ()))
    described = option["description"]
    sentences = [described] if isinstance(described, str) else list(described)
    question = {
        "question_name": sentences[0],
        "question_description": " ".join(sentences),
        "variable": name,
        "type": "multiplechoice" if choices else _TYPES[option["type"]],
        "required": option.get("required", False),
        "default": str(answer).lower() if is_bool else answer,
    }
    return {**question, "choices": choices} if choices else question
