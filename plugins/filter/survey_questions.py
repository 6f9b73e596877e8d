# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of a survey."""

from __future__ import annotations

DOCUMENTATION = r"""
name: survey_questions
short_description: Ask for options of roles in a survey of AWX
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Question, type and choices of each option come from the argument spec of its role.
  - A question has no default unless O(defaults) has one. AWX passes a default to the job, where it beats the inventory.
positional: _input, roles, defaults, limits
options:
  _input:
    description: The names of the options, under C(role/entry_point).
    type: dict
    required: true
  roles:
    description: The folder of the roles on the controller.
    type: path
    required: true
  defaults:
    description: The defaults of questions by the names of the options, whatever type the values have.
    type: dict
    default: {}
  limits:
    description: The V(min) and V(max) of numbers by the names of the options.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Create a job template with a survey
  awx.awx.job_template:
    name: verify
    survey_enabled: true
    survey_spec:
      name: verify
      description: Verify all snapshots
      spec: "{{ {'snapshot/verify': ['kong_fallback_max_age']} | kongops.fallback.survey_questions('roles') }}"
"""

RETURN = r"""
_value:
  description: The questions as AWX takes them.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._job import survey
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def survey_questions(
    asked: Mapping[str, Sequence[str]],
    roles: str,
    defaults: Mapping[str, Any] = MappingProxyType({}),
    limits: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """The questions for the options that are asked for."""
    specs = {role: argument_specs(Path(roles, role)) for role in {place.partition("/")[0] for place in asked}}
    return survey.survey_questions(asked, specs, survey.Choices(defaults, limits))


@cache
def argument_specs(role: Path) -> Mapping[str, Any]:
    """The argument specs of a role by its entry points."""
    specs: Mapping[str, Any] = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return specs


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"survey_questions": survey_questions}
