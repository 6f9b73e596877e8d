# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges IAM and bucket policies as AWS does, as far as our documents go; with the conditions that moto ignores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]


def allows(policies: Iterable[Policy], action: str, resource: str, **context: str) -> bool:
    """Whether these policies together allow the action: some statement does, and none denies it.

    ``context`` holds the condition keys of the request, with ``__`` for the colon.
    """
    facts = {name.replace("__", ":"): value for name, value in context.items()}
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in policy["Statement"]
        if _applies(statement, action, resource, facts)
    }
    return "Allow" in effects and "Deny" not in effects


def _applies(statement: Policy, action: str, resource: str, facts: Mapping[str, str]) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    assert not unknown, f"the evaluator does not know {unknown}"
    return (
        any(_matches(pattern.lower(), action.lower()) for pattern in _several(statement["Action"]))
        and any(_matches(pattern, resource) for pattern in _several(statement["Resource"]))
        and all(
            _holds(operator, facts.get(key), _several(values))
            for operator, tests in statement.get("Condition", {}).items()
            for key, values in tests.items()
        )
    )


def _holds(operator: str, fact: str | None, values: list[str]) -> bool:
    if operator == "StringNotEquals":  # Negated operators hold for a key that is absent.
        return fact not in values
    if fact is None:
        return False
    if operator == "StringLike":
        return any(_matches(value, fact) for value in values)
    if operator == "Bool":
        return fact in values
    raise AssertionError(f"the evaluator does not know {operator}")


def _matches(pattern: str, text: str) -> bool:
    assert "[" not in pattern, "a bracket is not a wildcard in IAM"
    return fnmatchcase(text, pattern)


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
