# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a job."""

from __future__ import annotations

DOCUMENTATION = r"""
name: job_report
short_description: Put together the report of a job
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Collects what the hosts of the inventory have noted in this run.
positional: _input, groups, hostvars, finished
options:
  _input:
    description: The name of the job.
    type: str
    required: true
  groups:
    description: The groups of the inventory, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  finished:
    description: The moment at which the job finished (ISO 8601).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ 'verify' | kongops.fallback.job_report(groups, hostvars, now(utc=true).isoformat()) | to_nice_json }}"
    dest: /var/lib/reports/verify.json
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    job:
      description: The name of the job.
      type: str
    finished:
      description: The moment at which it finished.
      type: str
    verdict:
      description: V(ok), or all reasons why not.
      type: str
    versions:
      description: The gateway versions that it met.
      type: list
      elements: str
    outcomes:
      description: What each host noted.
      type: list
      elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job import report
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import nodes_of_groups


def job_report(
    job: str, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]], finished: str
) -> dict[str, Any]:
    """The report of a job on the nodes of the inventory."""
    noted = (hostvars[host].get("__kong_fallback_outcome") for host in nodes_of_groups(groups))
    return report.job_report(job, [outcome for outcome in noted if outcome], finished)


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"job_report": job_report}
