# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of drills for the trend."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drill_lines
short_description: Summarize the drills of a job in a few numbers
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Returns one line for each host that drilled, for M(kongops.fallback.audit_trend).
positional: _input, hostvars
options:
  _input:
    description: The hosts of the job.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Record the result of the drill
  kongops.fallback.audit_trend:
    path: /var/lib/kong-fallback/reports/kong-fallback-trend.jsonl
    lines: "{{ groups.all | kongops.fallback.drill_lines(hostvars) }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The lines, as M(kongops.fallback.audit_trend) returns them.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import lines_of_drills


def drill_lines(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the drills on these hosts."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return [line.as_dict() for line in lines_of_drills(hostvars, hosts, now)]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"drill_lines": drill_lines}
