# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes that try the import for all with the same storage, version and access."""

from __future__ import annotations

DOCUMENTATION = r"""
name: witnesses
short_description: Choose the nodes that try the import on behalf of all
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Nodes with the same storage, gateway version and access read the same snapshot in the same way, so one of them can
    prove it for all. Nodes that do not import, or not from S3, are left out.
positional: _input, hostvars, report, every
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
  report:
    description:
      - The variable with what M(kongops.fallback.cluster_fallback_node) or
        M(kongops.fallback.cluster_fallback_config_info) returned for the host. A host without it is left out.
    type: str
    default: __kong_fallback_look
  every:
    description: Choose all of them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Name the nodes that prove the import for all
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | kongops.fallback.witnesses(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The chosen hosts, in their order.
  type: list
  elements: str
  sample: [dp1, dp7]
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node import witness


def witnesses(
    hosts: Iterable[str], hostvars: Mapping[str, Any], report: str = "__kong_fallback_look", every: bool = False
) -> list[str]:
    """The hosts that try the import."""
    readers = (witness.reader_of(host, hostvars[host].get(report, {})) for host in hosts)
    return witness.witnesses([reader for reader in readers if reader], every)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"witnesses": witnesses}
