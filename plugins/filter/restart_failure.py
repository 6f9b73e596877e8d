# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a gateway did not come back."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_failure
short_description: Say why a gateway did not come back after its restart
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Distinguishes a restart that failed, a gateway that stopped again, and one that did not become ready.
positional: _input, host, seconds, restart
options:
  _input:
    description: The result of the task that failed.
    type: dict
    required: true
  host:
    description: The host of the gateway.
    type: str
    required: true
  seconds:
    description: How long the run waited for the gateway.
    type: int
    required: true
  restart:
    description: The unit that was restarted, or the command that was run.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Report why the gateway did not come back
  ansible.builtin.fail:
    msg: "{{ ansible_failed_result | kongops.fallback.restart_failure(inventory_hostname, 120, 'kong.service') }}"
"""

RETURN = r"""
_value:
  description: The reason in one sentence.
  type: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import restart_failure


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"restart_failure": restart_failure}
