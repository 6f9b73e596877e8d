# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a gateway looks for credentials (fact 2.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import (
    AMAZON_ENVIRONMENT,
    CONTAINER,
    ENVIRONMENT,
    INSTANCE_METADATA,
    SHARED_FILE,
    WEB_IDENTITY,
    Container,
    InstanceMetadata,
    Order,
    SharedFile,
    Static,
    Surroundings,
    WebIdentity,
    from_json,
    from_xml,
    hidden_role,
    order_of,
    section,
    shared_paths,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.signature import Credentials

AWS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "secret-1"}
AMAZON = {"AMAZON_ACCESS_KEY_ID": "AKIA2", "AMAZON_SECRET_ACCESS_KEY": "secret-2"}
ECS = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}
POD = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/run/token",
}
IRSA = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"}
NO_METADATA = {"AWS_EC2_METADATA_DISABLED": "true"}
FILE = "[default]\naws_access_key_id=AKIA3\naws_secret_access_key=secret-3\n"


def order(
    variables: dict[str, str], credentials: str | None = None, config: str | None = None, version: str = "3.11.0.14"
) -> Order:
    files = SharedFile("/root/.aws/credentials", credentials), SharedFile("/root/.aws/config", config)
    return order_of(Surroundings(variables, *files), "eu-central-1", parse_version(version))


def sources(found: Order) -> list[str]:
    return [candidate.source for candidate in found.candidates]


def test_all_sources_stand_in_the_gateways_order() -> None:
    found = order({**ECS, **IRSA, **AMAZON, **AWS}, FILE)
    assert sources(found) == [
        ENVIRONMENT,
        AMAZON_ENVIRONMENT,
        SHARED_FILE,
        CONTAINER,
        WEB_IDENTITY,
        INSTANCE_METADATA,
    ]
    assert found.findings == ()


@pytest.mark.parametrize(
    ("variables", "credentials", "config", "expected"),
    [
        ({}, None, None, [INSTANCE_METADATA]),
        (NO_METADATA, None, None, []),
        ({"AWS_EC2_METADATA_DISABLED": "false"}, None, None, [INSTANCE_METADATA]),
        ({"AWS_EC2_METADATA_DISABLED": ""}, None, None, []),
        ({**NO_METADATA, "AWS_ACCESS_KEY_ID": ""}, None, None, [ENVIRONMENT]),
        ({**NO_METADATA, "AWS_SECRET_ACCESS_KEY": "x"}, None, None, []),
        ({**NO_METADATA, "AWS_PROFILE": "other"}, FILE, None, []),
        (NO_METADATA, "", FILE, []),
        (NO_METADATA, None, FILE, [SHARED_FILE]),
        ({**NO_METADATA, "AWS_PROFILE": "p"}, None, FILE.replace("default", "profile p"), [SHARED_FILE]),
        ({**NO_METADATA, "AWS_PROFILE": "p"}, None, FILE.replace("default", "p"), []),
        (NO_METADATA, "[default]\naws_session_token = t\n", None, [SHARED_FILE]),
        ({**NO_METADATA, **IRSA, "AWS_ROLE_ARN": ""}, None, "[default]\nrole_arn = arn:r\n", [WEB_IDENTITY]),
    ],
)
def test_what_is_there_is_a_source(
    variables: dict[str, str], credentials: str | None, config: str | None, expected: list[str]
) -> None:
    assert sources(order(variables, credentials, config)) == expected


def test_each_source_carries_what_it_needs() -> None:
    relative = order({**ECS, **POD, **IRSA}).candidates
    assert relative[0] == Container("http://169.254.170.2/v2/x", "", "/var/run/token")
    assert relative[1] == WebIdentity(
        "arn:aws:iam::1:role/r", "/var/run/token", "session@lua-resty-aws", "https://sts.eu-central-1.amazonaws.com"
    )
    legacy = order({**IRSA, "AWS_STS_REGIONAL_ENDPOINTS": "legacy"}).candidates[0]
    assert isinstance(legacy, WebIdentity)
    assert legacy.endpoint == "https://sts.amazonaws.com"
    key = order(AWS).candidates[0]
    assert isinstance(key, Static)
    assert key.credentials == Credentials("AKIA1", "secret-1")
    assert "secret-1" not in repr(order(AWS))


