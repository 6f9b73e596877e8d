# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call to an AWS service, and what its failure means in one sentence."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

with suppress(ImportError):  # AnsibleAWSModule says so before anything here is called.
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    from botocore.parsers import ResponseParserError
    from botocore.session import Session

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed, first_line
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, StorageUrl, parse

DENIED_CODES = ("AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403")
UNSUPPORTED_CODES = ("NotImplemented", "XNotImplemented", "NotSupported", "MethodNotAllowed", "501", "405")
UNKNOWN_KEY_CODES = (
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
)

_ELSEWHERE = (
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
)
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired")
_CLOCK = ("RequestTimeTooSkewed", "RequestInTheFuture")
# A signature is stamped with this host's time, so services without a code for skewed clocks say it in the message.
_CLOCK_MESSAGE = re.compile(r"Signature (expired|not yet current)")
_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")
_BUSY = (
    "ConcurrentModification",
    "ConditionalRequestConflict",
    "EntityTemporarilyUnmodifiable",
    "OperationAborted",
    "RequestTimeout",
    "SlowDown",
    "ThrottlingException",
)
_ATTEMPTS = 8
_TRIES = 3
"""How often botocore sends a request that gets no answer."""
_LONGEST_CONNECT = 10
_OPERATOR = "kong_fallback_operator_access_key_id and kong_fallback_operator_secret_access_key"
_CONNECTION = "check endpoint_url (kong_fallback_endpoint_url in roles), the network and the region"
_REGION_HEADER = "x-amz-bucket-region"
_PAGE = re.compile(rb"\s*<(!doctype\s+)?html", re.IGNORECASE)
_WITH_ETAG = ("GetObject", "HeadObject", "PutObject")
_ANY_REGION = "us-east-1"
_OLDEST_BOTO3 = "1.36.0"


OTHER_PLACE: dict[str, Any] = {
    "storage": {"type": "str", "required": True},
    "region": {"type": "str"},
    "endpoint_url": {"type": "str"},
    "access_key": {"type": "str", "no_log": False},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
}
"""The options of a second storage, which has its own region, endpoint and key."""


