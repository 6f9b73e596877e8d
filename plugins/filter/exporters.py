# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the backup nodes of each storage may export together."""

from __future__ import annotations

DOCUMENTATION = r"""
name: exporters
short_description: Judge whether backup nodes may export together
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - The exporters of a storage have to be of the same kind, and if there are several, they have to elect a leader.
positional: _input, hostvars, clusters
options:
  _input:
    description: The backup nodes that were looked at.
    type: list
    elements: str
    required: true
  hostvars:
    description:
      - The variable C(hostvars). The filter uses for each host what M(kongops.fallback.cluster_fallback_node) returned,
        registered as C(__kong_fallback_look).
    type: dict
    required: true
  clusters:
    description: What P(kongops.fallback.clusters#filter) gives.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say whether the exporters are compatible
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | kongops.fallback.exporters(hostvars, hostvars | kongops.fallback.clusters(groups)) }}"
"""

RETURN = r"""
_value:
  description:
    - C(refusals) are the reasons why exporters are not compatible, C(unseen) a sentence for each storage to
      which backup nodes export that were not looked at.
  type: dict
  sample:
    refusals: []
    unseen: []
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node.clusters import (
    ExportingNode,
    exporter_refusals,
    unseen_exporters,
)


def exporters(hosts: Iterable[str], hostvars: Mapping[str, Any], clusters: Mapping[str, Any]) -> dict[str, list[str]]:
    """The reasons against it, and which nodes the run did not look at."""
    looks = {host: hostvars[host].get("__kong_fallback_look", {}) for host in hosts}
    looked_at = [_exporter(host, look) for host, look in looks.items() if look.get("parameter_names")]
    return {"refusals": exporter_refusals(looked_at, clusters), "unseen": unseen_exporters(looked_at, clusters)}


def _exporter(host: str, look: Mapping[str, Any]) -> ExportingNode:
    return ExportingNode(
        host=host,
        storage=look["settings"]["cluster_fallback_config_storage"]["value"],
        role=look["settings"]["role"]["value"],
        gateway_version=look["gateway_version"],
        election=look["election"],
    )


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"exporters": exporters}
