# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of AWX as variables of infra.aap_configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aap_configuration
short_description: Return the objects of AWX as variables of infra.aap_configuration
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Marks what AWX itself renders when a job starts as C(!unsafe), so that Ansible leaves it alone.
positional: _input
options:
  _input:
    description: The objects, from the filter P(kongops.fallback.awx_objects#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the variables
  ansible.builtin.copy:
    content: "{{ objects | kongops.fallback.aap_configuration }}"
    dest: aap.yml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: A file of variables, in YAML.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_objects import aap_variables
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


class _Dumper(yaml.SafeDumper):
    """Writes strings with braces as ``!unsafe``, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Whether to write a value out wherever it occurs."""
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A string that Ansible must not template."""
        tag = "!unsafe" if "{{" in text else "tag:yaml.org,2002:str"
        return self.represent_scalar(tag, str(text), style="'" if tag == "!unsafe" else None)


_Dumper.add_representer(str, _Dumper.represent_text)
# Ansible has its own subclasses of str and so on.
_Dumper.add_multi_representer(str, _Dumper.represent_text)
_Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
_Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
_Dumper.add_multi_representer(int, yaml.SafeDumper.represent_int)


@filter_of
def aap_configuration(objects: Mapping[str, Sequence[dict[str, Any]]]) -> str:
    """The file of variables."""
    text: str = yaml.dump(aap_variables(objects), Dumper=_Dumper, sort_keys=False, explicit_start=True, width=140)
    return text


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"aap_configuration": aap_configuration}