class CallFailed(OperationFailed):
    """A call that did not succeed.

    ``code`` is the service's own word for the reason, empty when it gave no answer; ``permission`` is the IAM action
    that is missing, where the service names it.
    """

    def __init__(self, code: str, message: str, permission: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.permission = permission


class _NotTheService(Exception):
    """Something other than the service answered. The text completes "Could not …: ", without what to do."""


class _Answer(dict[str, Any]):
    """The answer to a call; reading a field that every real answer has raises CallFailed if it is missing."""

    def __init__(self, answer: Mapping[str, Any], trying: str) -> None:
        super().__init__(answer)
        self.trying = trying

    def __missing__(self, name: str) -> NoReturn:
        raise _stranger(self.trying, f"the answer has no {name}, which the service always sends, or is cut off")


def call(method: Any, trying: str, *, retry_on: Sequence[str] = (), **arguments: Any) -> dict[str, Any]:
    """Call a method of a boto3 client, again while the service is busy or answers with one of the codes ``retry_on``.

    ``trying`` completes "Could not …". Raises CallFailed.
    """
    patient = AWSRetry.jittered_backoff(_ATTEMPTS, delay=1, max_delay=15, catch_extra_error_codes=[*_BUSY, *retry_on])
    try:
        with doing(trying):
            return _Answer(patient(method)(**arguments), trying)
    except ClientError as error:
        raise CallFailed(code_of(error), f"Could not {trying}: {_meaning(error)}.", _permission(error)) from None
    except NoCredentialsError:
        cure = f"give access_key and secret_key ({_OPERATOR} in roles), or a profile"
        raise CallFailed("", f"Could not {trying}: there are no AWS credentials: {cure}.") from None
    except BotoCoreError as error:
        raise CallFailed("", f"Could not {trying}: {first_line(error)}: {_CONNECTION}.") from None
    except _NotTheService as error:
        raise _stranger(trying, str(error)) from None
    except (ResponseParserError, KeyError):  # botocore takes the elements of an answer for granted.
        raise _stranger(trying, "the answer is cut off, or not one of this service") from None


def _stranger(trying: str, what_is_wrong: str) -> CallFailed:
    return CallFailed("", f"Could not {trying}: {what_is_wrong}: {_CONNECTION}.")


def code_of(error: Any) -> str:
    """The code of a ClientError; JSON services may prefix it with a namespace."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code.rsplit("#", 1)[-1]


def client_of(module: Any, service: str, **options: Any) -> Any:
    """The client of an AnsibleAWSModule for a service.

    ``options`` replace those that the module's own options give.
    Raises OperationFailed if boto3 is too old for conditional writes and checksums, or a profile does not exist.
    """
    if not module.boto3_at_least(_OLDEST_BOTO3):
        cure = f"install boto3 {_OLDEST_BOTO3} or later for {sys.executable}"
        raise OperationFailed(f"The boto3 of this controller is too old: {cure}.")
    _forget_other_credentials(module.params, os.environ)
    _refuse_unknown_profile(module.params["profile"])
    endpoint_url = options.setdefault("endpoint", module.params["endpoint_url"])
    if endpoint_url and not options.get("region", module.region):
        # Every request is signed for some region; stores other than AWS rarely check which.
        options["region"] = _ANY_REGION
    patience = patience_of(module.params["request_timeout"])
    if service == "s3":
        client = module.client(service, config={**s3_options(endpoint_url), **patience}, **options)
        refuse_other_regions(client)
    else:
        client = module.client(service, config=patience, **options)
    refuse_strangers(client)
    return client


def patience_of(seconds: int) -> dict[str, Any]:
    """The botocore configuration for a service that may be silent for so long."""
    connecting = min(seconds, _LONGEST_CONNECT)
    return {"connect_timeout": connecting, "read_timeout": seconds, "retries": {"total_max_attempts": _TRIES}}


def client_of_key(module: Any, key_id: str | None, secret: str | None, session_token: str | None = None) -> Any:
    """An S3 client with a key other than that of the module's options."""
    return client_of(
        module,
        "s3",
        profile_name=None,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=session_token,
    )


def client_of_place(module: Any, place: Mapping[str, Any]) -> Any:
    """An S3 client for a storage elsewhere: the options ``OTHER_PLACE``; what they leave out is as in the module's."""
    key = {
        "profile_name": None,
        "aws_access_key_id": place["access_key"],
        "aws_secret_access_key": place["secret_key"],
        "aws_session_token": place["session_token"],
    }
    return client_of(
        module,
        "s3",
        region=place["region"] or module.region,
        endpoint=place["endpoint_url"] or module.params["endpoint_url"],
        **(key if place["access_key"] else {}),
    )


def s3_storage(text: str) -> StorageUrl:
    """The storage of a module that works on S3 only; raises InvalidInput."""
    storage = parse(text)
    if storage.scheme != S3:
        raise InvalidInput(f"storage is {storage.scheme}://…, and this module works on s3:// storage only.")
    return storage


def _forget_other_credentials(params: dict[str, Any], environment: MutableMapping[str, str]) -> None:
    """Keep a profile or session token of the controller's environment from mixing with another key.

    The key may be the task's or, as in AWS's own tools, one next to the profile in the environment.
    """
    if not params["access_key"]:
        if params["session_token"] == environment.pop("AWS_SESSION_TOKEN", None):
            params["session_token"] = None  # AWS's own tools ignore a token without its key.
        return
    profiles = [environment.pop(name, None) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")]
    if params["profile"] in profiles:
        params["profile"] = None
    if params["access_key"] == environment.get("AWS_ACCESS_KEY_ID"):
        return
    if params["session_token"] == environment.pop("AWS_SESSION_TOKEN", None):
        params["session_token"] = None


def _refuse_unknown_profile(profile: str | None) -> None:
    if profile and profile not in Session().available_profiles:
        raise OperationFailed(f"There is no AWS profile {profile} on this controller: correct profile or AWS_PROFILE.")


def s3_options(endpoint_url: str | None) -> dict[str, Any]:
    """The botocore configuration for S3 and compatible stores.

    Stores of other makers know neither boto3's newer default checksums nor, often, bucket names as host names; the
    gateway addresses them by path too (fact 2.2).
    """
    lenient = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    return {**lenient, "s3": {"addressing_style": "path"}} if endpoint_url else lenient


def is_plain_http(endpoint_url: str | None) -> bool:
    """Whether the store is reached without TLS."""
    return urlsplit(endpoint_url or "").scheme == "http"


def refuse_strangers(client: Any) -> None:
    """Make it an error if a captive portal or a proxy answers in place of the service.

    boto3 would read its page as an empty answer, such as an empty list, and follow its redirects.
    """
    client.meta.events.register_first("before-parse", _refuse_stranger)


def _refuse_stranger(response_dict: Any = None, operation_model: Any = None, **event: Any) -> None:
    status, headers = response_dict["status_code"], response_dict["headers"]
    body = b"" if status < 300 and operation_model.has_streaming_output else response_dict["body"]
    if status < 400 and _PAGE.match(body):
        raise _NotTheService(
            "the answer is a web page instead of one of the service, as from a captive portal or a proxy"
        )
    is_of_s3 = operation_model.service_model.service_name == "s3" and (_REGION_HEADER in headers or b"<Code>" in body)
    if 300 <= status < 400 and not is_of_s3:
        raise _NotTheService(f"the answer is a redirect ({status}), as from a captive portal or a proxy")
    if status < 300 and operation_model.name in _WITH_ETAG and "etag" not in headers:
        raise _NotTheService(
            "the answer has no ETag, which S3 always sends, so it may be from a captive portal or a proxy"
        )


def refuse_other_regions(s3_client: Any) -> None:
    """Make a bucket in another region an error that names the region.

    boto3 would quietly follow the bucket there; the gateway signs for the region that it was given, and fails.
    """
    s3_client.meta.events.register_first("needs-retry.s3", _refuse_other_region)


def _refuse_other_region(response: Any = None, **event: Any) -> None:
    answer = response[1] if response else {}
    where = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(_REGION_HEADER)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
    if status in (301, 307) or answer.get("Error", {}).get("Code") in _ELSEWHERE:
        _raise_elsewhere(where or answer.get("Error", {}).get("Region"))


def _raise_elsewhere(region: str | None) -> NoReturn:
    where = region or "another region"
    raise CallFailed("PermanentRedirect", f"The bucket is in {where}: set region to that, here and on the nodes.")


def _meaning(error: Any) -> str:
    """What a code means, and what to do; never the service's whole message, which may repeat the request."""
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in DENIED_CODES:
        return f"access denied: grant {_permission(error) or 'the operation ' + error.operation_name}"
    if code in _CLOCK or _CLOCK_MESSAGE.search(message):
        return "the clock of this host differs too much from the service's: synchronise it"
    if code in _EXPIRED:
        return "the session has expired: get new credentials"
    if code == "InvalidToken":
        return "the session token is not valid: get new credentials, or leave the token out"
    if code in UNKNOWN_KEY_CODES or code == "InvalidSignatureException":
        return f"the service does not accept the key ({code}): check access_key and secret_key"
    if code in _ELSEWHERE:
        return "the bucket is in another region: set region to that"
    if code in UNSUPPORTED_CODES:
        return f"the service does not know {error.operation_name}: it lacks this feature"
    if code == "NoSuchVersion" or "version id" in message.lower():
        return "it has no such version: config_snapshot_info with history lists its versions"
    if code == "NoSuchBucket":
        return "there is no such bucket: create it, or correct storage"
    if code == "BucketAlreadyExists":
        return "the bucket belongs to another account: choose another name"
    if code == "DeleteConflict":
        return "something else is still attached to it: detach that first"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == str(status):  # botocore's own code for an answer without one, or cut off
        return f"the answer is {status} without a reason, as from a proxy, or cut off: try again later"
    if code in _BUSY or status >= 500:
        return f"the service keeps answering {status} {code}: try again later"
    return f"the service answers {status} {code}"


def _permission(error: Any) -> str | None:
    named = _PERMISSION.search(str(error.response.get("Error", {}).get("Message", "")))
    return named.group(1) if named else None
