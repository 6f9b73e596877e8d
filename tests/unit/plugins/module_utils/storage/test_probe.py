# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe against S3 as AWS documents it, with conditions and with 403 for what is missing; and careless stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.access import (
    ACCESS_ALLOWED,
    ACCESS_DENIED,
    ACCESS_UNKNOWN,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE, access_policy
from ansible_collections.kongops.fallback.plugins.module_utils._storage.probe import Probe
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.policy_evaluator import allows

STORAGE = parse("s3://kong-fallback/prod")
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass
class Bucket:
    """The objects of a versioned bucket: versions and delete markers by key."""

    versions: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def add(self, key: str) -> str:
        self.count += 1
        self.versions.setdefault(key, []).append(f"v{self.count}")
        return f"v{self.count}"


@dataclass
class Key:
    """An S3 client, restricted by its policy."""

    bucket: Bucket
    policy: Any
    names_permissions: bool = True
    checks_digests: bool = True

    def _check(self, action: str, resource: str, **context: str) -> None:
        if not self._may(action, resource, **context):
            self._refuse(action)

    def _may(self, action: str, resource: str, **context: str) -> bool:
        return allows([self.policy], action, f"arn:aws:s3:::kong-fallback{resource}", **context)

    def _refuse(self, action: str) -> None:
        reason = f"User: someone is not authorized to perform: {action} on resource: x because no policy allows it"
        message = reason if self.names_permissions else "Access Denied"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, action.split(":")[1])

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentMD5: str = "") -> Any:
        self._check("s3:PutObject", f"/{Key}")
        if ContentMD5 and self.checks_digests:
            raise ClientError({"Error": {"Code": "BadDigest", "Message": ""}}, "PutObject")
        return {"VersionId": self.bucket.add(Key)}

    def get_object(self, Bucket: str, Key: str) -> Any:
        self._check("s3:GetObject", f"/{Key}")
        if Key not in self.bucket.versions:
            if not self._may("s3:ListBucket", ""):
                self._refuse("s3:ListBucket")
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")
        return {"Body": BytesIO(b"{}")}

    def list_objects_v2(self, Bucket: str, Prefix: str, MaxKeys: int) -> Any:
        self._check("s3:ListBucket", "", s3__prefix=Prefix)
        return {}

    def delete_object(self, Bucket: str, Key: str, VersionId: str | None = None) -> Any:
        if VersionId is None:
            self._check("s3:DeleteObject", f"/{Key}")
            return {"DeleteMarker": True, "VersionId": self.bucket.add(Key)}
        self._check("s3:DeleteObjectVersion", f"/{Key}")
        self.bucket.versions[Key].remove(VersionId)
        if not self.bucket.versions[Key]:
            del self.bucket.versions[Key]
        return {}


def promised(access: str) -> dict[str, dict[str, str]]:
    allowed = {WRITE: ["get_config", "put_config", "put_election", "list_election"], READ: ["get_config"]}[access]
    return {
        f"{action}_{what}": {
            "inside": ACCESS_ALLOWED if f"{action}_{what}" in allowed else ACCESS_DENIED,
            "outside": ACCESS_DENIED,
        }
        for what, actions in {"config": ["get", "put", "delete"], "election": ["get", "put", "delete", "list"]}.items()
        for action in actions
    }


@pytest.mark.parametrize("checks_digests", [True, False])
@pytest.mark.parametrize("names_permissions", [True, False])
@pytest.mark.parametrize("access", [WRITE, READ])
def test_our_policies_give_what_is_promised_and_nothing_stays(
    access: str, names_permissions: bool, checks_digests: bool
) -> None:
    bucket = Bucket()
    key = Key(bucket, access_policy(STORAGE, access), names_permissions, checks_digests)
    probe = Probe(key, STORAGE, "probe-1", helper=Key(bucket, EVERYTHING))
    assert probe.run() == promised(access)
    assert not bucket.versions
    assert not probe.remnants


@pytest.mark.parametrize("access", [WRITE, READ])
def test_without_a_helper_the_message_of_aws_tells_missing_from_denied(access: str) -> None:
    bucket = Bucket()
    assert Probe(Key(bucket, access_policy(STORAGE, access)), STORAGE, "probe-1").run() == promised(access)
    assert not bucket.versions


def test_without_a_helper_and_without_a_message_reading_stays_open() -> None:
    found = Probe(Key(Bucket(), access_policy(STORAGE, READ), names_permissions=False), STORAGE, "probe-1").run()
    assert found["get_config"] == {"inside": ACCESS_UNKNOWN, "outside": ACCESS_UNKNOWN}
    assert found["put_config"] == {"inside": ACCESS_DENIED, "outside": ACCESS_DENIED}


def test_a_key_that_may_do_everything_removes_what_it_makes() -> None:
    bucket = Bucket()
    found = Probe(Key(bucket, EVERYTHING, checks_digests=False), STORAGE, "probe-1").run()
    assert {outcome for places in found.values() for outcome in places.values()} == {ACCESS_ALLOWED}
    assert not bucket.versions


def test_what_nobody_may_remove_is_named() -> None:
    bucket = Bucket()
    probe = Probe(Key(bucket, access_policy(STORAGE, WRITE), checks_digests=False), STORAGE, "probe-1")
    probe.run()
    assert {remnant.key for remnant in probe.remnants} == set(bucket.versions)
    assert set(bucket.versions) == {"prod/probe-1/config.json", "prod/probe-1/election/probe-1"}


def test_the_probe_objects_go_even_when_the_store_breaks_down() -> None:
    bucket = Bucket()

    class Broken(Key):
        def list_objects_v2(self, Bucket: str, Prefix: str, MaxKeys: int) -> Any:
            raise ClientError({"Error": {"Code": "Broken", "Message": ""}}, "ListObjectsV2")

    with pytest.raises(OperationFailed, match="Could not list in the bucket kong-fallback: the service answers"):
        Probe(Broken(bucket, EVERYTHING), STORAGE, "probe-1", helper=Key(bucket, EVERYTHING)).run()
    assert not bucket.versions
