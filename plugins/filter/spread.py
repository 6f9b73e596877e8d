# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a run works on the hosts of several clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
name: spread
short_description: Order hosts so that every batch holds the same share of each cluster
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - C(serial) cuts the list of hosts into batches. In inventory order one batch may hold a whole small cluster, which
    would then restart at once. In this order a batch with a quarter of all hosts holds a quarter of each cluster, give
    or take one host.
positional: _input
options:
  _input:
    description: The cluster of each host.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Order five hosts of two clusters
  ansible.builtin.debug:
    msg: "{{ {'a1': 'a', 'a2': 'a', 'a3': 'a', 'a4': 'a', 'b1': 'b', 'b2': 'b'} | kongops.fallback.spread }}"
    # a1, b1, a2, a3, b2, a4
"""

RETURN = r"""
_value:
  description: The hosts in their new order; the hosts of one cluster keep their order.
  type: list
  elements: str
"""

from collections.abc import Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.module_utils._node.rollout import spread_hosts


def spread(clusters: Mapping[str, str]) -> list[str]:
    """The hosts in the order of how far into its cluster each one is."""
    if not isinstance(clusters, Mapping):
        raise AnsibleFilterError(f"spread takes a dict of hosts and their clusters, not {type(clusters).__name__}.")
    return spread_hosts(clusters)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"spread": spread}
