# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator gets from storage_bucket, on a store that has every feature and on one that lacks some."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import (
    bucket_exists,
    read_posture,
    set_posture,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import BucketWish
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from ansible_collections.kongops.fallback.plugins.modules import storage_bucket
from tests.ansible import run_module, run_playbook
from tests.conftest import Store
from tests.in_process import run_in_process
from tests.policy_evaluator import allows
from tests.servers import Credentials
from tests.servers.s3 import allow

FEATURES = ["versioning", "encryption", "public_access", "ownership", "policy", "lifecycle", "tags"]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def options(store: Store, credentials: Credentials | None = None, **changed: Any) -> dict[str, Any]:
    """The options of the module, for the endpoints of the tests, which have no TLS."""
    who = credentials or store.server.root
    return {
        "storage": store.url,
        "endpoint_url": store.server.endpoint_url,
        "region": store.server.region,
        "access_key": who.access_key_id,
        "secret_key": who.secret_access_key,
        "tls_only": False,
        **changed,
    }


def run(store: Store, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
    """Run the module once, in this process."""
    client = store.server.client
    return run_in_process(storage_bucket, options(store, **changed), lambda service, _: client(service), check_mode)


@pytest.fixture
def no_bucket(store: Store) -> Store:
    """A storage whose bucket does not exist yet."""
    return Store(store.server, f"new-{uuid.uuid4().hex[:12]}")


def test_one_task_makes_a_bucket_with_all_that_the_store_has(no_bucket: Store) -> None:
    made = run_module("storage_bucket", options(no_bucket, vpc_endpoints=["vpce-0a1b"], gateway_versions=["3.11.0.3"]))
    lacks = {"public_access"} if no_bucket.server.name == "seaweedfs" else set()
    assert made["changed"], made
    expected = {name: "changed" for name in ("bucket", *FEATURES) if name != "tags"}
    expected.update(dict.fromkeys(lacks, "unsupported"))
    expected["ownership"] = made["posture"]["ownership"]
    assert made["posture"] == expected
    assert ("The store does not support public access of buckets" in made["printed"]) == bool(lacks)


def test_a_second_run_changes_nothing(no_bucket: Store) -> None:
    assert run(no_bucket, gateway_versions=["3.11.0.3"], tags={"team": "gateway"})["changed"]
    again = run(no_bucket, gateway_versions=["3.11.0.3"], tags={"team": "gateway"})
    assert not again["changed"]
    assert set(again["posture"].values()) <= {"ok", "unsupported"}


def test_the_bucket_of_an_archive_is_locked_and_a_longer_lock_stays(no_bucket: Store) -> None:
    made = run(no_bucket, object_lock_days=30, required=["object_lock"])
    assert made["posture"]["object_lock"] == "changed", made
    client = no_bucket.server.client()
    client.put_object(Bucket=no_bucket.bucket, Key="prod/archive/a.json", Body=b"{}", ChecksumAlgorithm="SHA256")
    (version,) = client.list_object_versions(Bucket=no_bucket.bucket)["Versions"]
    with pytest.raises(client.exceptions.ClientError):
        client.delete_object(Bucket=no_bucket.bucket, Key="prod/archive/a.json", VersionId=version["VersionId"])
    shorter = run(no_bucket, object_lock_days=7)
    assert (shorter["changed"], shorter["posture"]["object_lock"]) == (False, "ok")
    assert "object_lock" not in run(no_bucket)["posture"]
    refused = run(no_bucket, object_lock_days=-1)
    assert "object_lock_days is -1: give a number of days" in refused["msg"]


def test_s3_replicates_to_another_bucket_and_a_store_that_cannot_says_so(no_bucket: Store) -> None:
    server = no_bucket.server
    replica = server.create_bucket(f"replica-{no_bucket.bucket}")
    role = "arn:aws:iam::123456789012:role/kong-replication"
    options = {"replica": f"s3://{replica}/prod", "replication_role": role}
    predicted = run(no_bucket, **options, _ansible_check_mode=True)
    assert (predicted["changed"], predicted["failed"]) == (True, False), predicted
    made = run(no_bucket, **options)
    assert made["posture"]["replication"] == ("changed" if server.name == "moto" else "unsupported"), made
    assert "replication" not in run(no_bucket)["posture"]
    refused = run(no_bucket, replica=f"s3://{replica}/test", replication_role=role)
    assert "only under their own names" in refused["msg"]


def test_a_missing_feature_fails_before_anything_is_made_if_it_is_required(no_bucket: Store) -> None:
    answer = run(no_bucket, required=["versioning", "public_access"])
    if no_bucket.server.name == "moto":
        assert not answer["failed"]
    else:
        assert (
            answer["msg"]
            == "The store does not support public access of buckets, which is required: use another store."
        )
        assert not bucket_exists(no_bucket.server.client(), no_bucket.bucket)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"encryption": "kms", "kms_key": KEY},
        {"versioning": False, "encryption": "keep"},
        {"vpc_endpoints": ["vpce-0a1b"], "tags": {"team": "gateway"}},
        {"election_expiry_days": 0, "noncurrent_expiry_days": 0},
        {"required": ["public_access"]},
        {"state": "absent"},
    ],
)
@pytest.mark.parametrize("exists", [False, True])
def test_check_mode_predicts_what_the_run_does(
    store: Store, no_bucket: Store, exists: bool, change: dict[str, Any]
) -> None:
    here = store if exists else no_bucket
    predicted, done = (run(here, check_mode=check_mode, **change) for check_mode in (True, False))
    assert predicted == done
    assert not run(here, **change)["changed"]


