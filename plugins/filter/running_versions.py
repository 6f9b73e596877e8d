# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway versions of a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
name: running_versions
short_description: List the gateway versions that nodes reported
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Leaves out the nodes that this run did not ask, and those that gave no answer.
positional: _input
options:
  _input:
    description: The nodes, as P(kongops.fallback.nodes_of_cluster#filter) lists them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Verify the snapshots of the running versions
  kongops.fallback.config_snapshot_info:
    storage: "{{ kong_fallback_storage }}"
    gateway_versions: "{{ nodes | kongops.fallback.running_versions }}"
"""

RETURN = r"""
_value:
  description: The versions, oldest first.
  type: list
  elements: str
  sample: [3.10.0.2, 3.11.0.14]
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import upgrade
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def running_versions(nodes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The versions that the nodes run."""
    return upgrade.running_versions(KnownNode(**node) for node in nodes)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"running_versions": running_versions}
