# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import (
    CallFailed,
    call,
    client_of,
    is_plain_http,
    s3_options,
)


def refusing(code: str, message: str = "", status: int = 400, operation: str = "GetBucketPolicy") -> Any:
    """A client's method that AWS refuses."""

    def method(**arguments: Any) -> Any:
        response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(response, operation)

    return method


def failing(error: Exception) -> Any:
    """A client's method that does not get an answer."""

    def method(**arguments: Any) -> Any:
        raise error

    return method


DENIAL = "User: arn:aws:iam::1:user/x is not authorized to perform: s3:GetBucketPolicy on resource: arn:aws:s3:::b"


@pytest.mark.parametrize(
    ("method", "meaning"),
    [
        (refusing("AccessDenied", DENIAL), "access denied: grant s3:GetBucketPolicy."),
        (refusing("AccessDenied", "Access Denied"), "access denied: grant the operation GetBucketPolicy."),
        (
            refusing("AccessDeniedException", DENIAL.replace("s3:GetBucketPolicy", "secretsmanager:GetSecretValue")),
            "access denied: grant secretsmanager:GetSecretValue.",
        ),
        (
            refusing("RequestTimeTooSkewed"),
            "the clock of this host differs too much from the service's: synchronise it.",
        ),
        (
            refusing("InvalidSignatureException", "Signature expired: 20261122T080000Z is now earlier than"),
            "the clock of this host differs too much from the service's: synchronise it.",
        ),
        (
            refusing("SignatureDoesNotMatch", "Signature not yet current: 20261122T080000Z is still later than"),
            "the clock of this host differs too much from the service's: synchronise it.",
        ),
        (refusing("NoSuchVersion"), "it has no such version: config_snapshot_info with history lists its versions."),
        (
            refusing("InvalidArgument", "Invalid version id specified"),
            "it has no such version: config_snapshot_info with history lists its versions.",
        ),
        (refusing("ExpiredToken"), "the session has expired: get new credentials."),
        (refusing("com.amazon#ExpiredTokenException"), "the session has expired: get new credentials."),
        (refusing("InvalidToken"), "the session token is not valid: get new credentials, or leave the token out."),
        (
            refusing("InvalidClientTokenId"),
            "the service does not accept the key (InvalidClientTokenId): check access_key and secret_key.",
        ),
        (refusing("AuthorizationHeaderMalformed"), "the bucket is in another region: set region to that."),
        (refusing("NotImplemented"), "the service does not know GetBucketPolicy: it lacks this feature."),
        (refusing("BucketAlreadyExists"), "the bucket belongs to another account: choose another name."),
        (refusing("DeleteConflict"), "something else is still attached to it: detach that first."),
        (refusing("Strange", status=418), "the service answers 418 Strange."),
        (
            failing(NoCredentialsError()),
            (
                "there are no AWS credentials: give access_key and secret_key (kong_fallback_operator_access_key_id and"
                " kong_fallback_operator_secret_access_key in roles), or a profile."
            ),
        ),
        (
            failing(EndpointConnectionError(endpoint_url="http://127.0.0.1:9")),
            (
                'Could not connect to the endpoint URL: "http://127.0.0.1:9": '
                "check endpoint_url (kong_fallback_endpoint_url in roles), the network and the region."
            ),
        ),
    ],
)
def test_every_failure_is_one_sentence_that_says_what_to_do(method: Any, meaning: str) -> None:
    with pytest.raises(CallFailed) as failed:
        call(method, "read the policy of the bucket b")
    assert str(failed.value) == f"Could not read the policy of the bucket b: {meaning}"


def test_the_message_of_the_service_is_not_repeated() -> None:
    with pytest.raises(CallFailed) as failed:
        call(refusing("Strange", "the secret was wJalrXUtnFEMI"), "write")
    assert "wJalr" not in str(failed.value)


