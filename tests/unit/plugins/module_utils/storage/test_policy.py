# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import (
    READ,
    WRITE,
    access_policy,
    bucket_statements,
    merged_policy,
    partition,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.policy_evaluator import allows

STORAGE = parse("s3://kong-fallback/eu/prod")
BUCKET = "arn:aws:s3:::kong-fallback"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

CONFIG = f"{BUCKET}/eu/prod/3.11.0.3/config.json"
ELECTION = f"{BUCKET}/eu/prod/3.11.0.3/election/4c5f"
OUTSIDE = [
    f"{BUCKET}/eu/prod-2/3.11.0.3/config.json",
    f"{BUCKET}/eu/3.11.0.3/config.json",
    f"{BUCKET}/config.json",
    f"{BUCKET}/prod/3.11.0.3/config.json",
    "arn:aws:s3:::kong-fallback-2/eu/prod/3.11.0.3/config.json",
]
ARCHIVE = f"{BUCKET}/eu/prod/archive/3.11.0.3/{'ab' * 32}.json"
CHAIN = f"{BUCKET}/eu/prod/archive/3.11.0.3/chain.json"


@pytest.mark.parametrize(
    ("access", "action", "resource", "allowed"),
    [
        (WRITE, "s3:PutObject", CONFIG, True),
        (WRITE, "s3:GetObject", CONFIG, True),
        (WRITE, "s3:PutObject", ELECTION, True),
        (WRITE, "s3:GetObject", ELECTION, False),
        (WRITE, "s3:DeleteObject", CONFIG, False),
        (WRITE, "s3:DeleteObject", ELECTION, False),
        (WRITE, "s3:PutObject", ARCHIVE, False),
        (WRITE, "s3:DeleteObject", ARCHIVE, False),
        (WRITE, "s3:PutObject", CHAIN, False),
        (WRITE, "s3:DeleteObject", CHAIN, False),
        (READ, "s3:GetObject", CHAIN, False),
        (WRITE, "s3:PutObjectAcl", CONFIG, False),
        (READ, "s3:GetObject", CONFIG, True),
        (READ, "s3:GetObject", ELECTION, False),
        (READ, "s3:GetObject", ARCHIVE, False),
        (READ, "s3:PutObject", CONFIG, False),
        (READ, "s3:PutObject", ELECTION, False),
        (READ, "s3:DeleteObject", CONFIG, False),
        *[
            (access, action, resource, False)
            for access in (WRITE, READ)
            for action in ("s3:PutObject", "s3:GetObject")
            for resource in OUTSIDE
        ],
    ],
)
def test_an_identity_may_do_what_the_gateway_does_and_nothing_else(
    access: str, action: str, resource: str, allowed: bool
) -> None:
    assert allows([access_policy(STORAGE, access)], action, resource) is allowed


@pytest.mark.parametrize(
    ("access", "list_objects", "prefix", "allowed"),
    [
        (WRITE, False, "eu/prod/3.11.0.3/election/", True),
        (WRITE, False, "eu/prod/3.11.0.3/", False),
        (WRITE, False, None, False),
        (READ, False, "eu/prod/3.11.0.3/", False),
        (READ, False, None, False),
        (WRITE, True, "eu/prod/3.11.0.3/election/", True),
        (READ, True, "eu/prod/3.11.0.3/config.json", True),
        (READ, True, "eu/prod/", True),
        (READ, True, "eu/prod-2/", False),
        (READ, True, "eu/", False),
        (READ, True, None, False),
    ],
)
def test_listing_ends_at_the_prefix(access: str, list_objects: bool, prefix: str | None, allowed: bool) -> None:
    context = {} if prefix is None else {"s3__prefix": prefix}
    assert (
        allows([access_policy(STORAGE, access, list_objects=list_objects)], "s3:ListBucket", BUCKET, **context)
        is allowed
    )


@pytest.mark.parametrize(
    ("access", "actions"), [(WRITE, {"kms:GenerateDataKey", "kms:Decrypt"}), (READ, {"kms:Decrypt"})]
)
def test_only_the_exporter_may_encrypt(access: str, actions: set[str]) -> None:
    policy = access_policy(STORAGE, access, kms_key=KEY)
    every = {"kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt", "kms:ScheduleKeyDeletion"}
    assert {action for action in every if allows([policy], action, KEY)} == actions
    assert not allows([policy], "kms:Decrypt", KEY.replace("1234abcd", "ffffffff"))


