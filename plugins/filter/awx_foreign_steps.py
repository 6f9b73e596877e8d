# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a workflow that are not ours."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_foreign_steps
short_description: Find the steps of a workflow of AWX that were added or changed by hand
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - The modules of awx.awx cannot reset every setting of a step. So these steps have to be removed, and created again if
    they are ours.
positional: _input, steps
options:
  _input:
    description: The nodes of the workflow as the API of AWX returns them.
    type: list
    elements: dict
    required: true
  steps:
    description: The steps as they should be, as options of the module workflow_job_template_node.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the steps that are not ours
  ansible.builtin.debug:
    msg: "{{ nodes | kongops.fallback.awx_foreign_steps(steps) }}"
"""

RETURN = r"""
_value:
  description: The C(identifier) of each such step, and the C(reason).
  type: list
  elements: dict
"""

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_workflow import foreign_steps
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of

awx_foreign_steps = filter_of(foreign_steps)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"awx_foreign_steps": awx_foreign_steps}
