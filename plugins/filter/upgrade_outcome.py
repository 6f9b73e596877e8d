# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a look at an upgrade."""

from __future__ import annotations

DOCUMENTATION = r"""
name: upgrade_outcome
short_description: Say whether a cluster can be upgraded safely, and what to do first
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A data plane that starts in an outage after its upgrade has nothing but the snapshot of its new version.
positional: _input, snapshots, storage, to_version
options:
  _input:
    description: The nodes, as P(kongops.fallback.nodes_of_cluster#filter) lists them.
    type: list
    elements: dict
    required: true
  snapshots:
    description:
      - The snapshots of the running versions and of the new one, as M(kongops.fallback.config_snapshot_info) returns
        them.
    type: list
    elements: dict
    required: true
  storage:
    description: The fallback storage of the cluster.
    type: str
    required: true
  to_version:
    description: The gateway version of the upgrade, all four parts.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Fail unless the upgrade is safe
  ansible.builtin.assert:
    that: outcome.verdict == 'ok'
    fail_msg: "{{ outcome.verdict }}"
  vars:
    outcome: "{{ nodes | kongops.fallback.upgrade_outcome(verified.snapshots, kong_fallback_storage, '3.12.0.9') }}"
"""

RETURN = r"""
_value:
  description: What the job found.
  type: dict
  contains:
    verdict:
      description: V(ok), or all reasons against the upgrade.
      type: str
    versions:
      description: The running gateway versions.
      type: list
      elements: str
    snapshots:
      description: The snapshots of these versions and of the new one.
      type: list
      elements: dict
    notes:
      description: Further remarks.
      type: list
      elements: str
    findings:
      description: All of it as findings, whose codes docs/troubleshooting.md explains.
      type: list
      elements: dict
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._job.report import outcome_of_check
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.upgrade import (
    running_versions,
    upgrade_findings,
)
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def upgrade_outcome(
    nodes: Iterable[Mapping[str, Any]], snapshots: Sequence[Mapping[str, Any]], storage: str, to_version: str
) -> dict[str, Any]:
    """The outcome of the check, as a job records it."""
    known = [KnownNode(**node) for node in nodes]
    findings = upgrade_findings(known, snapshots, storage, to_version)
    return outcome_of_check(findings, running_versions(known), snapshots)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"upgrade_outcome": upgrade_outcome}
