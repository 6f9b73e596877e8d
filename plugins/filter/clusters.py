# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters of an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters
short_description: Find the clusters of an inventory
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A cluster is the hosts with one value of C(kong_fallback_storage) in the groups C(kong_backup_node) and
    C(kong_data_plane). Considers all of them, including those that take no part in the run.
positional: _input, groups
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Name the exporters of each storage
  ansible.builtin.debug:
    msg: "{{ hostvars | kongops.fallback.clusters(groups) }}"
"""

RETURN = r"""
_value:
  description:
    - For each storage C(exporters), the backup nodes that have not been taken out of the fallback, and C(nested), a
      sentence for each storage that is inside it or contains it.
  type: dict
  sample:
    s3://kong-fallback/prod:
      exporters: [cp1]
      nested: []
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node.clusters import InventoryNode, clusters_of


def clusters(hostvars: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """The clusters by their storage."""
    return clusters_of(_nodes(hostvars, groups))


def _nodes(hostvars: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> Iterator[InventoryNode]:
    for group in ("kong_backup_node", "kong_data_plane"):
        for host in groups.get(group, ()):
            variables = hostvars[host]
            storage = variables.get("kong_fallback_storage")
            if storage:
                takes_part = variables.get("kong_fallback_state", "present") == "present"
                yield InventoryNode(host, str(storage), group == "kong_backup_node", takes_part)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"clusters": clusters}
