# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wish for a bucket changes, and what it leaves as it is."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import BucketWish, Posture
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

STORAGE = parse("s3://kong-fallback/prod")
REGION = "eu-central-1"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def changes(wish: BucketWish, found: Posture) -> list[str]:
    """The features that the wish changes."""
    return found.changes_to(wish.on(found, STORAGE, REGION))


def found(**features: Any) -> Posture:
    """A bucket with these features."""
    return Posture(True, features)


def test_what_fulfils_a_wish_already_is_left_as_it_was_found() -> None:
    elsewhere = {"replica": parse("s3://kong-replica/prod"), "replication_role": "arn:aws:iam::123456789012:role/copy"}
    tags = {"team": "gateway"}
    wish = BucketWish(vpc_endpoints=["vpce-0a1b"], versions=["3.11.0.3"], tags=tags, lock_days=30, **elsewhere)
    empty = Posture(False, dict.fromkeys(wish.asks_about()))
    assert changes(wish, empty) == wish.asks_about()
    target = wish.on(empty, STORAGE, REGION)
    assert changes(wish, target) == []


def test_a_policy_in_the_spelling_of_aws_is_the_same_policy() -> None:
    wish = BucketWish()
    policy = wish.on(found(policy=None), STORAGE, REGION).features["policy"]
    (statement,) = policy["Statement"]
    spelled = {**statement, "Action": "s3:*", "Principal": {"AWS": "*"}, "Resource": statement["Resource"][::-1]}
    assert changes(wish, found(policy={**policy, "Statement": [spelled]})) == []
    assert changes(wish, found(policy={**policy, "Statement": [{**spelled, "Effect": "Allow"}]})) == ["policy"]


@pytest.mark.parametrize(
    ("wish", "encryption", "changed"),
    [
        (BucketWish(), None, True),
        (BucketWish(), {"algorithm": "AES256", "key": None, "bucket_key": False}, False),
        (BucketWish(), {"algorithm": "aws:kms", "key": KEY, "bucket_key": True}, False),
        (BucketWish(encryption="kms", kms_key=KEY), {"algorithm": "AES256", "key": None, "bucket_key": False}, True),
        (BucketWish(encryption="kms", kms_key=KEY), {"algorithm": "aws:kms", "key": KEY, "bucket_key": False}, True),
        (BucketWish(encryption="kms", kms_key=KEY), {"algorithm": "aws:kms", "key": KEY, "bucket_key": True}, False),
    ],
)
def test_encryption_is_never_weakened(wish: BucketWish, encryption: Any, changed: bool) -> None:
    assert changes(wish, found(encryption=encryption)) == (["encryption"] if changed else [])


def test_tags_of_others_stay_unless_they_are_purged() -> None:
    there = found(tags={"site": "edge"})
    assert BucketWish(tags={"team": "gateway"}).on(there, STORAGE, REGION).features["tags"] == {"team": "gateway"}
    kept = BucketWish(tags={"team": "gateway"}, purge_tags=False).on(there, STORAGE, REGION)
    assert kept.features["tags"] == {"site": "edge", "team": "gateway"}
    assert BucketWish(tags={}).on(there, STORAGE, REGION).features["tags"] is None


def test_what_is_not_asked_for_is_not_looked_at() -> None:
    silent = BucketWish(versioning=False, encryption="keep")
    assert silent.asks_about() == ["public_access", "ownership", "policy", "lifecycle"]


def test_what_the_store_lacks_is_not_changed() -> None:
    lacking = Posture(True, {"public_access": None}, ("public_access",))
    assert changes(BucketWish(), lacking) == []
