# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of a workflow that are not ours."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_foreign_links
short_description: Find the links of a workflow of AWX that were added by hand
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A link that was added by hand can start a step without an approval, or after a failure.
positional: _input, links
options:
  _input:
    description: The nodes of the workflow as the API of AWX returns them.
    type: list
    elements: dict
    required: true
  links:
    description: The links as they should be, as options of the module workflow_job_template_node.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the links that are not ours
  ansible.builtin.debug:
    msg: "{{ nodes | kongops.fallback.awx_foreign_links(links) | map(attribute='removed') }}"
"""

RETURN = r"""
_value:
  description: For each step with such links the C(options) that leave only ours, and what they remove under C(removed).
  type: list
  elements: dict
"""

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_workflow import foreign_links
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of

awx_foreign_links = filter_of(foreign_links)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"awx_foreign_links": awx_foreign_links}
