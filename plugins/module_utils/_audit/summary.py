# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as a terminal shows it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import cited, some
from ansible_collections.kongops.fallback.plugins.module_utils._job.verdict import NO, UNKNOWN, YES, age_in_words

WIDTH = 68
"""The longest line; with what Ansible prints around it, it has 80 columns."""

_MOST_FINDINGS = 12
_WORDS = {YES: "YES", NO: "NO", UNKNOWN: "UNKNOWN"}


def summary(audit: Mapping[str, Any]) -> list[str]:
    """The verdicts, the snapshots, the findings and what was not checked, in lines of at most ``WIDTH`` columns."""
    lines = [f"Audit of {audit['taken'][:16].replace('T', ' ')} UTC: would a new data plane come up?"]
    for cluster in audit["clusters"]:
        lines += _cluster(cluster)
    return lines if audit["clusters"] else [*lines, *_wrapped(f"UNKNOWN: {audit['because']}", "")]


def _cluster(cluster: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    because = f", because {cluster['because']}" if cluster["because"] else ""
    yield from _wrapped(f"{_WORDS[cluster['would_come_up']]:<8}{cluster['storage']}{because}", "        ")
    yield from _wrapped(_nodes(cluster["nodes"]), "        ", first="        ")
    for snapshot in cluster["snapshots"]:
        yield from _wrapped(_snapshot(snapshot), "          ", first="        ")
    for finding in cluster["findings"][:_MOST_FINDINGS]:
        where = f"{some(finding['hosts'])}: " if finding["hosts"] else ""
        told = f"{finding['severity']:<8}{finding['code']}: {where}{cited(finding['message'], finding['fact'])}"
        yield from _wrapped(told, "        ")
    more = len(cluster["findings"]) - _MOST_FINDINGS
    if more > 0:
        yield f"        and {more} more findings"
    for each in cluster["not_looked_at"]:
        yield from _wrapped(f"unseen  {each['what']}: {each['why']}", "        ")


def _nodes(nodes: Sequence[Mapping[str, Any]]) -> str:
    told = []
    for role, name in (("data_plane", "data planes"), ("backup_node", "backup nodes")):
        count = Counter(node["would_come_up"] for node in nodes if node["role"] == role)
        if count:
            told.append(f"{name}: " + ", ".join(f"{count[word]} {word}" for word in (YES, NO, UNKNOWN) if count[word]))
    return "; ".join(told)


def _snapshot(snapshot: Mapping[str, Any]) -> str:
    told = [f"snapshot {snapshot['gateway_version']} {snapshot['outcome']}"]
    if snapshot["age_seconds"] is not None:
        told.append(f"{age_in_words(snapshot['age_seconds'])} old")
    if snapshot["entities"]:
        told.append(f"{sum(snapshot['entities'].values())} entities")
    if snapshot["size"] is not None:
        told.append(f"{snapshot['size']} bytes")
    return ", ".join(told)


def _wrapped(text: str, indent: str, first: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent) or [""]
