# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of an audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_outcome
short_description: Say what an audit means for its job
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Looks at one cluster of the model that P(kongops.fallback.audit#filter) returns.
positional: _input, storage, fail_on
options:
  _input:
    description: The audit.
    type: dict
    required: true
  storage:
    description: The fallback storage of the cluster.
    type: str
    required: true
  fail_on:
    description: How severe the state of a cluster has to be for the job to fail; each choice includes those before it.
    type: str
    choices: [never, error, unknown, warning]
    default: unknown
"""

EXAMPLES = r"""
- name: Fail unless a new data plane would come up
  ansible.builtin.assert:
    that: outcome.refusal | length == 0
    fail_msg: "{{ outcome.refusal }}"
  vars:
    outcome: "{{ audit | kongops.fallback.audit_outcome('s3://kong-fallback/prod') }}"
"""

RETURN = r"""
_value:
  description: C(noted), what the job records about the cluster, and C(refusal), why it fails, empty if it does not.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.outcome import outcome_of_audit, refusal_of_audit


def audit_outcome(audit: Mapping[str, Any], storage: str, fail_on: str = "unknown") -> dict[str, Any]:
    """What the job records about the cluster, and why it fails."""
    return {"noted": outcome_of_audit(audit, storage), "refusal": refusal_of_audit(audit, storage, fail_on)}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"audit_outcome": audit_outcome}
