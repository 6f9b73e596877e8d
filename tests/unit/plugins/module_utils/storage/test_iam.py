# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM's refusals and races; tests/integration/test_storage_credentials.py sees identities on real servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import EndpointConnectionError

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.iam import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import (
    EC2_TRUST,
    Identity,
    IdentityWish,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.key_ring import (
    delete_key,
    list_keys,
    wait_until_accepted,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.unit.plugins.module_utils.storage.refusals import Client, refusal

GONE = refusal("NoSuchEntity", status=404)
DENIED = refusal("AccessDenied", "User: x is not authorized to perform: iam:X on resource: y", status=403)
ROLE = {"Role": {"Arn": "arn:aws:iam::1:role/reader", "AssumeRolePolicyDocument": EC2_TRUST}}
WISH = IdentityWish("role", {"Statement": []}, instance_profile=True)


@pytest.mark.parametrize(
    "look",
    [
        lambda: Iam(Client(get_user_policy=DENIED), "user", "writer").find(WISH),
        lambda: Iam(Client(get_user_policy=GONE, get_user=DENIED), "user", "writer").find(WISH),
        lambda: Iam(Client(get_role_policy=GONE, get_role=ROLE, get_instance_profile=DENIED), "role", "reader").find(
            WISH
        ),
        lambda: list_keys(Client(list_access_keys=DENIED), "writer"),
        lambda: delete_key(Client(delete_access_key=DENIED), "writer", "AKIAA"),
    ],
)
def test_what_is_denied_is_not_taken_for_absent(look: Callable[[], object]) -> None:
    with pytest.raises(OperationFailed, match=r"^Could not .*: access denied: grant iam:X\.$"):
        look()


def test_a_key_that_is_gone_is_deleted() -> None:
    delete_key(Client(delete_access_key=GONE), "writer", "AKIAA")
    assert list_keys(Client(list_access_keys=GONE), "writer") == ()


def test_an_instance_profile_that_is_there_gets_the_role() -> None:
    client = Client(create_instance_profile=refusal("EntityAlreadyExists", status=409), add_role_to_instance_profile={})
    found = Identity(arn="arn:aws:iam::1:role/reader", trust=EC2_TRUST)
    target = Identity(arn=found.arn, trust=EC2_TRUST, instance_profile=True)
    assert Iam(client, "role", "reader").change(found, target, "/") == found.arn
    assert client.asked == ["create_instance_profile", "add_role_to_instance_profile"]


def test_an_instance_profile_that_may_not_be_created_is_an_error() -> None:
    found = Identity(arn="arn:aws:iam::1:role/reader", trust=EC2_TRUST)
    target = Identity(arn=found.arn, trust=EC2_TRUST, instance_profile=True)
    with pytest.raises(OperationFailed, match="Could not create the instance profile reader: access denied"):
        Iam(Client(create_instance_profile=DENIED), "role", "reader").change(found, target, "/")


def test_a_role_without_policy_is_removed() -> None:
    client = Client(get_role_policy=GONE, delete_role={})
    Iam(client, "role", "reader").remove(instance_profile=False)
    assert client.asked == ["get_role_policy", "delete_role"]


def test_a_new_key_that_reads_an_object_is_accepted() -> None:
    wait_until_accepted(Client(get_object={}), parse("s3://bucket/prod"), 1)


def test_a_store_that_cannot_be_reached_is_not_waited_for() -> None:
    client = Client(get_object=EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(OperationFailed, match="Could not use the new key: "):
        wait_until_accepted(client, parse("s3://bucket/prod"), 1)
