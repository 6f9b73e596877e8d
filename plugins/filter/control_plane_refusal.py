# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a job that needs a control plane cannot have one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: control_plane_refusal
short_description: Say why a job that needs a control plane cannot have one
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - On Konnect the control plane is a service, with neither a database nor an Admin API of your own. A data plane has no
    database.
positional: _input, host, work
options:
  _input:
    description: The answer of M(kongops.fallback.cluster_fallback_config_info).
    type: dict
    required: true
  host:
    description: The host that answered.
    type: str
    required: true
  work:
    description: What needs the control plane.
    type: str
    choices: [export, canary]
    required: true
"""

EXAMPLES = r"""
- name: Stop on Konnect
  ansible.builtin.assert:
    that: answer | kongops.fallback.control_plane_refusal(inventory_hostname, 'export') | length == 0
"""

RETURN = r"""
_value:
  description: The reason in one sentence; empty if there is none.
  type: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._job.control_plane import control_plane_refusal


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"control_plane_refusal": control_plane_refusal}
