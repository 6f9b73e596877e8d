# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a look at what to archive."""

from __future__ import annotations

DOCUMENTATION = r"""
name: archive_outcome
short_description: Choose the snapshots of a cluster that go into its signed archive, and say why others do not
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A snapshot goes into the archive if it is good and a gateway of its version shows that it serves it.
positional: _input, judged, archives, grace, export_delay
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
  archives:
    description:
      - The archives of the running versions, as M(kongops.fallback.snapshot_archive_info) returns them.
    type: list
    elements: dict
    required: true
  grace:
    description:
      - Seconds for which gateways may serve a configuration that differs from their snapshot.
      - With 0, three times the export delay, and at least 300.
    type: int
    default: 0
  export_delay:
    description: Seconds between two exports; 0 for the gateway's default, 60.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Archive the snapshots that the gateways serve
  kongops.fallback.snapshot_archive:
    storage: s3://kong-fallback/prod
    gateway_version: "{{ item.gateway_version }}"
    sha256: "{{ item.sha256 | default(omit) }}"
    signing_key: {type: file, name: /etc/kong-fallback/archive.key}
  loop: "{{ (nodes | kongops.fallback.archive_outcome(verified.snapshots, checked.archives)).archivable }}"
"""

RETURN = r"""
_value:
  description: What the job found.
  type: dict
  contains:
    verdict:
      description: V(ok), or all reasons why something does not go into the archive.
      type: str
    versions:
      description: The running gateway versions.
      type: list
      elements: str
    archivable:
      description:
        - For each running version whose archive is sound or does not exist yet, its C(gateway_version), and the
          C(sha256) of its snapshot if that is good and a gateway serves it.
      type: list
      elements: dict
    served:
      description: The C(gateway_version) and the C(sha256) of each snapshot that is good and that a gateway serves.
      type: list
      elements: dict
    snapshots:
      description: The snapshots of these versions.
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

from ansible_collections.kongops.fallback.plugins.module_utils._archive.report import untampered_versions
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._job.report import outcome_of_check
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import grace_of, served
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.upgrade import (
    archiving_findings,
    running_versions,
)
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def archive_outcome(
    nodes: Iterable[Mapping[str, Any]],
    judged: Sequence[Mapping[str, Any]],
    archives: Sequence[Mapping[str, Any]],
    grace: int = 0,
    export_delay: int = 0,
) -> dict[str, Any]:
    """The outcome of the look, as a job records it, with what goes into the archive."""
    known = [KnownNode(**node) for node in nodes]
    findings = archiving_findings(known, judged, archives, grace_of(int(grace), int(export_delay)))
    noted = outcome_of_check(findings, running_versions(known), judged)
    hashes = served(known, judged)
    archivable = [
        {"gateway_version": version, **({"sha256": hashes[version]} if version in hashes else {})}
        for version in untampered_versions(archives)
    ]
    copied = [{"gateway_version": version, "sha256": sha256} for version, sha256 in hashes.items()]
    return {**noted, "archivable": archivable, "served": copied}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"archive_outcome": archive_outcome}
