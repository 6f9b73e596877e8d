# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX says about its organizations, users and refusals, as sentences with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_CURES = {
    "credential_type": (
        "Only a superuser can create and change credential types, and the inputs of a type in use cannot change:"
        " have a superuser run this playbook, or set kong_fallback_awx_manage_credential_types: false."
    ),
    "project": "Look at the project update in AWX, fix what failed, and run this again, which updates the project.",
}
_CURES["project_update"] = _CURES["project"]


def explained(kind: str, options: Mapping[str, Any], refusal: str) -> str:
    """The refusal of an object with its name and, if known, what to do."""
    cure = f" {_CURES[kind]}" if kind in _CURES else ""
    return f"AWX did not accept the {object_of(kind, options)}: {refusal.rstrip('.')}.{cure}"


def object_of(kind: str, options: Mapping[str, Any]) -> str:
    """An object by its kind and name, as a person says it."""
    return f"{kind.replace('_', ' ')} '{options.get('name', options.get('identifier', ''))}'"


def no_answer(error: str) -> str:
    """Why AWX could not be asked."""
    return (
        f"Could not ask the controller: {error.rstrip('.')}. Set CONTROLLER_HOST, and CONTROLLER_OAUTH_TOKEN or "
        "CONTROLLER_USERNAME and CONTROLLER_PASSWORD."
    )


def awx_refusals(
    organization: str, organizations: Sequence[Mapping[str, Any]], me: Sequence[Mapping[str, Any]], manages_types: bool
) -> list[str]:
    """Why the role cannot do all of its work, asked before it begins, so that it never stops halfway.

    ``organizations`` are those of this name, and ``me`` is the user, as the API tells them.
    """
    refusals = []
    if not organizations:
        refusals.append(
            f"AWX shows this user no organization '{organization}': create it, or name another with "
            "kong_fallback_awx_organization."
        )
    if manages_types and not any(user.get("is_superuser") for user in me):
        name = "".join(str(user.get("username", "")) for user in me[:1])
        refusals.append(f"The AWX user '{name}' is not a superuser. {_CURES['credential_type']}")
    return refusals
