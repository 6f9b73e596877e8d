# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the key of a node is stored."""

from __future__ import annotations

DOCUMENTATION = r"""
name: place_of_key
short_description: Find where the key of a node is stored
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Returns the options with which M(kongops.fallback.storage_credentials_info) reads the key of a node.
  - Nodes that share a key share these options, so one read serves all of them.
positional: _input, access
options:
  _input:
    description:
      - The variables of the node, such as C(hostvars[inventory_hostname]).
    type: dict
    required: true
  access:
    description: V(write) for a backup node, V(read) for a data plane.
    type: str
    choices: [write, read]
    required: true
  defaults:
    description: The variables to use if the node does not set them, by their full names.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Read each stored key once for all hosts of the play
  kongops.fallback.storage_credentials_info:
  module_defaults:
    kongops.fallback.storage_credentials_info: "{{ item }}"
  loop: "{{ nodes | map('kongops.fallback.place_of_key', 'read') | select | unique }}"
  register: keys
  run_once: true
  delegate_to: localhost
  no_log: true
  vars:
    nodes: "{{ ansible_play_batch | map('extract', hostvars) }}"
"""

RETURN = r"""
_value:
  description:
    - The options for M(kongops.fallback.storage_credentials_info).
    - Empty for a node whose key is not in a secret store, that has an instance role, or that is taken out of the
      fallback.
  type: dict
  sample:
    secret_store:
      type: secretsmanager
      name: kong-fallback/prod/read
    region: eu-central-1
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.kongops.fallback.plugins.module_utils._storage import names
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of

_PREFIX = "kong_fallback_"
_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "state": "present",
        "instance_role": False,
        "secret_store": {},
        "region": "",
        "endpoint_url": "",
        "ca_bundle": "",
        "operator_access_key_id": "",
        "operator_secret_access_key": "",
    }
)


@filter_of
def place_of_key(
    variables: Mapping[str, Any], access: str, defaults: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The options that read the key of the node with these variables; empty if no key is stored."""
    own = {name: variables.get(_PREFIX + name, defaults.get(_PREFIX + name, _DEFAULTS[name])) for name in _DEFAULTS}
    return names.place_of_key({**own, "instance_role": boolean(own["instance_role"], strict=False)}, access)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"place_of_key": place_of_key}