@pytest.mark.parametrize(
    ("version", "pod", "tokens"),
    [
        ("3.4.3.0", False, False),
        ("3.4.3.1", False, True),
        ("3.4.3.13", True, True),
        ("3.5.0.4", False, True),
        ("3.6.1.7", False, True),
        ("3.6.1.8", True, True),
        ("3.7.0.0", True, True),
    ],
)
def test_what_a_release_can(version: str, pod: bool, tokens: bool) -> None:
    found = order(POD, version=version)
    assert sources(found) == ([CONTAINER] if pod else []) + [INSTANCE_METADATA]
    assert [finding.code for finding in found.findings] == ([] if pod else ["credential-source-failed"])
    assert found.candidates[-1] == InstanceMetadata(tokens)


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("http://localhost/x", True),
        ("https://credentials.example.com/x", True),
        ("http://credentials.example.com/x", False),
        ("ftp://127.0.0.1/x", False),
        ("none", False),
        ("https://[none", False),
    ],
)
def test_container_credentials_come_from_the_host_or_by_tls(url: str, taken: bool) -> None:
    found = order({**NO_METADATA, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
    assert sources(found) == ([CONTAINER] if taken else [])
    assert bool(found.findings) is not taken


@pytest.mark.parametrize(
    ("variables", "config", "code"),
    [
        ({}, "[default]\ncredential_process = /bin/give\n", "credential-process"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, None, "credential-source-failed"),
    ],
)
def test_what_only_looks_like_a_source_is_named(variables: dict[str, str], config: str | None, code: str) -> None:
    found = order({**variables, **NO_METADATA}, config=config)
    assert sources(found) == []
    assert [(finding.code, finding.severity, finding.fact) for finding in found.findings] == [(code, "warning", "2.4")]


@pytest.mark.parametrize(
    ("variables", "credentials", "winner", "instance_role", "expected"),
    [
        (AWS, None, ENVIRONMENT, False, None),
        (AWS, None, ENVIRONMENT, True, "the key of AWS_ACCESS_KEY_ID instead of the role of its instance"),
        ({**AWS, **ECS}, None, ENVIRONMENT, False, "instead of the role of its container"),
        ({**AMAZON, **IRSA}, None, AMAZON_ENVIRONMENT, False, "the key of AMAZON_ACCESS_KEY_ID instead of the role of"),
        (
            {"AWS_PROFILE": "default"},
            FILE,
            SHARED_FILE,
            True,
            "profile default (AWS_PROFILE) in /root/.aws/credentials",
        ),
        (
            NO_METADATA,
            None,
            None,
            True,
            "AWS_EC2_METADATA_DISABLED is 'true', and any value but false keeps the gateway",
        ),
        (NO_METADATA, None, None, False, None),
        ({**NO_METADATA, **ECS}, None, CONTAINER, True, None),
        ({}, None, INSTANCE_METADATA, True, None),
    ],
)
def test_what_hides_the_role_is_a_warning(
    variables: dict[str, str], credentials: str | None, winner: str | None, instance_role: bool, expected: str | None
) -> None:
    found = hidden_role(order(variables, credentials), winner, variables, instance_role)
    assert [finding.severity for finding in found] == (["warning"] if expected else [])
    assert not expected or expected in found[0].message


def test_shared_files_lie_in_the_home_of_the_master_or_where_variables_say() -> None:
    assert shared_paths({}, "/root") == ("/root/.aws/credentials", "/root/.aws/config")
    assert shared_paths({"HOME": "/home/kong"}, "/root")[0] == "/home/kong/.aws/credentials"
    named = {"AWS_SHARED_CREDENTIALS_FILE": "/etc/aws", "AWS_CONFIG_FILE": "~/c"}
    assert shared_paths(named, "/root") == ("/etc/aws", "/root/c")


def test_a_section_is_read_with_its_comments_and_blanks() -> None:
    text = "x = outside\n[ a ]\n# y = comment\n; z = comment\n k =  v = w \r\nno value\n[b]\nk = other\n"
    assert section(text, "a") == {"k": "v = w"}
    assert section(text, "c") == {}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"AccessKeyId": "a"},
        {"AccessKeyId": "a", "SecretAccessKey": 1},
        {"AccessKeyId": "", "SecretAccessKey": "s"},
    ],
)
def test_an_answer_without_a_key_gives_none(content: Any) -> None:
    with pytest.raises(InvalidInput):
        from_json(json.dumps(content))
    with pytest.raises(InvalidInput):
        from_xml("<AccessKeyId>a</AccessKeyId>")


def test_answers_give_their_key() -> None:
    expected = Credentials("a", "s", "t")
    assert from_json('{"AccessKeyId": "a", "SecretAccessKey": "s", "Token": "t", "Expiration": "later"}') == expected
    fields = "<SessionToken>t</SessionToken><SecretAccessKey>s</SecretAccessKey><AccessKeyId>a</AccessKeyId>"
    assert from_xml(f"<R><Credentials>{fields}</Credentials></R>") == expected
    with pytest.raises(InvalidInput, match="the answer is not JSON"):
        from_json("<html>")
