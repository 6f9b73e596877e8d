# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of an audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit
short_description: Judge whether the fleet would survive an outage
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Combines what the tasks of the role audit have registered, and gives one verdict for each node and each
    cluster.
positional: _input, hostvars
options:
  _input:
    description: The groups of the inventory, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  grace:
    description:
      - Seconds for which a gateway may serve a configuration that differs from its snapshot.
      - With V(0), three times O(export_delay), and at least 300.
    type: int
    default: 0
  export_delay:
    description: Seconds between two exports; V(0) for the gateway's default, 60.
    type: int
    default: 0
  silence:
    description: Seconds for which the exporters may be silent.
    type: int
    default: 1800
  certificate_days:
    description: A certificate that expires in fewer days than this is a finding.
    type: int
    default: 30
  replica_lag:
    description: Seconds for which the replica may be behind the storage.
    type: int
    default: 7200
  credential_days:
    description: Days from which on a stored key is old.
    type: int
    default: 180
  drill_age:
    description: Seconds since the last drill that succeeded from which on that is a finding; V(0) for never.
    type: int
    default: 0
  trend:
    description: What M(kongops.fallback.audit_trend) returns, if anything keeps it.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: Judge what the audit saw
  ansible.builtin.set_fact:
    audit: "{{ groups | kongops.fallback.audit(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The audit; docs/audit-schema.json describes it.
  type: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.judgement import Limits, judge
from ansible_collections.kongops.fallback.plugins.module_utils._audit.observed import seen_clusters
from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import rendered, trend_of
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import grace_of
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def audit(
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    grace: int = 0,
    export_delay: int = 0,
    silence: int = 1800,
    certificate_days: int = 30,
    replica_lag: int = 7200,
    credential_days: int = 180,
    drill_age: int = 0,
    trend: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The audit of the clusters of the inventory that this run asked."""
    ages = map(int, (silence, certificate_days, replica_lag, credential_days, drill_age))
    noted = None if trend is None else trend_of(rendered(trend))
    limits = Limits(grace_of(int(grace), int(export_delay)), *ages)
    return judge(seen_clusters(groups, hostvars), datetime.now(timezone.utc), limits, noted)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"audit": audit}
