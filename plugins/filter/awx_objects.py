# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of AWX."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_objects
short_description: Return the objects of AWX from the tables of the role awx
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Question, type and choices of a survey come from the argument specs of the roles.
positional: _input, told, roles
options:
  _input:
    description: The tables of the role by name.
    type: dict
    required: true
  told:
    description: The variables of the role by name, of any type; from the command line all are strings.
    type: dict
    required: true
  roles:
    description: The folder of the roles on the controller.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Create the job templates
  kongops.fallback.awx_object:
    kind: job_template
    options: "{{ item }}"
  loop: "{{ (tables | kongops.fallback.awx_objects(told, 'roles')).templates }}"
"""

RETURN = r"""
_value:
  description: The options of the modules that create the objects, by the kind of the object.
  type: dict
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.kongops.fallback.plugins.module_utils._job import awx_objects as core
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def awx_objects(tables: Mapping[str, Any], told: Mapping[str, Any], roles: str) -> dict[str, list[dict[str, Any]]]:
    """The objects by kind."""
    asked = {place.partition("/")[0] for each in tables["job_templates"] for place in each["survey"]}
    return core.awx_objects(tables, told, {role: argument_specs(Path(roles, role)) for role in asked | {"awx"}})


@cache
def argument_specs(role: Path) -> Mapping[str, Any]:
    """The argument specs of a role by its entry points."""
    specs: Mapping[str, Any] = yaml_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return specs


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"awx_objects": awx_objects}
