# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes that need work."""

from __future__ import annotations

DOCUMENTATION = r"""
name: due
short_description: Choose the nodes that would change or have to restart
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A look at a node tells what would change on it, and whether its gateway has to restart. All other nodes need no
    work.
positional: _input, hostvars, every
options:
  _input:
    description: The hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description:
      - The variable C(hostvars). The filter uses for each host what M(kongops.fallback.cluster_fallback_node) returned,
        registered as C(__kong_fallback_look). A host without it is not due.
    type: dict
    required: true
  every:
    description: Also choose the hosts that need no work, so that they prove themselves. A host without a look is left
      out.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Name the nodes that need work
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | kongops.fallback.due(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The chosen hosts, in their order.
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean


def due(hosts: Iterable[str], hostvars: Mapping[str, Any], every: bool = False) -> list[str]:
    """The hosts that need work; or ``every`` one that was looked at."""
    return [host for host in hosts if _is_due(hostvars[host], every)]


def _is_due(variables: Mapping[str, Any], every: bool) -> bool:
    look = variables.get("__kong_fallback_look", {})
    always = every or boolean(variables.get("kong_fallback_proof_always") or False, strict=False)
    return bool(look.get("changed_parts") or look.get("restart_needed") or (always and look))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"due": due}
