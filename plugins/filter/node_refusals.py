# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a node is refused before a look at it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: node_refusals
short_description: Say why a node is refused before a look at it
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Finds the mistakes that the variables of a node and the inventory show, so that they are refused before any node is
    touched. The rules are those of the modules that write the node.
positional: _input
options:
  _input:
    description:
      - What the inventory says about the node, with C(host), C(state), C(storage), C(region), C(endpoint_url),
        C(access_key_id), C(secret_access_key), C(instance_role) and C(environment).
      - Optional keys are judged too. C(groups) are the groups of the host; C(nested) is a list of sentences
        about storages inside one another; C(restart) are the service and the command for a restart; C(files) are
        files that have to exist on the controller, where empty names do not count. C(start) is V(never) for a host
        that becomes an image, C(bake_keys) says that the image may hold a static key, C(first_boot_check) that it gets
        a first-boot check, and C(replica) that the storage is the replica.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a node that could not restart
  ansible.builtin.assert:
    that: not refusals
    fail_msg: "{{ refusals | join(' ') }}"
  vars:
    refusals: "{{ {'host': 'dp1', 'state': 'absent', 'restart': ['', '']} | kongops.fallback.node_refusals }}"
"""

RETURN = r"""
_value:
  description: The reasons, one sentence each with the number of its fact; empty where nothing is wrong.
  type: list
  elements: str
"""

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node import preflight


def node_refusals(request: Mapping[str, Any]) -> list[str]:
    """The reasons, one sentence each."""
    missing = [file for file in request.get("files", ()) if file and not os.path.isfile(file)]
    return preflight.node_refusals({**request, "missing_files": missing})


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"node_refusals": node_refusals}
