# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with equal facts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts_alike
short_description: Group hosts by the value of their variables
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Work that depends only on some variables can be done once for all hosts that agree in them.
positional: _input, hostvars, names
options:
  _input:
    description: The hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
  names:
    description: The variables; a dot reaches into a dict. A host for which one of them is missing or empty is left
      out.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Name one host for each storage
  ansible.builtin.debug:
    msg: "{{ item.host }} stands for {{ item.hosts | join(', ') }}"
  loop: "{{ ansible_play_hosts | kongops.fallback.hosts_alike(hostvars, ['kong_fallback_storage']) }}"
"""

RETURN = r"""
_value:
  description: One dict for each group of hosts, with C(hosts), and C(host), the first of them.
  type: list
  elements: dict
  sample:
    - host: dp1
      hosts: [dp1, dp2]
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def hosts_alike(hosts: Iterable[str], hostvars: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """The groups of hosts, in the order of their first hosts."""
    names = list(names)
    groups: dict[str, list[str]] = {}
    for host in hosts:
        values = [_value(hostvars[host], name) for name in names]
        if all(values):
            groups.setdefault(json.dumps(values, sort_keys=True, default=str), []).append(host)
    return [{"host": group[0], "hosts": group} for group in groups.values()]


def _value(variables: Any, name: str) -> Any:
    """The value of the variable, or None."""
    for part in name.split("."):
        if not isinstance(variables, Mapping) or part not in variables:
            return None
        variables = variables[part]
    return variables


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"hosts_alike": hosts_alike}
