# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why no node is touched after a look at all of them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout_refusals
short_description: Say why a rollout must not begin after the look at all nodes
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A rollout needs every backup node, and must not have lost more data planes than may fail.
  - Ansible decides on batches before it reads the inventory, so other values of C(kong_fallback_serial) and
    C(kong_fallback_max_fail_percentage) there would have no effect.
positional: _input, left, hostvars, groups, play_name
options:
  _input:
    description: The hosts that were looked at.
    type: list
    elements: str
    required: true
  left:
    description: Those of them that neither failed nor became unreachable.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  play_name:
    description: The name of the play, which ends with the two values that Ansible uses.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Stop if a node is lost
  ansible.builtin.assert:
    that: refusals | length == 0
    fail_msg: "{{ refusals | join(' ') }}"
  vars:
    hosts: "{{ ansible_play_hosts_all }}"
    refusals: "{{ hosts | kongops.fallback.rollout_refusals(ansible_play_hosts, hostvars, groups, ansible_play_name) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The reasons, one sentence each; empty if the run may go on.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job import look
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def rollout_refusals(
    hosts: Sequence[str],
    left: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    play_name: str,
) -> list[str]:
    """The reasons, one sentence each."""
    return look.rollout_refusals(hosts, left, hostvars, groups, play_name)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"rollout_refusals": rollout_refusals}
