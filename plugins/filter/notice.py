# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a notification says about a job."""

from __future__ import annotations

DOCUMENTATION = r"""
name: notice
short_description: Summarize the end of a job in a few values
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Takes from the report of a job what a notification needs.
positional: _input, report
options:
  _input:
    description: The report, as P(kongops.fallback.job_report#filter) returns it.
    type: dict
    required: true
  report:
    description: The file with the whole report; empty for none.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Report how the job ended
  ansible.builtin.debug:
    msg: "{{ kong_fallback_notice.summary }}"
"""

RETURN = r"""
_value:
  description: What a notification says.
  type: dict
  contains:
    job:
      description: The name of the job.
      type: str
    succeeded:
      description: Whether the job found no reason to fail.
      type: bool
    would_come_up:
      description: Whether new data planes of all clusters would come up, V(yes), V(no) or V(unknown).
      type: str
    summary:
      description: The job and that verdict in one line.
      type: str
    lines:
      description: The verdict of each cluster, and what else matters, one sentence each.
      type: list
      elements: str
    clusters:
      description: The clusters of the report.
      type: list
      elements: dict
    finished:
      description: When the job finished (ISO 8601, UTC).
      type: str
    report:
      description: The file with the whole report; empty for none.
      type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.report import notice_of


def notice(job_report: Mapping[str, Any], report: str = "") -> dict[str, Any]:
    """What a notification says about a job."""
    return notice_of(job_report, report)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"notice": notice}