def test_arguments_that_botocore_refuses_name_themselves() -> None:
    with pytest.raises(CallFailed, match="Parameter validation failed"):
        call(failing(ParamValidationError(report="Invalid length")), "write")


@pytest.mark.parametrize(
    "code", ["OperationAborted", "SlowDown", "ThrottlingException", "Throttling", "RequestTimeout"]
)
def test_a_busy_service_is_asked_again(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    answers = [refusing(code), refusing(code), lambda: {"fine": True}]

    def method() -> Any:
        return answers.pop(0)()

    assert call(method, "write") == {"fine": True}


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    with pytest.raises(CallFailed, match="the service keeps answering 503 SlowDown: try again later"):
        call(refusing("SlowDown", status=503), "write")
    assert len(waited) == 7
    assert sum(waited) < 90


def test_what_will_not_change_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(CallFailed):
        call(refusing("AccessDenied"), "write")


@pytest.mark.parametrize(
    ("url", "plain"), [("http://minio:9000", True), ("https://minio:9000", False), (None, False), ("", False)]
)
def test_plain_http_is_known(url: str | None, plain: bool) -> None:
    assert is_plain_http(url) is plain


def test_only_other_stores_are_addressed_by_path() -> None:
    assert "s3" not in s3_options(None)
    assert s3_options("http://minio:9000")["s3"] == {"addressing_style": "path"}


class WithOldBoto3:
    """A module on a controller whose boto3 is older than it needs."""

    def boto3_at_least(self, version: str) -> bool:
        """Whether it has at least this version."""
        return version <= "1.35.99"


def test_an_old_boto3_is_refused_with_the_python_that_has_it() -> None:
    with pytest.raises(OperationFailed, match=re.escape(f"install boto3 1.36.0 or later for {sys.executable}")):
        client_of(WithOldBoto3(), "s3")


class WithNewBoto3:
    """A module on a controller with these credentials, whose client nothing talks to."""

    region = "eu-central-1"

    def __init__(self, **params: str | None) -> None:
        nothing = dict.fromkeys(("access_key", "session_token", "profile", "endpoint_url"))
        self.params: dict[str, Any] = {**nothing, "request_timeout": 1, **params}

    def boto3_at_least(self, version: str) -> bool:
        """Whether it has at least this version."""
        return True

    def client(self, service: str, **options: Any) -> Any:
        """A client that only has its events."""
        return boto3.session.Session("AKIA", "secret").client("s3", region_name=self.region)


@pytest.mark.parametrize(
    ("environment", "given", "left"),
    [
        ({"AWS_PROFILE": "prod"}, {"access_key": "AKIA1", "profile": "prod"}, {"access_key": "AKIA1", "profile": None}),
        (
            {"AWS_PROFILE": "prod", "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SESSION_TOKEN": "t"},
            {"access_key": "AKIA1", "session_token": "t", "profile": "prod"},
            {"access_key": "AKIA1", "session_token": "t", "profile": None},
        ),
        ({"AWS_SESSION_TOKEN": "t"}, {"session_token": "t"}, {"access_key": None, "session_token": None}),
        ({"AWS_SESSION_TOKEN": "other"}, {"access_key": "AKIA1", "session_token": "t"}, {"session_token": "t"}),
    ],
)
def test_a_key_is_not_mixed_with_what_stands_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], given: dict[str, str], left: dict[str, str | None]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module = WithNewBoto3(**given)
    client_of(module, "s3")
    assert {name: module.params[name] for name in left} == left


def test_a_profile_that_does_not_exist_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configuration = tmp_path / "config"
    configuration.write_text("[profile there]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("AWS_PROFILE", "operator")
    with pytest.raises(OperationFailed, match=re.escape("There is no AWS profile operator on this controller")):
        client_of(WithNewBoto3(profile="operator"), "s3")
    monkeypatch.setenv("AWS_PROFILE", "there")
    client_of(WithNewBoto3(profile="there"), "s3")
