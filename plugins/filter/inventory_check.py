# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a job must not begin with an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_check
short_description: Say why a job must not begin with this inventory
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Finds a job that would do nothing, variables with a prefix of this collection that nothing reads, groups whose names
    are almost right, storages that cannot be reached as the inventory describes them, and values that no role accepts.
  - For each host it reads the names of the variables, and the values of those that describe its storage or must be more
    than text.
positional: _input, hostvars, groups
options:
  _input:
    description:
      - The job, with its C(name), the C(pattern) of its hosts, the C(hosts) of the inventory that match it, and
        C(play_hosts), all hosts that a limit leaves.
      - Optionally, C(limit) is that limit, C(chosen_by) the variable that holds the pattern, C(canary)
        the pattern of a drill and C(canaries) what matches it, and C(is_sliced) says that AWX may have cut the
        inventory.
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse an inventory without data planes
  ansible.builtin.assert:
    that: check.refusals | length == 0
    fail_msg: "{{ check.refusals | join(' ') }}"
  vars:
    check: "{{ job | kongops.fallback.inventory_check(hostvars, groups) }}"
    job:
      name: data_plane
      pattern: kong_data_plane
      hosts: "{{ groups['kong_data_plane'] | default([]) }}"
      play_hosts: "{{ ansible_play_hosts_all }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(refusals), why the job must not begin, one sentence each.
    - C(groups), the hosts that stand for their cluster, and those of a drill, by the groups in which the plays look for
      them.
  type: dict
  sample:
    refusals: ["dp1: nothing reads the variable kong_fallback_storge: did you mean kong_fallback_storage?"]
    groups: {kong_fallback_cluster: [cp1], kong_fallback_canary: []}
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.inventory import JobRequest, inventory_refusals
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import clusters_of_hosts, nodes_of_groups
from ansible_collections.kongops.fallback.plugins.plugin_utils._role_arguments import missing_values, wrong_values

NEEDED = {"amazon.aws": "every look at the storage needs"}
"""The collections that jobs on nodes and storages need, and what for."""

OLDEST = {"boto3": "1.36.0"}
"""The oldest releases of libraries that these jobs can use. This boto3 is the first with conditional writes and
checksums."""

AUDIT = "audit"
"""The job that sets up timers."""

_COLLECTION = Path(__file__).resolve().parents[2]


def inventory_check(
    job: Mapping[str, Any], hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The refusals, and the hosts of the plays that follow."""
    request = JobRequest(**job)
    left = set(request.play_hosts)
    nodes = [host for host in nodes_of_groups(groups) if host in left]
    return {
        "groups": {
            "kong_fallback_cluster": [cluster.host for cluster in clusters_of_hosts(nodes, hostvars)],
            "kong_fallback_canary": [host for host in request.canaries if host in left],
            **({"kong_fallback_timer": _with_timer(left, hostvars)} if request.name == AUDIT else {}),
        },
        "refusals": [
            *((*missing_collections(NEEDED), *old_libraries(OLDEST)) if request.is_about_nodes else ()),
            *inventory_refusals(request, groups, hostvars, known_variables()),
            *wrong_values(request.targets, hostvars),
            *missing_values(request.name, request.targets, hostvars),
        ],
    }


def _with_timer(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The hosts whose variables say whether a timer looks at the storage there."""
    return sorted(host for host in hosts if "kong_fallback_audit_timer" in hostvars[host])


def missing_collections(needed: Mapping[str, str]) -> list[str]:
    """A sentence for each collection that this controller lacks: Ansible's own message names a file of it, but not what
    to do."""
    return [
        f"This controller has no collection {name}, which {what}: run `ansible-galaxy collection install {name}`."
        for name, what in needed.items()
        if not _is_there(f"ansible_collections.{name}")
    ]


def old_libraries(oldest: Mapping[str, str]) -> list[str]:
    """A sentence for each library that is missing on this controller or too old."""
    return [
        f"This controller has {f'{name} {found}' if found else f'no {name}'}, and every look at the storage needs"
        f" {least} or later: install it for {sys.executable}."
        for name, least in oldest.items()
        for found in [_release(name)]
        if _numbers(found) < _numbers(least)
    ]


def _release(library: str) -> str:
    """The installed release, or empty."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _numbers(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]


def _is_there(package: str) -> bool:
    try:
        import_module(package)
    except ImportError:
        return False
    return True


@cache
def known_variables() -> frozenset[str]:
    """The variables of an operator that the roles and playbooks of this collection read, document or publish."""
    files = [file for folder in ("roles", "playbooks") for file in (_COLLECTION / folder).rglob("*.yml")]
    return frozenset(name for file in files for name in re.findall(r"(?<!_)\bkong_fallback_\w+", file.read_text()))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"inventory_check": inventory_check}
