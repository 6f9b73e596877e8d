# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary of the drill with which a job ends."""

from __future__ import annotations

DOCUMENTATION = r"""
name: canary
short_description: Find the host of the drill with which a job ends
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - For C(hosts) of a play, where the variables of the inventory are only in C(hostvars).
positional: _input, hostvars
options:
  _input:
    description: The groups of the inventory, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Drill the outage where the job is to end with it
  hosts: "{{ groups | kongops.fallback.canary(hostvars | default({})) }}"
"""

RETURN = r"""
_value:
  description: C(kong_fallback_canary_host), or else the first data plane; nothing unless a data plane has
    C(kong_fallback_drill_after).
  type: list
  elements: str
  sample: [dp1]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean


def canary(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The pattern of the hosts."""
    data_planes = [host for host in groups.get("kong_data_plane", ()) if host in hostvars]
    for host in data_planes:
        if boolean(hostvars[host].get("kong_fallback_drill_after") or False, strict=False):
            return [hostvars[host].get("kong_fallback_canary_host") or data_planes[0]]
    return []


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"canary": canary}
