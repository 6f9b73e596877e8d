# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a job."""

from __future__ import annotations

DOCUMENTATION = r"""
name: job_report
short_description: Compile the report of a job
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Collects what this run has learned about the hosts of the inventory, and says for each cluster whether a new data
    plane would come up.
positional: _input, groups, hostvars, check_mode
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
  check_mode:
    description: Whether the job only predicts.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ 'verify' | kongops.fallback.job_report(groups, hostvars) | to_nice_json }}"
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
      description: The moment at which it finished, in UTC (ISO 8601).
      type: str
    verdict:
      description: V(ok), or all reasons why not.
      type: str
    versions:
      description: The gateway versions that it found.
      type: list
      elements: str
    clusters:
      description:
        - For each cluster its C(storage), whether a new data plane C(would_come_up), V(yes), V(no) or V(unknown), and
          the reason, C(because); its C(snapshots), its C(exporters), those of them that are C(exporting), and the
          C(exporter_seen_seconds) since the last sign of life of one; the number of its C(data_planes), and the hosts
          that are C(ready) and that the job C(restarted).
        - V(yes) needs the proof of a node or a drill in this run.
      type: list
      elements: dict
    lines:
      description: The same in sentences, one line per cluster and per host that matters.
      type: list
      elements: str
    outcomes:
      description: The C(host), C(cluster), C(version), outcome of the C(snapshot) and C(verdict) of each host, and what
        else it noted.
      type: list
      elements: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job import report
from ansible_collections.kongops.fallback.plugins.module_utils._job.evidence import evidence_of_nodes


def job_report(
    job: str, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]], check_mode: bool = False
) -> dict[str, Any]:
    """The report of a job on the nodes of the inventory."""
    finished = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return report.job_report(job, evidence_of_nodes(groups, hostvars), finished, check_mode)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"job_report": job_report}