def test_plain_http_stores_stay_usable() -> None:
    assert "aws:SecureTransport" not in repr(access_policy(STORAGE, WRITE))


@pytest.mark.parametrize(
    ("region", "name"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws"), (None, "aws")]
)
def test_arns_are_those_of_the_regions_partition(region: str | None, name: str) -> None:
    assert partition(region) == name
    policy = access_policy(STORAGE, READ, partition=partition(region))
    assert policy["Statement"][0]["Resource"] == [f"arn:{name}:s3:::kong-fallback/eu/prod/*/config.json"]


@pytest.mark.parametrize(
    "key",
    ["alias/kong", "1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-central-1:1:alias/kong", f"{KEY}*", "*"],
)
def test_a_key_without_its_arn_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="kms_key"):
        access_policy(STORAGE, READ, kms_key=key)


def test_iam_cannot_guard_another_providers_storage() -> None:
    with pytest.raises(InvalidInput, match="gcs://"):
        access_policy(parse("gcs://kong-fallback/prod"), READ)


def denied(action: str, resource: str, **context: str) -> bool:
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    ours = bucket_statements("kong-fallback", partition="aws", tls_only=True, vpc_endpoints=["vpce-0a1b"])
    return not allows([everything, {"Statement": ours}], action, resource, **context)


INSIDE = {"aws__SecureTransport": "true", "aws__SourceVpce": "vpce-0a1b"}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetObject", CONFIG, INSIDE, False),
        ("s3:PutObject", CONFIG, INSIDE, False),
        ("s3:GetObject", CONFIG, {**INSIDE, "aws__SecureTransport": "false"}, True),
        ("s3:ListBucket", BUCKET, {**INSIDE, "aws__SecureTransport": "false"}, True),
        ("s3:GetObject", CONFIG, {**INSIDE, "aws__SourceVpce": "vpce-ffff"}, True),
        ("s3:GetObject", CONFIG, {"aws__SecureTransport": "true"}, True),
        ("s3:ListBucketVersions", BUCKET, {"aws__SecureTransport": "true"}, True),
        ("s3:PutBucketPolicy", BUCKET, {"aws__SecureTransport": "true"}, False),
        ("s3:GetBucketVersioning", BUCKET, {"aws__SecureTransport": "true"}, False),
    ],
)
def test_the_bucket_is_reached_by_tls_and_from_the_vpc_only(
    action: str, resource: str, context: dict[str, str], expected: bool
) -> None:
    assert denied(action, resource, **context) is expected


def test_what_is_no_vpc_endpoint_is_refused() -> None:
    with pytest.raises(InvalidInput, match="vpc-12"):
        bucket_statements("kong-fallback", partition="aws", tls_only=True, vpc_endpoints=["vpc-12"])


THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "123456789012"},
    "Action": "s3:GetObject",
    "Resource": "*",
}
OURS = bucket_statements("kong-fallback", partition="aws", tls_only=True, vpc_endpoints=[])


@pytest.mark.parametrize(
    ("current", "ours", "expected"),
    [
        (None, OURS, [*OURS]),
        ({"Version": "2008-10-17", "Id": "x", "Statement": [THEIRS]}, OURS, [THEIRS, *OURS]),
        ({"Version": "2012-10-17", "Statement": THEIRS}, OURS, [THEIRS, *OURS]),
        ({"Version": "2012-10-17", "Statement": [*OURS, THEIRS]}, [], [THEIRS]),
        ({"Version": "2012-10-17", "Statement": OURS}, [], None),
        (None, [], None),
    ],
)
def test_statements_of_others_stay_as_they_are(current: Any, ours: list[Any], expected: list[Any] | None) -> None:
    merged = merged_policy(current, ours)
    assert (merged and merged["Statement"]) == expected
    if current and merged:
        assert {name: merged[name] for name in current if name != "Statement"} == {
            name: current[name] for name in current if name != "Statement"
        }
    assert merged_policy(merged, ours) == merged
