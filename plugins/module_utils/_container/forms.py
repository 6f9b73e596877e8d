# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a gateway in the forms that platforms expect; values of secrets go only into secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

_SPECIAL = re.compile(r'["\\$%\n]')

Variables = Mapping[str, Mapping[str, str]]


def in_form(environment: Variables, form: str, secret: str) -> Any:
    """The variables in this form; ``environment`` has ``plain`` and ``secret`` ones, ``secret`` is what the platform
    calls the secret that holds the latter.

    Raises InvalidInput for an unknown form, and for a secret without a name.
    """
    if form not in FORMS:
        raise InvalidInput(f"'{form}' is not a form of a manifest: write {', '.join(FORMS)}.")
    if not secret and environment["secret"]:
        raise InvalidInput(f"The form {form} needs the name of the secret: give secret.")
    return FORMS[form](environment["plain"], environment["secret"], secret)


def _helm(plain: Mapping[str, str], hidden: Mapping[str, str], secret: str) -> dict[str, Any]:
    """Values for Kong's chart: ``env`` is for settings, without their prefix, ``customEnv`` for any other variable."""
    prefix = "KONG_"
    return {
        "env": {name[len(prefix) :].lower(): value for name, value in plain.items() if name.startswith(prefix)},
        "customEnv": {name: value for name, value in plain.items() if not name.startswith(prefix)},
        **({"envFrom": [{"secretRef": {"name": secret}}]} if hidden else {}),
    }


def _kubernetes_container(plain: Mapping[str, str], hidden: Mapping[str, str], secret: str) -> dict[str, Any]:
    return {
        "env": _pairs(plain),
        **({"envFrom": [{"secretRef": {"name": secret}}]} if hidden else {}),
    }


def _kubernetes_secret(plain: Mapping[str, str], hidden: Mapping[str, str], secret: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret},
        "type": "Opaque",
        "stringData": dict(hidden),
    }


def _ecs(plain: Mapping[str, str], hidden: Mapping[str, str], secret: str) -> dict[str, Any]:
    """The part of a container definition; ``secret`` is the ARN of one secret in Secrets Manager, a JSON object with
    the names of the variables as keys."""
    return {
        "environment": _pairs(plain),
        "secrets": [{"name": name, "valueFrom": f"{secret}:{name}::"} for name in hidden],
    }


def _compose(plain: Mapping[str, str], hidden: Mapping[str, str], secret: str) -> dict[str, Any]:
    """The part of a service; ``secret`` is the path of a file of variables. Compose replaces variables in values,
    so a dollar is doubled."""
    return {
        "environment": {name: value.replace("$", "$$") for name, value in plain.items()},
        **({"env_file": [{"path": secret, "required": True}]} if hidden else {}),
    }


def _quadlet(plain: Mapping[str, str], hidden: Mapping[str, str], secret: str) -> str:
    """Lines of the section Container; ``secret`` is the prefix of the names of Podman's secrets."""
    for name, value in plain.items():
        if _SPECIAL.search(value):
            raise InvalidInput(f"The value of {name} contains a character that systemd replaces: put it into a secret.")
    lines = [f'Environment="{name}={value}"' for name, value in plain.items()]
    lines += [f"Secret={secret}-{name.lower()},type=env,target={name}" for name in hidden]
    return "".join(f"{line}\n" for line in lines)


def _pairs(variables: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


FORMS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, str], str], Any]] = {
    "helm": _helm,
    "kubernetes_container": _kubernetes_container,
    "kubernetes_secret": _kubernetes_secret,
    "ecs": _ecs,
    "compose": _compose,
    "quadlet": _quadlet,
}
