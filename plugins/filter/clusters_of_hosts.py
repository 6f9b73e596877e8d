# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clusters of a play."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters_of_hosts
short_description: List the clusters of some hosts, and one host of each
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A cluster is the hosts with one value of C(kong_fallback_storage). Hosts without one are in no cluster.
positional: _input, hostvars
options:
  _input:
    description: The names of the hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Choose one host to represent each cluster
  ansible.builtin.add_host:
    name: "{{ item }}"
    groups: kong_fallback_cluster
  loop: "{{ ansible_play_hosts_all | kongops.fallback.clusters_of_hosts(hostvars) | map(attribute='host') }}"
"""

RETURN = r"""
_value:
  description: The clusters, in the order of their first hosts.
  type: list
  elements: dict
  contains:
    storage:
      description: The fallback storage of the cluster.
      type: str
    host:
      description: The first host of the cluster.
      type: str
    is_s3:
      description: Whether the storage is in S3. False for a storage that gateways do not accept.
      type: bool
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job import nodes


def clusters_of_hosts(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The clusters of the hosts as dictionaries."""
    return [asdict(cluster) for cluster in nodes.clusters_of_hosts(hosts, hostvars)]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"clusters_of_hosts": clusters_of_hosts}
