# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a job goes on after it has looked at all its nodes: how many it lost, and which settings came too late."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import shortened, some
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import nodes_of_groups
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE

SERIAL = "kong_fallback_serial"
MOST = "kong_fallback_max_fail_percentage"
_DEFAULTS = {SERIAL: "25%", MOST: 0}


def rollout_refusals(
    hosts: Sequence[str],
    left: Collection[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    play_name: str,
) -> list[str]:
    """Why the job must not touch any node, one sentence each; none if it may go on.

    ``left`` are the hosts that neither failed nor became unreachable, and ``play_name`` ends with the batch size and
    the percentage that Ansible uses, because it reads them before the inventory.
    """
    access_of = nodes_of_groups(groups)
    backup_nodes = [host for host in hosts if access_of.get(host) == WRITE]
    data_planes = [host for host in hosts if access_of.get(host) == READ]
    refusals = [*_lost(backup_nodes, left, 0.0, "backup node")]
    for host in data_planes[:1]:
        given = {name: hostvars[host].get(name, default) for name, default in _DEFAULTS.items()}
        if play_name.endswith(f" {given[SERIAL]} at once, {given[MOST]}% may fail"):
            refusals += _lost(data_planes, left, float(given[MOST]), "data plane")
        else:
            refusals.append(
                f"{SERIAL} is {given[SERIAL]} and {MOST} {given[MOST]} in the inventory, where they have no effect,"
                " because Ansible decides on batches before it reads the inventory: give them with -e, or in the"
                " survey."
            )
    return [shortened(refusal) for refusal in refusals]


def _lost(hosts: Sequence[str], left: Collection[str], most: float, kind: str) -> Iterator[str]:
    lost = [host for host in hosts if host not in left]
    if len(lost) * 100 > len(hosts) * most:
        yield (
            f"{len(lost)} of {len(hosts)} {kind}{'s' if len(hosts) > 1 else ''} failed, so the run did not touch"
            f" any node: {some(lost)}. Fix what the run reported for each, or leave hosts out with --limit."
        )
