# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lifecycle rules for one fallback storage among those that a bucket already has.

A rule's filter has no wildcards, so election objects need one rule per gateway version; a filter on the whole storage,
by age or by size, would one day expire a snapshot that has not changed for long (fact 3.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

Rule = Mapping[str, Any]


def merged_rules(
    current: Sequence[Rule], storage: StorageUrl, *, versions: Iterable[str], election_days: int, noncurrent_days: int
) -> list[dict[str, Any]]:
    """The rules of the bucket with ours as they should be and all others as they are.

    Election objects of ``versions``, and of those versions that have a rule, expire ``election_days`` after their last
    rewrite (fact 3.2); old versions of anything in the storage expire after ``noncurrent_days``. 0 days: never.
    """
    ours = _election_id(storage, "")
    known = {rule["ID"][len(ours) :] for rule in current if rule.get("ID", "").startswith(ours)}
    wanted = []
    if election_days:
        wanted += [_election_rule(storage, version, election_days) for version in sorted(known.union(versions))]
    if noncurrent_days:
        wanted.append(_noncurrent_rule(storage, noncurrent_days))
    others = [dict(rule) for rule in current if not _is_ours(rule, storage)]
    return [*others, *wanted]


def same_rules(one: Sequence[Rule], other: Sequence[Rule]) -> bool:
    """Whether two lists of rules are equivalent; stores answer in a different order and spell out defaults."""
    return _by_id(one) == _by_id(other)


def _by_id(rules: Sequence[Rule]) -> dict[str, Rule]:
    return {rule.get("ID", repr(rule)): rule for rule in rules}


def _is_ours(rule: Rule, storage: StorageUrl) -> bool:
    name = rule.get("ID", "")
    return bool(name == _noncurrent_id(storage) or name.startswith(_election_id(storage, "")))


# A colon, which prefixes cannot contain, separates the rules of prod from those of prod/eu.
def _election_id(storage: StorageUrl, version: str) -> str:
    return f"kong-fallback:{storage.prefix}:election:{version}"


def _noncurrent_id(storage: StorageUrl) -> str:
    return f"kong-fallback:{storage.prefix}:noncurrent"


def _election_rule(storage: StorageUrl, version: str, days: int) -> dict[str, Any]:
    return {
        "ID": _election_id(storage, version),
        "Status": "Enabled",
        "Filter": {"Prefix": storage.election_prefix(version)},
        "Expiration": {"Days": days},
    }


def _noncurrent_rule(storage: StorageUrl, days: int) -> dict[str, Any]:
    return {
        "ID": _noncurrent_id(storage),
        "Status": "Enabled",
        "Filter": {"Prefix": f"{storage.prefix}/"},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    }
