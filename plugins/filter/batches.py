# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The batches of a rollout."""

from __future__ import annotations

DOCUMENTATION = r"""
name: batches
short_description: Cut a rollout into batches
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Orders all hosts with P(kongops.fallback.spread#filter), cuts them into batches, and leaves out the hosts that are
    not due. So a batch never restarts a larger share of a cluster than it would if all hosts were due.
positional: _input, serial, due
options:
  _input:
    description: The cluster of each host.
    type: dict
    required: true
  serial:
    description: The size of a batch, as Ansible's C(serial) has it, a number, a percentage of all hosts, or a list.
    type: raw
    required: true
  due:
    description: The hosts that the run has to work on.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Cut four hosts into two batches and leave out a host that is not due
  ansible.builtin.debug:
    msg: "{{ {'a1': 'a', 'a2': 'a', 'a3': 'a', 'a4': 'a'} | kongops.fallback.batches('50%', ['a1', 'a3', 'a4']) }}"
    # [{number: 1, hosts: [a1]}, {number: 2, hosts: [a3, a4]}]
"""

RETURN = r"""
_value:
  description: The batches in their order, each with its C(number), from 1, and its C(hosts); no batch is empty.
  type: list
  elements: dict
  sample:
    - number: 1
      hosts: [dp1, dp4]
"""

from collections.abc import Collection, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._node import rollout


def batches(clusters: Mapping[str, str], serial: Any, due: Collection[str]) -> list[dict[str, Any]]:
    """The batches with their numbers."""
    try:
        hosts = rollout.batches(clusters, serial, set(due))
    except InvalidInput as error:
        raise AnsibleFilterError(str(error)) from None
    return [{"number": number, "hosts": batch} for number, batch in enumerate(hosts, start=1)]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"batches": batches}
