# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task for the bucket and the identities of a storage: what it creates is what the two single modules create."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import bucket_exists
from ansible_collections.kongops.fallback.plugins.modules import (
    fallback_storage,
    storage_bucket,
    storage_credentials,
)
from tests.ansible import run_module
from tests.conftest import Store
from tests.in_process import run_in_process

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def no_bucket(moto_store: Store) -> Store:
    """A storage whose bucket does not exist yet."""
    return Store(moto_store.server, f"new-{uuid.uuid4().hex[:12]}")


def aws_options(store: Store) -> dict[str, Any]:
    """The options that all modules share."""
    root = store.server.root
    return {
        "storage": store.url,
        "endpoint_url": store.server.endpoint_url,
        "region": store.server.region,
        "access_key": root.access_key_id,
        "secret_key": root.secret_access_key,
    }


def options(store: Store, directory: Path, **changed: Any) -> dict[str, Any]:
    """The options of the module, for a writer and a reader."""
    identities = [
        {
            "name": f"{access}-{store.bucket}",
            "access": access,
            "secret_store": {"type": "file", "name": f"{directory}/{access}"},
        }
        for access in ("write", "read")
    ]
    return {**aws_options(store), "tls_only": False, "identities": identities, **changed}


def run(store: Store, directory: Path, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
    """Run the module once, in this process."""
    return run_in_process(fallback_storage, options(store, directory, **changed), store.server.client, check_mode)


def users(store: Store) -> set[str]:
    """The IAM users of this storage."""
    found = store.server.client("iam").list_users()["Users"]
    return {user["UserName"] for user in found if user["UserName"].endswith(store.bucket)}


def test_one_task_creates_all_that_the_single_modules_create(no_bucket: Store, tmp_path: Path) -> None:
    created = run_module("fallback_storage", options(no_bucket, tmp_path))
    assert created["changed"], created
    assert created["bucket"] == no_bucket.bucket
    assert created["posture"]["versioning"] == "changed"
    assert not run(no_bucket, tmp_path)["changed"]
    client = no_bucket.server.client
    bucket = {**aws_options(no_bucket), "tls_only": False}
    assert not run_in_process(storage_bucket, bucket, client)["changed"]
    for identity in options(no_bucket, tmp_path)["identities"]:
        alone = run_in_process(storage_credentials, {**aws_options(no_bucket), **identity}, client)
        assert not alone["changed"]
        assert alone["access_key_id"] == created["identities"][identity["name"]]["access_key_id"]


def test_a_refusal_is_one_sentence_of_the_module(no_bucket: Store, tmp_path: Path) -> None:
    refused = run_module("fallback_storage", options(no_bucket, tmp_path, noncurrent_expiry_days=-1))
    assert refused["failed"]
    assert refused["msg"] == "noncurrent_expiry_days is -1: give a number of days, or 0 for never."


def test_check_mode_predicts_what_the_run_does(no_bucket: Store, tmp_path: Path) -> None:
    predicted = run(no_bucket, tmp_path, check_mode=True)
    assert not bucket_exists(no_bucket.server.client(), no_bucket.bucket)
    assert users(no_bucket) == set()
    done = run(no_bucket, tmp_path)
    assert (predicted["changed"], predicted["diff"]) == (done["changed"], done["diff"])


def test_the_bucket_is_left_alone_if_another_tool_manages_it(moto_store: Store, tmp_path: Path) -> None:
    done = run(moto_store, tmp_path, manage_bucket=False)
    assert done["changed"]
    assert "posture" not in done
    assert run(moto_store, tmp_path)["posture"]["public_access"] == "changed"


def test_a_bucket_without_identities(no_bucket: Store, tmp_path: Path) -> None:
    done = run(no_bucket, tmp_path, identities=[])
    assert (done["changed"], done["identities"]) == (True, {})
    assert users(no_bucket) == set()


def test_the_key_of_the_bucket_is_for_the_identities_too(no_bucket: Store, tmp_path: Path) -> None:
    done = run(no_bucket, tmp_path, encryption="kms", kms_key=KEY)
    assert done["diff"]["after"]["encryption"]["key"] == KEY
    for identity in done["identities"].values():
        assert [KEY] in [statement["Resource"] for statement in identity["policy"]["Statement"]]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"tls_only": True}, "tls_only denies every request to an endpoint_url of plain HTTP"),
        ({"storage": "gcs://kong-fallback/prod"}, "this module works on s3:// storage only"),
        ({"election_expiry_days": -1}, "election_expiry_days is -1: give a number of days, or 0 for never."),
        ({"identities": [{"name": "writer"}]}, "The identity writer has no access: set access to write or read."),
        (
            {"identities": [{"name": "one", "access": "read"}] * 2},
            "identities has the same name twice: give each identity a name of its own.",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(
    no_bucket: Store, tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    assert sentence in run(no_bucket, tmp_path, **changed)["msg"]
    assert not bucket_exists(no_bucket.server.client(), no_bucket.bucket)
