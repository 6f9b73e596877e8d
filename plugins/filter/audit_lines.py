# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of an audit for the trend."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_lines
short_description: Summarize an audit in a few numbers
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Returns one line for each cluster and snapshot of an audit, for M(kongops.fallback.audit_trend).
options:
  _input:
    description: The audit, as P(kongops.fallback.audit#filter) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Record the result of the audit
  kongops.fallback.audit_trend:
    path: /var/lib/kong-fallback/reports/kong-fallback-trend.jsonl
    lines: "{{ audit | kongops.fallback.audit_lines }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The lines, as M(kongops.fallback.audit_trend) returns them.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import lines_of_audit


def audit_lines(audit: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of an audit."""
    return [line.as_dict() for line in lines_of_audit(audit)]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"audit_lines": audit_lines}
