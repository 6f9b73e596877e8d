# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary of a drill."""

from __future__ import annotations

DOCUMENTATION = r"""
name: canary
short_description: Find the canary of a drill
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Also finds C(kong_fallback_canary_host) in the inventory, where the C(hosts) of a play would not see it.
positional: _input, hostvars, job, hosts
options:
  _input:
    description: The groups of the inventory, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  job:
    description: The name of the job. Only V(outage_drill) always drills, V(site) and V(nodes) with
      C(kong_fallback_drill_after).
    type: str
    required: true
  hosts:
    description: All hosts that a limit leaves.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Name the canary
  ansible.builtin.debug:
    msg: "{{ groups | kongops.fallback.canary(hostvars, 'outage_drill', ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description:
    - C(pattern) is every C(kong_fallback_canary_host) of the data planes, or else the first data plane that the
      limit leaves; empty for a job without a drill.
    - C(chosen_by) is the name of that variable, if the pattern comes from it.
  type: dict
  sample:
    pattern: dp1
    chosen_by: ''
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

_CHOICE = "kong_fallback_canary_host"
_DATA_PLANES = "kong_data_plane"


def canary(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]], job: str, hosts: Collection[str]
) -> dict[str, str]:
    """The pattern of the hosts, and whether a variable gives it."""
    inventory = groups.get(_DATA_PLANES) or groups.get("all", ())
    if job != "outage_drill":
        inventory = [host for host in inventory if job in ("site", "nodes") and _ends_with_drill(hostvars[host])]
    chosen = dict.fromkeys(str(hostvars[host][_CHOICE]) for host in inventory if hostvars[host].get(_CHOICE))
    if chosen:
        return {"pattern": ":".join(chosen), "chosen_by": _CHOICE}
    first = next((host for host in inventory if host in hosts), f"{_DATA_PLANES}[0]" if inventory else "")
    return {"pattern": first, "chosen_by": ""}


def _ends_with_drill(variables: Mapping[str, Any]) -> bool:
    return bool(boolean(variables.get("kong_fallback_drill_after") or False, strict=False))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"canary": canary}
