# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a drill failed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drill_failure
short_description: Say why an outage drill failed
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Adds to the reason of M(kongops.fallback.outage_drill) what the controller sees in the storage.
positional: _input, host, snapshot, stored
options:
  _input:
    description: The reason.
    type: str
    required: true
  host:
    description: The host of the drill.
    type: str
    required: true
  snapshot:
    description: The snapshot that the gateway would import, as M(kongops.fallback.config_snapshot_info) returns it.
    type: dict
    required: true
  stored:
    description: All snapshots of the storage, likewise.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Report why the drill failed
  ansible.builtin.fail:
    msg: "{{ ansible_failed_result.msg | kongops.fallback.drill_failure(inventory_hostname, snapshot, stored) }}"
"""

RETURN = r"""
_value:
  description: The reason in one or more sentences.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._drill.failure import failure_message


def drill_failure(reason: str, host: str, snapshot: Mapping[str, Any], stored: Sequence[Mapping[str, Any]]) -> str:
    """The reason, and what else the controller knows."""
    return failure_message(host, reason, snapshot, stored)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"drill_failure": drill_failure}
