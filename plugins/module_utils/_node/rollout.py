# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order and the batches in which a run works on nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput


def spread_hosts(clusters: Mapping[str, str]) -> list[str]:
    """The hosts in the order of how far into its cluster each one is; ``clusters`` has the cluster of each host."""
    sizes = Counter(clusters.values())
    seen: Counter[str] = Counter()
    position: dict[str, float] = {}
    for host, cluster in clusters.items():
        position[host] = (seen[cluster] + 0.5) / sizes[cluster]
        seen[cluster] += 1
    return sorted(clusters, key=position.__getitem__)


def batches(clusters: Mapping[str, str], serial: Any, due: Collection[str]) -> list[list[str]]:
    """The batches in which a run works on the hosts that are ``due``.

    They are those of all hosts, with Ansible's meaning of ``serial``, less the hosts that are not due; so a batch never
    holds more of a cluster than it would if all hosts were due. Raises InvalidInput for a size that Ansible would
    not accept.
    """
    hosts = spread_hosts(clusters)
    sizes = _sizes(serial, len(hosts))
    cut = []
    while hosts:
        size = next(sizes)
        cut.append([host for host in hosts[:size] if host in due])
        hosts = hosts[size:]
    return [batch for batch in cut if batch]


def _sizes(serial: Any, total: int) -> Iterator[int]:
    """The sizes of batches; the last one is repeated."""
    each: Sequence[Any] = serial if isinstance(serial, (list, tuple)) and serial else [serial]
    sizes = [_size(one, total) for one in each]
    yield from sizes
    while True:
        yield sizes[-1]


def _size(serial: Any, total: int) -> int:
    text = str(serial).strip()
    number = text[:-1] if text.endswith("%") else text
    try:
        size = int(float(number) / 100 * total) or 1 if text.endswith("%") else int(number)
    except ValueError:
        raise InvalidInput(f"kong_fallback_serial is '{serial}': give a number of hosts, or a percentage.") from None
    return size if size > 0 else max(total, 1)
