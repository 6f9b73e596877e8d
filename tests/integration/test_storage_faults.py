# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS does and no test server: late keys, conflicts, throttling, other regions. A proxy answers in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.modules import storage_bucket, storage_credentials
from tests.ansible import run_module
from tests.conftest import Store
from tests.in_process import run_in_process
from tests.servers.proxy import Answer, Proxy, proxied


@dataclass(frozen=True)
class Account:
    """A storage whose server is reached through the proxy."""

    store: Store
    proxy: Proxy
    directory: Path

    def options(self, **more: Any) -> dict[str, Any]:
        """The options that both modules share."""
        root = self.store.server.root
        return {
            "storage": self.store.url,
            "endpoint_url": self.store.server.endpoint_url,
            "region": self.store.server.region,
            "access_key": root.access_key_id,
            "secret_key": root.secret_access_key,
            **more,
        }

    def bucket(self) -> dict[str, Any]:
        """Run storage_bucket."""
        return run_in_process(storage_bucket, self.options(tls_only=False), self.store.server.client)

    def credentials(self, **more: Any) -> dict[str, Any]:
        """Run storage_credentials."""
        secret = {"type": "file", "name": str(self.directory / "write")}
        options = self.options(name=f"w-{self.store.bucket}", access="write", secret_store=secret, **more)
        return run_in_process(storage_credentials, options, self.store.server.client)

    def keys(self) -> list[str]:
        """The user's keys."""
        answer = self.store.server.client("iam").list_access_keys(UserName=f"w-{self.store.bucket}")
        return [key["AccessKeyId"] for key in answer["AccessKeyMetadata"]]

    def times(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(operation in request for request in self.proxy.requests)


@pytest.fixture
def account(moto_store: Store, tmp_path: Path) -> Iterator[Account]:
    """A fresh storage behind a proxy."""
    with proxied(moto_store.server) as (server, proxy):
        yield Account(replace(moto_store, server=server), proxy, tmp_path)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Lets all waiting pass at once; how long each would have been."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


CONFLICT = Answer(409, "OperationAborted")
BUSY = Answer(503, "SlowDown")
THROTTLED = Answer(400, "Throttling")
NOT_YET = Answer(403, "InvalidAccessKeyId")


def test_conflicts_and_throttling_of_the_bucket_are_outlasted(account: Account, no_waiting: list[float]) -> None:
    account.proxy.answer(r"PUT /.*[?]encryption", CONFLICT, CONFLICT)
    account.proxy.answer(r"GET /.*[?]lifecycle", *[BUSY] * 5)
    answer = account.bucket()
    assert not answer["failed"], answer
    assert account.times("?lifecycle") >= 6
    assert not account.bucket()["changed"]


def test_throttling_while_a_key_is_made_makes_one_key(account: Account, no_waiting: list[float]) -> None:
    account.proxy.answer("Action=CreateAccessKey", *[THROTTLED] * 3)
    answer = account.credentials()
    assert not answer["failed"], answer
    assert account.keys() == [answer["access_key_id"]]


def test_a_user_that_is_not_yet_known_everywhere_is_waited_for(account: Account, no_waiting: list[float]) -> None:
    account.proxy.answer("Action=PutUserPolicy", *[Answer(404, "NoSuchEntity")] * 2)
    account.proxy.answer("Action=CreateAccessKey", *[Answer(404, "NoSuchEntity")] * 2)
    answer = account.credentials()
    assert not answer["failed"], answer
    assert account.times("Action=PutUserPolicy") == 3


def test_a_new_key_is_waited_for_until_the_storage_accepts_it(account: Account, no_waiting: list[float]) -> None:
    account.proxy.answer("GET /.*/kong-fallback-probe/config.json", *[NOT_YET] * 4)
    assert not account.credentials()["failed"]
    assert account.times("kong-fallback-probe") == 5
    assert len(no_waiting) == 4


def test_a_key_that_stays_unknown_is_kept_and_the_next_run_goes_on(account: Account) -> None:
    account.proxy.answer("GET /.*/kong-fallback-probe/config.json", *[NOT_YET] * 50)
    answer = account.credentials(wait_timeout=1)
    assert answer["msg"] == "The storage does not accept the new, stored key after 1 s: run again later."
    (key,) = account.keys()
    again = account.credentials()
    assert (again["failed"], again["changed"], again["access_key_id"]) == (False, False, key)


@pytest.mark.parametrize(
    ("operation", "answer", "sentence"),
    [
        (
            "[?]versioning",
            Answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": "us-west-2"}),
            "The bucket is in us-west-2: set region to that, here and on the nodes.",
        ),
        (
            "[?]versioning",
            Answer(400, "AuthorizationHeaderMalformed", headers={"x-amz-bucket-region": "us-west-2"}),
            "The bucket is in us-west-2: set region to that, here and on the nodes.",
        ),
        ("[?]policy", Answer(403, "RequestTimeTooSkewed"), "the clock of this host differs too much"),
        ("[?]policy", Answer(400, "ExpiredToken"), "the session has expired: get new credentials."),
        (
            "[?]policy",
            Answer(403, "AccessDenied", "User: x is not authorized to perform: s3:GetBucketPolicy on resource: y"),
            "Could not read the policy of the bucket {bucket}: access denied: grant s3:GetBucketPolicy.",
        ),
    ],
)
def test_each_failure_is_one_sentence(account: Account, operation: str, answer: Answer, sentence: str) -> None:
    account.proxy.answer(operation, *[answer] * 3)
    failed = run_module("storage_bucket", account.options(tls_only=False))
    assert failed["failed"]
    assert sentence.format(bucket=account.store.bucket) in failed["msg"]
    assert failed["msg"].count(". ") == 0


def test_a_refusal_of_iam_names_the_permission(account: Account) -> None:
    message = "User: x is not authorized to perform: iam:GetUserPolicy on resource: user w"
    account.proxy.answer("Action=GetUserPolicy", Answer(403, "AccessDenied", message))
    failed = account.credentials()
    assert failed["msg"].endswith("access denied: grant iam:GetUserPolicy.")
    assert not (account.directory / "write").exists()
