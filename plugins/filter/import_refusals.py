# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nodes would have nothing to serve in an outage."""

from __future__ import annotations

DOCUMENTATION = r"""
name: import_refusals
short_description: Say why nodes would have nothing to serve in an outage
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Combines what the nodes themselves and the controller read. If both read for a node, they must have read the
    same bytes.
positional: _input, tries, reads
options:
  _input:
    description: The hosts.
    type: list
    elements: str
    required: true
  reads:
    description: The results of M(kongops.fallback.config_snapshot_info) in a loop over groups of hosts with the same
      storage, version and access.
    type: dict
    required: true
  tries:
    description: The results of M(kongops.fallback.snapshot_import_info), likewise; the answer of a node counts for it
      alone.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse nodes that would find nothing to serve
  ansible.builtin.assert:
    that: refusals | length == 0
    fail_msg: "{{ refusals | join(' ') }}"
  vars:
    refusals: "{{ ansible_play_hosts | kongops.fallback.import_refusals(tries, reads) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each reason, with the hosts that it concerns; none if all would import the snapshot.
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node import witness


def import_refusals(hosts: Iterable[str], tries: Mapping[str, Any], reads: Mapping[str, Any]) -> list[str]:
    """The reasons, as sentences."""
    looped = [results.get("results", []) for results in (tries, reads)]
    return witness.import_refusals({host: witness.answers_for(host, *looped) for host in hosts})


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"import_refusals": import_refusals}
