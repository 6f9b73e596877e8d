# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a verification."""

from __future__ import annotations

DOCUMENTATION = r"""
name: verification_outcome
short_description: Say whether a new data plane of every running version would come up
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Combines what the nodes of a cluster answered and what its storage holds.
positional: _input, judged, stored, grace, export_delay, archives, copies, max_lag, unseen
options:
  _input:
    description: The nodes, as P(kongops.fallback.nodes_of_cluster#filter) lists them.
    type: list
    elements: dict
    required: true
  judged:
    description: The snapshots of the running versions, as M(kongops.fallback.config_snapshot_info) returns them.
    type: list
    elements: dict
    required: true
  stored:
    description: All snapshots of the storage, likewise.
    type: list
    elements: dict
    required: true
  grace:
    description:
      - Seconds for which a gateway may serve a configuration that differs from its snapshot.
      - With 0, three times the export delay, and at least 300.
    type: int
    default: 0
  export_delay:
    description: Seconds between two exports; 0 for the gateway's default, 60.
    type: int
    default: 0
  archives:
    description:
      - The archives of the running versions, as M(kongops.fallback.snapshot_archive_info) returns them, if they are
        signed.
    type: list
    elements: dict
    default: []
  copies:
    description: The snapshots of the replica, as M(kongops.fallback.config_snapshot_info) returns them.
    type: list
    elements: dict
    default: []
  max_lag:
    description: Seconds for which the replica may be behind; without it any time.
    type: int
  unseen:
    description:
      - Why the controller could not look at the storage; then it is unknown whether a new data plane would come up.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Fail unless a new data plane of each version would come up
  ansible.builtin.assert:
    that: outcome.verdict == 'ok'
    fail_msg: "{{ outcome.verdict }}"
  vars:
    outcome: "{{ nodes | kongops.fallback.verification_outcome(verified.snapshots, stored.snapshots) }}"
"""

RETURN = r"""
_value:
  description: What the job found.
  type: dict
  contains:
    verdict:
      description: V(ok), or all reasons why not.
      type: str
    versions:
      description: The running gateway versions.
      type: list
      elements: str
    snapshots:
      description: The snapshots of these versions.
      type: list
      elements: dict
    notes:
      description: Further remarks.
      type: list
      elements: str
    trusted_hashes:
      description: The gateway versions for which a gateway has shown the hash of its snapshot, in this run or in an
        earlier one.
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
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import grace_of, trusted_hashes
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.upgrade import (
    running_versions,
    verification_findings,
)
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def verification_outcome(
    nodes: Iterable[Mapping[str, Any]],
    judged: Sequence[Mapping[str, Any]],
    stored: Sequence[Mapping[str, Any]],
    grace: int = 0,
    export_delay: int = 0,
    archives: Sequence[Mapping[str, Any]] = (),
    copies: Sequence[Mapping[str, Any]] = (),
    max_lag: int | None = None,
    unseen: Sequence[str] = (),
) -> dict[str, Any]:
    """The outcome of a verification, as a job records it."""
    known = [KnownNode(**node) for node in nodes]
    seconds = grace_of(int(grace), int(export_delay))
    findings = verification_findings(known, judged, stored, seconds, archives, copies, max_lag, unseen)
    outcome = outcome_of_check(findings, running_versions(known), judged)
    return {**outcome, "trusted_hashes": trusted_hashes(known, judged)}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"verification_outcome": verification_outcome}
