# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets that answer as no test server does; tests/integration/test_storage_bucket.py sees them on real servers."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import (
    bucket_exists,
    read_posture,
    set_posture,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import Posture
from tests.unit.plugins.module_utils.storage.refusals import Client, refusal

NOTHING = Posture(False, {"versioning": None})
VERSIONED = Posture(True, {"versioning": "Enabled"})


def test_a_store_that_cannot_be_reached_has_no_bucket_to_speak_of() -> None:
    client = Client(get_bucket_versioning=EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(OperationFailed, match="Could not read the versioning of the bucket b: "):
        bucket_exists(client, "b")


def test_a_feature_that_turns_out_to_be_lacking_is_reported() -> None:
    client = Client(create_bucket={}, put_bucket_versioning=refusal("NotImplemented", status=501))
    assert set_posture(client, "b", "us-east-1", NOTHING, VERSIONED) == ("versioning",)
    assert client.asked == ["create_bucket", "put_bucket_versioning"]


def test_a_bucket_that_another_run_has_just_created_is_ours() -> None:
    client = Client(create_bucket=refusal("BucketAlreadyOwnedByYou", status=409), put_bucket_versioning={})
    assert set_posture(client, "b", None, NOTHING, VERSIONED) == ()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            {"create_bucket": refusal("BucketAlreadyExists", status=409)},
            "Could not create the bucket b: the bucket belongs to another account: choose another name.",
        ),
        (
            {"create_bucket": {}, "put_bucket_versioning": refusal("AccessDenied", status=403)},
            "Could not set the versioning of the bucket b: access denied: grant the operation Operation.",
        ),
    ],
)
def test_a_refused_change_is_one_sentence(answers: dict[str, object], sentence: str) -> None:
    with pytest.raises(OperationFailed) as refused:
        set_posture(Client(**answers), "b", None, NOTHING, VERSIONED)
    assert str(refused.value) == sentence


def test_a_store_tells_what_it_lacks_before_the_bucket_exists() -> None:
    client = Client(
        get_bucket_versioning=refusal("NoSuchBucket", status=404),
        get_public_access_block=refusal("MethodNotAllowed", status=405),
    )
    assert read_posture(client, "b", ["versioning", "public_access"]) == Posture(
        False, {"versioning": None, "public_access": None}, ("public_access",)
    )
