# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of an operator, compared with the argument specs of the roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.kongops.fallback.plugins.module_utils._errors import shortened, some

_ROLES = Path(__file__).resolve().parents[2] / "roles"
_HARMLESS = ("str", "path")
"""Types that accept any string. Such variables may be templates that look up a secret, so only choices are checked."""


def wrong_values(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each value of a variable that no role accepts, with the hosts that have it."""
    having: dict[str, list[str]] = {}
    for host in hosts:
        for mistake in _mistakes(hostvars[host]):
            having.setdefault(mistake, []).append(host)
    return [f"{some(found)}: {shortened(mistake)}." for mistake, found in having.items()]


def missing_values(job: str, hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each variable that a job needs and a host lacks; the storage is judged
    elsewhere."""
    needed = _specs().get(job, {})
    names = [name for name, spec in needed.items() if spec.get("required") and name != "kong_fallback_storage"]
    without = {name: [host for host in hosts if not hostvars[host].get(name)] for name in names}
    return [
        f"{some(found)}: {job} needs {name}, which is not set: {_lowered(needed[name]['description'])}"
        for name, found in without.items()
        if found
    ]


def _mistakes(variables: Mapping[str, Any]) -> Iterator[str]:
    arguments = _judged_arguments()
    given = {name: variables[name] for name in arguments.keys() & variables.keys()}
    known = {name: value for name, value in given.items() if not _is_open(value)}
    for name, value in known.items():
        for message in ArgumentSpecValidator({name: arguments[name]}).validate({name: value}).error_messages:
            is_of_another_type = message.startswith(f"argument '{name}' is of type")
            yield f"{name} has to be of type {arguments[name]['type']}" if is_of_another_type else message


def _is_open(value: Any) -> bool:
    """Whether a value is a template that only a later play can fill."""
    return isinstance(value, str) and "{{" in value


@cache
def _judged_arguments() -> Mapping[str, Mapping[str, Any]]:
    """The arguments whose values can be wrong, without their defaults."""
    return {
        name: {key: value for key, value in spec.items() if key not in ("default", "required")}
        for arguments in _specs().values()
        for name, spec in arguments.items()
        if ("choices" in spec or spec["type"] not in _HARMLESS) and not spec.get("no_log")
    }


@cache
def _specs() -> Mapping[str, Mapping[str, Any]]:
    """The arguments of each role, and of each entry point that does a job of its own."""
    return {
        file.parents[1].name if entry_point == "main" else entry_point: spec.get("options", {})
        for file in _ROLES.glob("*/meta/argument_specs.yml")
        for entry_point, spec in yaml_load(file.read_text())["argument_specs"].items()
    }


def _lowered(description: str | list[str]) -> str:
    text = description if isinstance(description, str) else description[0]
    return text[0].lower() + text[1:]