def disturb(method: str, **arguments: Any) -> Callable[[Store], Any]:
    """A change that someone makes to the bucket by hand."""
    return lambda store: getattr(store.server.client(), method)(Bucket=store.bucket, **arguments)


@pytest.mark.parametrize(
    ("feature", "happens"),
    [
        ("versioning", disturb("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})),
        ("encryption", disturb("delete_bucket_encryption")),
        ("public_access", disturb("delete_public_access_block")),
        (
            "ownership",
            disturb(
                "put_bucket_ownership_controls", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
            ),
        ),
        ("policy", disturb("delete_bucket_policy")),
        ("lifecycle", disturb("delete_bucket_lifecycle")),
        ("tags", disturb("put_bucket_tagging", Tagging={"TagSet": [{"Key": "team", "Value": "else"}]})),
    ],
)
def test_what_somebody_changed_is_found_and_put_right(
    store: Store, feature: str, happens: Callable[[Store], Any]
) -> None:
    if feature == "public_access" and store.server.name == "seaweedfs":
        assert run(store)["posture"][feature] == "unsupported"
        return
    wish = {"vpc_endpoints": ["vpce-0a1b"], "gateway_versions": ["3.11.0.3"], "tags": {"team": "gateway"}}
    run(store, **wish)
    happens(store)
    predicted, fixed = (run(store, check_mode=check_mode, **wish) for check_mode in (True, False))
    assert [name for name, state in fixed["posture"].items() if state == "changed"] == [feature]
    assert predicted == fixed
    assert not run(store, **wish)["changed"]


def test_rules_and_statements_of_others_survive(store: Store) -> None:
    client = store.server.client()
    rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}
    client.put_bucket_lifecycle_configuration(Bucket=store.bucket, LifecycleConfiguration={"Rules": [rule]})
    theirs = allow(["s3:GetObject"], [f"arn:aws:s3:::{store.bucket}/logs/*"])
    theirs["Statement"][0] |= {"Sid": "Theirs", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
    client.put_bucket_policy(Bucket=store.bucket, Policy=json.dumps(theirs))
    wish = {"vpc_endpoints": ["vpce-0a1b"], "gateway_versions": ["3.11.0.3"]}
    assert run(store, **wish)["changed"]
    rules = client.get_bucket_lifecycle_configuration(Bucket=store.bucket)["Rules"]
    assert [entry for entry in rules if entry["ID"] == "logs"] == [rule]
    assert len(rules) == 3
    sids = [entry["Sid"] for entry in json.loads(client.get_bucket_policy(Bucket=store.bucket)["Policy"])["Statement"]]
    assert sids == ["Theirs", "KongFallbackVpcEndpointsOnly"]
    assert run(store)["changed"]
    sids = [entry["Sid"] for entry in json.loads(client.get_bucket_policy(Bucket=store.bucket)["Policy"])["Statement"]]
    assert sids == ["Theirs"]


def test_a_stronger_encryption_stays(store: Store) -> None:
    assert run(store, encryption="kms", kms_key=KEY)["changed"]
    assert run(store)["posture"]["encryption"] == "ok"


def test_the_policy_on_the_bucket_denies_plain_http(moto_store: Store) -> None:
    client, storage = moto_store.server.client(), parse(moto_store.url)
    found = read_posture(client, moto_store.bucket, ["policy"])
    set_posture(client, moto_store.bucket, None, found, BucketWish(tls_only=True).on(found, storage, "eu-central-1"))
    policy = json.loads(client.get_bucket_policy(Bucket=moto_store.bucket)["Policy"])
    everybody = allow(["s3:*"], ["*"])
    resource = f"arn:aws:s3:::{moto_store.bucket}/prod/3.11.0.3/config.json"
    assert allows([everybody, policy], "s3:GetObject", resource, aws__SecureTransport="true")
    assert not allows([everybody, policy], "s3:GetObject", resource, aws__SecureTransport="false")


def test_a_bucket_that_holds_something_is_not_deleted(store: Store) -> None:
    client = store.server.client()
    client.put_object(Bucket=store.bucket, Key="prod/3.11.0.3/config.json", Body=b"{}")
    client.delete_object(Bucket=store.bucket, Key="prod/3.11.0.3/config.json")
    for check_mode in (True, False):
        assert "is not empty" in run(store, check_mode, state="absent")["msg"]
    assert bucket_exists(client, store.bucket)


def test_what_may_not_be_read_is_not_taken_for_absent(store: Store) -> None:
    stranger = store.server.create_identity(f"stranger-{store.bucket}", allow(["s3:GetObject"], ["*"]))
    answer = run_module("storage_bucket", options(store, stranger))
    assert answer["failed"]
    assert answer["msg"].startswith(f"Could not read the versioning of the bucket {store.bucket}: ")
    assert "access denied: grant " in answer["msg"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tls_only": True}, "set tls_only to false"),
        ({"kms_key": KEY}, "encryption kms only"),
        ({"storage": "gcs://kong-fallback/prod"}, "s3:// storage only"),
        ({"storage": "s3://kong-fallback"}, "bare bucket"),
        ({"vpc_endpoints": ["vpc-1"]}, "vpc-1"),
        ({"noncurrent_expiry_days": -1}, "0 for never"),
    ],
)
def test_options_that_make_no_sense_are_refused(moto_store: Store, changed: dict[str, Any], reason: str) -> None:
    answer = run(moto_store, **changed)
    assert answer["failed"]
    assert reason in answer["msg"]


def test_the_diff_shows_the_features(moto_store: Store, tmp_path: Path) -> None:
    finished = run_playbook(
        """
        - hosts: localhost
          gather_facts: false
          tasks:
            - name: Bucket
              kongops.fallback.storage_bucket: "{{ options }}"
        """,
        tmp_path,
        "--diff",
        "--check",
        variables={"options": options(moto_store)},
    )
    assert finished.code == 0, finished.output
    assert '+    "ownership": "BucketOwnerEnforced",' in finished.output
