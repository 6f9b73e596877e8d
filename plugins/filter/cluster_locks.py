# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks of the clusters of a job."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_locks
short_description: List where a job locks the clusters of its hosts
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A cluster is locked in its storage and, if it has a replica, there too. With C(kong_fallback_lock=false) and for a
    storage that gateways do not accept there are no locks.
positional: _input, hostvars
options:
  _input:
    description: The names of the hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show where this play would lock its clusters
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | kongops.fallback.cluster_locks(hostvars) | map(attribute='storage') }}"
"""

RETURN = r"""
_value:
  description: The locks, in the order in which jobs take them.
  type: list
  elements: dict
  contains:
    storage:
      description: The storage with the lock.
      type: str
    host:
      description: The host whose variables describe the access to it.
      type: str
    lock:
      description:
        - V(always) if the job must not begin without it, because C(kong_fallback_lock) is V(true) and data planes read
          this storage; otherwise V(if_possible).
      type: str
      sample: if_possible
    is_replica:
      description: Whether the storage is the replica.
      type: bool
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.kongops.fallback.plugins.module_utils._job.locks import locks_of_hosts


def cluster_locks(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The locks of the clusters as dictionaries."""
    demanded = {host: _demanded(hostvars[host].get("kong_fallback_lock")) for host in hosts}
    return [asdict(lock) for lock in locks_of_hosts(hosts, hostvars, demanded)]


def _demanded(wanted: Any) -> bool | None:
    return None if wanted in (None, "") else bool(boolean(wanted, strict=False))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"cluster_locks": cluster_locks}
