# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nodes_of_cluster
short_description: List the nodes of a cluster, and what this run knows about them
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A cluster is the hosts of the inventory with one value of C(kong_fallback_storage).
positional: _input, hostvars, storage
options:
  _input:
    description: The groups of the inventory, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  storage:
    description: The fallback storage of the cluster.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Name the nodes
  ansible.builtin.debug:
    msg: "{{ groups | kongops.fallback.nodes_of_cluster(hostvars, kong_fallback_storage) | map(attribute='host') }}"
    # [cp1, dp1, dp2]
"""

RETURN = r"""
_value:
  description: The nodes, backup nodes first.
  type: list
  elements: dict
  contains:
    host:
      description: Its name in the inventory.
      type: str
    access:
      description: V(write) for a backup node, V(read) for a data plane.
      type: str
    asked:
      description: Whether this run asked the node for its gateway version.
      type: bool
    gateway_version:
      description: Its answer, or the variable of a node that was not asked.
      type: str
    draft_names:
      description: Whether it has settings with draft names.
      type: bool
    keeps_draft_names:
      description: Whether its variables ask for draft names.
      type: bool
    key_in_use:
      description: The access key that its gateway uses, if this run looked.
      type: str
    failures:
      description: Why its gateway would not start or does not export, or why this run could not look at it.
      type: list
      elements: str
    control_plane:
      description: The address from which a data plane gets its configuration; empty for any other node.
      type: str
    import_refusal:
      description: Why it could not import its snapshot when it tried, as a sentence; empty if it could, or did not try.
      type: str
    configuration_hash:
      description: The hash of the configuration that its gateway serves; empty if it does not show one.
      type: str
    configuration_age:
      description: Seconds for which it has served this configuration, as far as known.
      type: int
    data_planes:
      description: The data planes that this control plane lists, as M(kongops.fallback.cluster_fallback_config_info)
        returns them.
      type: list
      elements: dict
    trusted_hashes:
      description: The gateway versions that, as an earlier run saw on this host, compute the hash as this
        collection does.
      type: list
      elements: str
    plugins:
      description: The setting plugins of its gateway; empty if this run did not see it.
      type: str
    has_given_key:
      description: Whether its variables give a key.
      type: bool
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job import nodes


def nodes_of_cluster(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]], storage: str
) -> list[dict[str, Any]]:
    """The nodes of the cluster as dictionaries."""
    return [asdict(node) for node in nodes.nodes_of_cluster(groups, hostvars, storage)]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"nodes_of_cluster": nodes_of_cluster}
