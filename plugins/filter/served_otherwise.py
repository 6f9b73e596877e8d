# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which gateways do not serve their snapshot."""

from __future__ import annotations

DOCUMENTATION = r"""
name: served_otherwise
short_description: Name the gateways whose configuration differs from their snapshot
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Compares the hashes of snapshots with those that the gateways of a cluster showed in this run, and with those that
    its control planes list.
positional: _input, hostvars, storage, snapshots, grace, export_delay
options:
  _input:
    description: The groups of the inventory, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  storage:
    description: The fallback storage of the cluster.
    type: str
    required: true
  snapshots:
    description: Snapshots, as M(kongops.fallback.config_snapshot_info) returns them.
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
"""

EXAMPLES = r"""
- name: Refuse a snapshot that the gateways have left behind
  ansible.builtin.assert:
    that: otherwise.refusals | length == 0
    fail_msg: "{{ otherwise.refusals | join(' ') }}"
  vars:
    otherwise: "{{ groups | kongops.fallback.served_otherwise(hostvars, kong_fallback_storage, verified.snapshots) }}"
"""

RETURN = r"""
_value:
  description: C(refusals), the differences that are certain and lasting, and C(notes), those that may pass; one
    sentence for each snapshot.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import nodes_of_cluster
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import configuration_findings, grace_of


def served_otherwise(
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    storage: str,
    snapshots: Sequence[Mapping[str, Any]],
    grace: int = 0,
    export_delay: int = 0,
) -> dict[str, list[str]]:
    """The differences as sentences."""
    nodes = nodes_of_cluster(groups, hostvars, storage)
    findings = list(configuration_findings(nodes, snapshots, grace_of(int(grace), int(export_delay))))
    return {
        name: [finding.sentence for finding in findings if finding.severity == severity]
        for name, severity in (("refusals", ERROR), ("notes", WARNING))
    }


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"served_otherwise": served_otherwise}
