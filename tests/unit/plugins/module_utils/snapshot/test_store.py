# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no test server can answer: S3's refusals, busy stores, broken transfers; and how many requests are made."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import StoreFailed
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.s3_objects import S3Objects
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import verify_snapshot
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.snapshots import body, flat

VERSION = parse_version("3.11.0.3")
KEY = "prod/3.11.0.3/config.json"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.session.Session().client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def stubber(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def store(stubber: Stubber) -> SnapshotStore:
    return SnapshotStore(S3Objects(stubber.client, "kong-fallback"), parse("s3://kong-fallback/prod"))


@pytest.fixture(autouse=True)
def _patient_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def _answer(content: bytes, **more: Any) -> dict[str, Any]:
    return {
        "Body": StreamingBody(io.BytesIO(content), len(content)),
        "ContentLength": len(content),
        "ETag": '"abc"',
        "LastModified": NOW - timedelta(hours=1),
        **more,
    }


def _headers(**more: Any) -> dict[str, Any]:
    return {"ContentLength": 7, "ETag": '"abc"', "LastModified": NOW - timedelta(hours=1), **more}


REFUSALS = [
    ("NoSuchKey", 404, "", "missing", "no such object"),
    ("NoSuchVersion", 404, "", "missing", "no such version: config_snapshot_info with history lists its versions"),
    ("NoSuchBucket", 404, "", "no-bucket", "no bucket kong-fallback"),
    ("AccessDenied", 403, "Access Denied", "denied", "s3:GetObject, or there is no such object"),
    ("AccessDenied", 403, "User: arn:x is not authorized to perform: kms:Decrypt on y", "denied", "grant kms:Decrypt."),
    ("InvalidAccessKeyId", 403, "", "denied", "check access_key"),
    ("SignatureDoesNotMatch", 403, "", "denied", "secret_key"),
    ("ExpiredToken", 400, "", "denied", "session has expired"),
    ("InvalidToken", 400, "", "denied", "session token"),
    ("RequestTimeTooSkewed", 403, "", "denied", "clock"),
    ("PermanentRedirect", 301, "", "unreachable", "region"),
    ("InternalError", 500, "", "unreachable", "try again later"),
    ("NotImplemented", 501, "", "unsupported", "lacks this feature"),
    ("TeapotException", 418, "", "unreachable", "418 TeapotException"),
]


@pytest.mark.parametrize(("code", "status", "message", "reason", "said"), REFUSALS)
def test_each_refusal_has_its_reason_and_its_sentence(
    stubber: Stubber, store: SnapshotStore, code: str, status: int, message: str, reason: str, said: str
) -> None:
    for _attempt in range(10):
        stubber.add_client_error("get_object", code, message, status)
    with pytest.raises(StoreFailed) as failed:
        store.get(KEY)
    stubber._queue.clear()
    assert failed.value.reason == reason
    assert said in str(failed.value)
    assert str(failed.value).startswith(f"Could not read s3://kong-fallback/{KEY}: ")
    assert str(failed.value).endswith(".")
    assert str(failed.value).count("\n") == 0


@pytest.mark.parametrize(("code", "status"), [("404", 404), ("NotFound", 404)])
def test_a_head_without_a_body_is_understood(stubber: Stubber, store: SnapshotStore, code: str, status: int) -> None:
    stubber.add_client_error("head_object", code, "Not Found", status)
    with pytest.raises(StoreFailed) as failed:
        store.head(KEY)
    assert failed.value.reason == "missing"


@pytest.mark.parametrize("code", ["SlowDown", "RequestTimeout"])
def test_a_busy_store_is_asked_again(stubber: Stubber, store: SnapshotStore, code: str) -> None:
    stubber.add_client_error("get_object", code, "", 503)
    stubber.add_response("get_object", _answer(b"{}"))
    assert store.get(KEY).body == b"{}"


@pytest.mark.parametrize(
    ("error", "reason", "said"),
    [
        (NoCredentialsError(), "unreachable", "no AWS credentials"),
        (EndpointConnectionError(endpoint_url="http://store"), "unreachable", "endpoint_url"),
    ],
)
def test_no_answer_at_all_is_unreachable(
    client: Any, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str, said: str
) -> None:
    def fail(**arguments: Any) -> None:
        raise error

    monkeypatch.setattr(client, "get_object", fail)
    with pytest.raises(StoreFailed, match=said) as failed:
        store.get(KEY)
    assert failed.value.reason == reason


def test_a_transfer_that_breaks_off_is_no_snapshot(stubber: Stubber, store: SnapshotStore) -> None:
    stubber.add_response("get_object", _answer(b"{}", Body=StreamingBody(io.BytesIO(b"{"), 2)))
    with pytest.raises(StoreFailed, match="to its end") as failed:
        store.get(KEY)
    assert failed.value.reason == "unreachable"


def test_what_is_too_big_is_not_read(stubber: Stubber, store: SnapshotStore) -> None:
    unread = StreamingBody(io.BytesIO(b"never read"), 10)
    stubber.add_response("get_object", _answer(b"x" * 11, Body=unread))
    stubber.add_response("get_object", _answer(b"x" * 10))
    stubber.add_response("head_object", {key: value for key, value in _answer(b"x" * 11).items() if key != "Body"})
    small = replace(store, max_size=10)
    with pytest.raises(StoreFailed, match=r"it has 11 bytes, more than max_size of 10 .*: raise it") as failed:
        small.get(KEY)
    assert failed.value.reason == "too-big"
    assert unread.tell() == 0
    assert small.get(KEY).body == b"x" * 10
    with pytest.raises(StoreFailed, match="more than max_size"):
        small.head(KEY)


def test_a_large_body_is_read_whole_and_hashed(stubber: Stubber, store: SnapshotStore) -> None:
    content = b"x" * (3 * 1024 * 1024 + 17)
    stubber.add_response("get_object", _answer(content, VersionId="v1", Metadata={"uploader": "node-1"}))
    stored = store.get(KEY)
    assert stored.body == content
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert (stored.head.version_id, stored.head.uploader) == ("v1", "node-1")


@pytest.mark.parametrize("code", ["PreconditionFailed", "412"])
def test_a_condition_that_is_not_met_is_a_change(stubber: Stubber, store: SnapshotStore, code: str) -> None:
    stubber.add_client_error("put_object", code, "", 412)
    with pytest.raises(StoreFailed, match="changed in the meantime") as failed:
        store.put(KEY, b"{}", replaces="abc", metadata={}, s3_config={})
    assert failed.value.reason == "changed"


def test_a_write_is_one_request_with_its_condition_and_its_checksum(stubber: Stubber, store: SnapshotStore) -> None:
    checksum = "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="
    expected = {
        "Bucket": "kong-fallback",
        "Key": KEY,
        "Body": b"{}",
        "ContentType": "application/json",
        "ChecksumAlgorithm": "SHA256",
        "ChecksumSHA256": checksum,
        "IfMatch": '"abc"',
        "Metadata": {"uploader": "me"},
        "ServerSideEncryption": "aws:kms",
    }
    stubber.add_response("put_object", {"ETag": '"def"', "VersionId": "v2", "ChecksumSHA256": checksum}, expected)
    written = store.put(
        KEY, b"{}", replaces="abc", metadata={"uploader": "me"}, s3_config={"ServerSideEncryption": "aws:kms"}
    )
    assert (written.etag, written.version_id, written.checksum_confirmed) == ("def", "v2", True)


@pytest.mark.parametrize(
    ("answers", "keeps"),
    [
        (["ok", "412", "412"], True),
        (["412", "412"], True),
        (["ok", "ok"], False),
        (["501", "501"], False),
        (["412", "ok"], False),
        (["412", "501"], False),
    ],
)
def test_conditional_writes_are_tried_and_not_believed(
    stubber: Stubber, store: SnapshotStore, answers: list[str], keeps: bool
) -> None:
    for answer in answers:
        if answer == "ok":
            stubber.add_response("put_object", {"ETag": '"e"'})
        else:
            stubber.add_client_error("put_object", answer, "", int(answer))
    assert store.keeps_conditions("prod/archive/.conditional-write") is keeps


def test_a_long_list_is_read_page_by_page(stubber: Stubber, store: SnapshotStore) -> None:
    first = {"Key": "prod/3.11.0.3/election/a", "Size": 2, "ETag": "e", "LastModified": NOW - timedelta(minutes=9)}
    second = {"Key": "prod/3.11.0.3/election/b", "Size": 2, "ETag": "e", "LastModified": NOW}
    asked = {"Bucket": "kong-fallback", "Prefix": "prod/3.11.0.3/election/"}
    stubber.add_response(
        "list_objects_v2", {"Contents": [first], "IsTruncated": True, "NextContinuationToken": "more"}, asked
    )
    stubber.add_response("list_objects_v2", {"Contents": [second]}, {**asked, "ContinuationToken": "more"})
    exporters = store.exporters("prod/3.11.0.3/election/")
    assert [exporter.node_id for exporter in exporters] == ["b", "a"]


def test_only_keys_that_are_the_snapshot_count_as_its_versions(stubber: Stubber, store: SnapshotStore) -> None:
    def version(key: str, name: str, minutes: int, latest: bool = False) -> dict[str, Any]:
        return {"Key": key, "VersionId": name, "LastModified": NOW - timedelta(minutes=minutes), "IsLatest": latest}

    stubber.add_response(
        "list_object_versions",
        {
            "Versions": [version(KEY, "v1", 30), version(f"{KEY}.old", "x", 1)],
            "DeleteMarkers": [version(KEY, "v2", 10, latest=True)],
        },
    )
    versions = store.versions(KEY, 10)
    assert [(each.version_id, each.deleted) for each in versions] == [("v2", True), ("v1", False)]


# Verification: what it asks for, and what it makes of the answers


def test_a_quick_look_is_one_request(stubber: Stubber, store: SnapshotStore) -> None:
    stubber.add_response("head_object", _headers(ServerSideEncryption="AES256"))
    report = verify_snapshot(store, VERSION, Demands(depth="quick"), NOW)
    assert report.outcome == "ok"
    assert not report.verified
    assert report.age_seconds == 3600


def test_a_full_check_is_two_requests_and_a_known_one_reads_no_body(stubber: Stubber, store: SnapshotStore) -> None:
    stubber.add_response("get_object", _answer(body(flat()), ServerSideEncryption="AES256"))
    stubber.add_response("list_objects_v2", {})
    report = verify_snapshot(store, VERSION, Demands(), NOW)
    assert report.verified
    assert report.findings == ()
    stubber.add_response("head_object", _headers())
    stubber.add_response("list_objects_v2", {})
    assert verify_snapshot(store, VERSION, Demands(), NOW, known_etag="abc").verified


def test_an_object_of_no_bytes_is_corrupt_even_at_a_glance(stubber: Stubber, store: SnapshotStore) -> None:
    stubber.add_response("head_object", _headers(ContentLength=0))
    assert verify_snapshot(store, VERSION, Demands(depth="quick"), NOW).outcome == "corrupt"


@pytest.mark.parametrize(("max_age", "outcome"), [(3599, "stale"), (3600, "ok"), (None, "ok")])
def test_age_counts_only_where_it_is_asked_for(
    stubber: Stubber, store: SnapshotStore, max_age: int | None, outcome: str
) -> None:
    stubber.add_response("head_object", _headers())
    assert verify_snapshot(store, VERSION, Demands(depth="quick", max_age=max_age), NOW).outcome == outcome


def test_a_denied_list_is_a_warning_and_no_more(stubber: Stubber, store: SnapshotStore) -> None:
    stubber.add_response("get_object", _answer(body(flat()), ServerSideEncryption="AES256"))
    stubber.add_client_error("list_objects_v2", "AccessDenied", "", 403)
    stubber.add_client_error("list_object_versions", "AccessDenied", "", 403)
    report = verify_snapshot(store, VERSION, Demands(history=3), NOW)
    assert report.verified
    assert [finding.code for finding in report.findings] == ["exporters-unknown", "history-unknown"]
    assert "s3:ListBucketVersions" in report.findings[1].message


def test_the_last_good_version_is_searched_past_bad_ones(stubber: Stubber, store: SnapshotStore) -> None:
    def version(name: str, minutes: int, latest: bool = False) -> dict[str, Any]:
        return {"Key": KEY, "VersionId": name, "LastModified": NOW - timedelta(minutes=minutes), "IsLatest": latest}

    stubber.add_response("get_object", _answer(body(flat(2, 3)), ServerSideEncryption="AES256"))
    stubber.add_response("list_objects_v2", {})
    stubber.add_response(
        "list_object_versions", {"Versions": [version("v3", 1, latest=True), version("v2", 2), version("v1", 3)]}
    )
    stubber.add_client_error("get_object", "NoSuchVersion", "", 404)
    stubber.add_response("get_object", _answer(body(flat(10, 90))))
    report = verify_snapshot(store, VERSION, Demands(max_shrink_percent=50), NOW)
    assert report.outcome == "shrunk"
    assert "3 of 90 routes" in " ".join(finding.message for finding in report.findings)
