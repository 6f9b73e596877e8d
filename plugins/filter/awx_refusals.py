# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the role awx cannot begin."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_refusals
short_description: Say why the role awx cannot do all of its work
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - The role asks before it creates anything, so that a failed run leaves nothing behind.
positional: _input, organizations, me, manages_types
options:
  _input:
    description: The name of the organization.
    type: str
    required: true
  organizations:
    description: The organizations of this name, as the API of AWX tells them.
    type: list
    elements: dict
    required: true
  me:
    description: The user, as the API of AWX tells it.
    type: list
    elements: dict
    required: true
  manages_types:
    description: Whether the role creates credential types.
    type: bool
    required: true
"""

EXAMPLES = r"""
- name: Refuse what AWX would refuse half way
  ansible.builtin.assert:
    that: "'Platform' | kongops.fallback.awx_refusals(organizations, me, true) | length == 0"
"""

RETURN = r"""
_value:
  description: The reasons, each with its cure.
  type: list
  elements: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_answers import awx_refusals as core
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of

awx_refusals = filter_of(core)


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"awx_refusals": awx_refusals}
