# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a canary cannot tag a service."""

from __future__ import annotations

DOCUMENTATION = r"""
name: canary_refusal
short_description: Say why a canary cannot tag a service
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Names the address and the variable to set, but nothing from the headers.
positional: _input, host, url, tags
options:
  _input:
    description: The answer of M(ansible.builtin.uri) to the list of services, or to the change of one.
    type: dict
    required: true
  host:
    description: The host that asked.
    type: str
    required: true
  url:
    description: The address of the Admin API.
    type: str
    required: true
  tags:
    description: Whether the answer is to the change of a service.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Stop if there is no service
  ansible.builtin.assert:
    that: services | kongops.fallback.canary_refusal(inventory_hostname, 'http://127.0.0.1:8001') | length == 0
"""

RETURN = r"""
_value:
  description: The reason in one sentence; empty if there is none.
  type: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._job.canary import canary_refusal


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"canary_refusal": canary_refusal}
