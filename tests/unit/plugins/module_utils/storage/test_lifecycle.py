# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.kongops.fallback.plugins.module_utils._storage.lifecycle import merged_rules, same_rules
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

PROD = parse("s3://kong-fallback/prod")
EU = parse("s3://kong-fallback/prod/eu")
THEIRS = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}
NAMELESS = {"Status": "Disabled", "Prefix": "tmp/", "Expiration": {"Days": 1}}


def rules_for(current, storage=PROD, versions=("3.11.0.3",), election_days=7, noncurrent_days=90):  # type: ignore[no-untyped-def]
    return merged_rules(
        current, storage, versions=versions, election_days=election_days, noncurrent_days=noncurrent_days
    )


def expires_current(rules: list[dict], key: str) -> bool:  # type: ignore[type-arg]
    return any("Days" in rule.get("Expiration", {}) and key.startswith(rule["Filter"]["Prefix"]) for rule in rules)


def test_election_objects_expire_and_snapshots_never_do() -> None:
    rules = rules_for([])
    assert expires_current(rules, "prod/3.11.0.3/election/4c5f")
    assert not expires_current(rules, "prod/3.11.0.3/config.json")
    assert not expires_current(rules, "prod/archive/3.11.0.3/abc.json")
    assert not expires_current(rules, "prod/3.11.0.30/election/4c5f")


def test_old_versions_expire_in_the_storage_only() -> None:
    (rule,) = [rule for rule in rules_for([]) if "NoncurrentVersionExpiration" in rule]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert rule["Filter"] == {"Prefix": "prod/"}


def test_rules_of_others_stay_as_they_are() -> None:
    rules = rules_for([THEIRS, NAMELESS])
    assert rules[:2] == [THEIRS, NAMELESS]


def test_two_storages_in_one_bucket_leave_each_other_alone() -> None:
    both = rules_for(rules_for([], storage=EU), storage=PROD)
    assert len(both) == 4
    assert rules_for(both, storage=PROD, election_days=0, noncurrent_days=0) == rules_for([], storage=EU)


def test_a_version_once_known_keeps_its_rule() -> None:
    later = rules_for(rules_for([]), versions=["3.12.0.0"], election_days=5)
    assert expires_current(later, "prod/3.11.0.3/election/4c5f")
    assert expires_current(later, "prod/3.12.0.0/election/4c5f")
    assert {rule["Expiration"]["Days"] for rule in later if "election" in rule["ID"]} == {5}


def test_zero_days_mean_no_rule() -> None:
    assert rules_for(rules_for([THEIRS]), election_days=0, noncurrent_days=0) == [THEIRS]


def test_a_second_merge_changes_nothing() -> None:
    once = rules_for([THEIRS])
    assert rules_for(once) == once


def test_order_does_not_count() -> None:
    rules = rules_for([THEIRS])
    assert same_rules(rules, rules[::-1])
    assert not same_rules(rules, rules[1:])
