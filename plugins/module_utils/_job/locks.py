# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job locks the clusters that it works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import Cluster, clusters_of_hosts
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

IF_POSSIBLE = "if_possible"
ALWAYS = "always"


@dataclass(frozen=True)
class ClusterLock:
    """One place with the lock of a cluster, and the host whose variables say how to get there.

    ``lock`` is ``always`` if the job must not begin without it, else ``if_possible``.
    """

    storage: str
    host: str
    lock: str
    is_replica: bool = False


def locks_of_hosts(
    hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], demanded: Mapping[str, bool | None]
) -> tuple[ClusterLock, ...]:
    """The locks of the clusters of some hosts.

    ``demanded`` is kong_fallback_lock of each host, None where it is unset. A cluster with a replica has two locks, so
    that jobs exclude one another whichever of the two storages is lost. Only the one in the storage that the data
    planes read can be demanded: a failover works without the other. Every job takes them in the same order.
    """
    clusters = [each for each in clusters_of_hosts(hosts, hostvars) if demanded[each.host] is not False]
    return tuple(lock for cluster in clusters for lock in _locks(cluster, hosts, hostvars, demanded[cluster.host]))


def _locks(
    cluster: Cluster, hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], is_demanded: bool | None
) -> Iterator[ClusterLock]:
    members = (hostvars[host] for host in hosts if hostvars[host].get("kong_fallback_storage") == cluster.storage)
    reads_replica = any(each.get("kong_fallback_import_from") == "replica" for each in members)
    replica = str(hostvars[cluster.host].get("kong_fallback_replica_storage") or "")
    for storage, is_replica in ((cluster.storage, False), (replica, True)):
        if _can_be_locked(storage):
            lock = ALWAYS if is_demanded and is_replica == reads_replica else IF_POSSIBLE
            yield ClusterLock(storage, cluster.host, lock, is_replica)


def _can_be_locked(storage: str) -> bool:
    """Whether it is a storage at all; the role of its host refuses what gateways do not accept."""
    try:
        parse(storage)
    except InvalidInput:
        return False
    return True
