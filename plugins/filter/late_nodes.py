# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes that a key rotation waits for."""

from __future__ import annotations

DOCUMENTATION = r"""
name: late_nodes
short_description: Name the nodes that do not use the current key of their cluster
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Nodes that this run could not ask count as late, because their key is unknown. Nodes with an instance
    role use no key.
positional: _input, current
options:
  _input:
    description: The nodes, as P(kongops.fallback.nodes_of_cluster#filter) lists them.
    type: list
    elements: dict
    required: true
  current:
    description: The access key IDs of the current keys, under C(write) and C(read).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Name the nodes that use an older key
  ansible.builtin.debug:
    msg: "{{ nodes | kongops.fallback.late_nodes({'write': writer.access_key_id, 'read': reader.access_key_id}) }}"
    # [dp2]
"""

RETURN = r"""
_value:
  description: The names of the nodes.
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode, late


def late_nodes(nodes: Iterable[Mapping[str, Any]], current: Mapping[str, str]) -> list[str]:
    """The nodes that do not use the current key for their access."""
    return late([KnownNode(**node) for node in nodes], current)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"late_nodes": late_nodes}
