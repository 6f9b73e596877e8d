# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that a gateway uses."""

from __future__ import annotations

DOCUMENTATION = r"""
name: key_in_use
short_description: Name the access key that a gateway uses
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A gateway reads its credentials only when it starts, so the key in its files may be newer than the one in use.
positional: _input, instance_role, replica
options:
  _input:
    description: What M(kongops.fallback.cluster_fallback_config_info) returned for the node.
    type: dict
    required: true
  instance_role:
    description: Whether the host has a role that gives the gateway its keys.
    type: bool
    required: true
  replica:
    description: The replica from which the node has to import after a failover; empty for none.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show the key
  ansible.builtin.debug:
    msg: "{{ look | kongops.fallback.key_in_use(false) }}"
"""

RETURN = r"""
_value:
  description:
    - The access key, empty with a role, or if its files name the replica.
    - V(an older one) if the gateway started before its files had this key.
  type: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import key_in_use


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"key_in_use": key_in_use}
