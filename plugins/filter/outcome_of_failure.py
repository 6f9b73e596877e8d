# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a job that failed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: outcome_of_failure
short_description: Record why a job failed on a host
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Adds the reason to what the host recorded before.
positional: _input, noted, job
options:
  _input:
    description: The result of the task that failed, C(ansible_failed_result); empty if the task failed on another host.
    type: dict
    required: true
  noted:
    description: What the host recorded before.
    type: dict
    required: true
  job:
    description: The name of the job.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Record why the job failed
  ansible.builtin.set_fact:
    outcome: "{{ ansible_failed_result | default({}) | kongops.fallback.outcome_of_failure({}, 'verify') }}"
"""

RETURN = r"""
_value:
  description: What the host recorded, with the reason as its C(verdict), whether this C(tells) that a new data
    plane would not come up, and whether it is one C(of_node), not of the whole cluster.
  type: dict
  sample:
    verdict: The snapshot is missing.
    tells: true
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job import report


def outcome_of_failure(result: Mapping[str, Any], noted: Mapping[str, Any], job: str) -> dict[str, Any]:
    """The outcome of the host."""
    return report.outcome_of_failure(result, noted, job)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"outcome_of_failure": outcome_of_failure}
