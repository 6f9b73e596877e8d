# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a gateway gets its credentials: the order of fact 2.4, and what is in each place."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Union
from urllib.parse import urlsplit

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    GatewayVersion,
    has_pod_identity,
    uses_metadata_tokens,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import ENDPOINT
from ansible_collections.kongops.fallback.plugins.module_utils._storage.signature import Credentials

ENVIRONMENT = "environment"
AMAZON_ENVIRONMENT = "amazon_environment"
SHARED_FILE = "shared_file"
CONTAINER = "container"
WEB_IDENTITY = "web_identity"
INSTANCE_METADATA = "instance_metadata"

METADATA_SWITCH = "AWS_EC2_METADATA_DISABLED"
CONTAINER_HOST = "http://169.254.170.2"
"""The host of a relative address of container credentials."""

_LOCAL_HOSTS = ("localhost", "127.0.0.1")
_POD_IDENTITY_HOSTS = ("169.254.170.23", "fd00:ec2::23")
_SESSION_NAME = "session@lua-resty-aws"
_XML_FIELD = re.compile(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]*)</")


@dataclass(frozen=True)
class SharedFile:
    """A file that AWS's tools share: ``text`` is None when it does not exist."""

    path: str
    text: str | None


@dataclass(frozen=True)
class Surroundings:
    """Everything that decides about credentials: the gateway's variables, and the two shared files that they lead
    to."""

    variables: Mapping[str, str] = field(repr=False)
    credentials: SharedFile = field(repr=False)
    config: SharedFile = field(repr=False)

    @property
    def profile(self) -> str:
        """The section of the shared files that counts."""
        return self.variables.get("AWS_PROFILE", "default")

    @property
    def configuration(self) -> Mapping[str, str]:
        """The section of the shared config file that counts."""
        name = self.profile if self.profile == "default" else f"profile {self.profile}"
        return section(self.config.text or "", name)


@dataclass(frozen=True)
class Static:
    """Stored credentials; ``where`` completes "the key of …"."""

    source: str
    where: str
    credentials: Credentials


@dataclass(frozen=True)
class Container:
    """An endpoint of ECS or EKS that hands out credentials for ``token`` or the content of ``token_file``."""

    url: str
    token: str = field(default="", repr=False)
    token_file: str = ""
    source: str = CONTAINER
    where: str = "the role of its container"


@dataclass(frozen=True)
class WebIdentity:
    """A role that is assumed with a token from a file; ``endpoint`` is the STS to ask."""

    role: str
    token_file: str
    session_name: str
    endpoint: str
    source: str = WEB_IDENTITY
    where: str = "the role of its web identity"


@dataclass(frozen=True)
class InstanceMetadata:
    """The role of an EC2 instance; ``with_token`` when the gateway asks for it by IMDSv2."""

    with_token: bool
    source: str = INSTANCE_METADATA
    where: str = "the role of its instance"


Candidate = Union[Static, Container, WebIdentity, InstanceMetadata]


@dataclass(frozen=True)
class Order:
    """The sources that a gateway would try, one after the other, and what looks like a source but is not one."""

    candidates: tuple[Candidate, ...]
    findings: tuple[Finding, ...]


def shared_paths(variables: Mapping[str, str], home: str) -> tuple[str, str]:
    """The paths of the shared credentials file and config file; ``home`` is that of the master's user."""
    home = variables.get("HOME") or home
    named = (
        variables.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        variables.get("AWS_CONFIG_FILE", "~/.aws/config"),
    )
    credentials, config = (f"{home}{path[1:]}" if path.startswith("~/") else path for path in named)
    return credentials, config


def section(text: str, name: str) -> Mapping[str, str]:
    """The values of one ``[section]`` of a shared file; empty without such a section."""
    values: dict[str, str] = {}
    current = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
        elif current == name and "=" in line and not line.startswith(("#", ";")):
            key, _equals, value = line.partition("=")
            values[key.strip()] = value.strip()
    return values


def order_of(here: Surroundings, region: str, version: GatewayVersion) -> Order:
    """The sources in the gateway's order (fact 2.4). The first that gives credentials wins, even wrong ones."""
    found: list[Candidate | Finding] = [
        *_of_environment(here, "AWS", ENVIRONMENT),
        *_of_environment(here, "AMAZON", AMAZON_ENVIRONMENT),
        *_of_shared_files(here),
        *_of_container(here.variables, version),
        *_of_process(here),
        *_of_web_identity(here, region),
        *_of_instance(here.variables, version),
    ]
    return Order(
        tuple(each for each in found if not isinstance(each, Finding)),
        tuple(each for each in found if isinstance(each, Finding)),
    )


def _of_environment(here: Surroundings, prefix: str, source: str) -> Iterator[Candidate]:
    """A variable counts if it is set, even if it is empty or its other half is missing."""
    name = f"{prefix}_ACCESS_KEY_ID"
    if name in here.variables:
        key = (here.variables.get(f"{prefix}_{part}", "") for part in ("SECRET_ACCESS_KEY", "SESSION_TOKEN"))
        yield Static(source, name, Credentials(here.variables[name], *key))


def _of_shared_files(here: Surroundings) -> Iterator[Candidate]:
    """Only without a shared credentials file does the gateway look for keys in the config file."""
    file = here.config if here.credentials.text is None else here.credentials
    values = here.configuration if file is here.config else section(file.text or "", here.profile)
    if "aws_access_key_id" in values or "aws_session_token" in values:
        by = " (AWS_PROFILE)" if "AWS_PROFILE" in here.variables else ""
        keys = (values.get(f"aws_{part}", "") for part in ("access_key_id", "secret_access_key", "session_token"))
        yield Static(SHARED_FILE, f"profile {here.profile}{by} in {file.path}", Credentials(*keys))


def _of_container(variables: Mapping[str, str], version: GatewayVersion) -> Iterator[Candidate | Finding]:
    token, token_file = (
        variables.get(f"AWS_CONTAINER_AUTHORIZATION_TOKEN{end}", "") if has_pod_identity(version) else ""
        for end in ("", "_FILE")
    )
    if "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" in variables:
        yield Container(CONTAINER_HOST + variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], token, token_file)
    elif "AWS_CONTAINER_CREDENTIALS_FULL_URI" in variables:
        url = variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        hosts = _LOCAL_HOSTS + (_POD_IDENTITY_HOSTS if has_pod_identity(version) else ())
        if _may_hand_out(url, hosts):
            yield Container(url, token, token_file)
        else:
            why = f"gateway {version} accepts http:// addresses only from {', '.join(hosts)}"
            yield passed_over("AWS_CONTAINER_CREDENTIALS_FULL_URI", why)


def _may_hand_out(url: str, hosts: Collection[str]) -> bool:
    """Whether the gateway accepts credentials from this address: over TLS, or else only from one of ``hosts``."""
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in hosts)


def _of_process(here: Surroundings) -> Iterator[Finding]:
    if "credential_process" in here.configuration:
        message = (
            f"credential_process in {here.config.path} gives this gateway nothing, because its AWS library"
            " cannot run programs: give the credentials in another way."
        )
        yield Finding("credential-process", WARNING, message, fact="2.4", path=here.config.path)


def _of_web_identity(here: Surroundings, region: str) -> Iterator[Candidate | Finding]:
    """The config file takes precedence over the equivalent variable."""
    values = {
        name: here.configuration.get(name.lower()) or here.variables.get(f"AWS_{name}", "")
        for name in ("ROLE_ARN", "WEB_IDENTITY_TOKEN_FILE", "ROLE_SESSION_NAME", "STS_REGIONAL_ENDPOINTS")
    }
    role, token_file = values["ROLE_ARN"], values["WEB_IDENTITY_TOKEN_FILE"]
    if role and token_file:
        regional = values["STS_REGIONAL_ENDPOINTS"] != "legacy"
        endpoint = aws_endpoint("sts", region) if regional else "https://sts.amazonaws.com"
        yield WebIdentity(role, token_file, values["ROLE_SESSION_NAME"] or _SESSION_NAME, endpoint)
    elif token_file:
        yield passed_over("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN is not set")


def _of_instance(variables: Mapping[str, str], version: GatewayVersion) -> Iterator[Candidate]:
    if variables.get(METADATA_SWITCH, "false") == "false":
        yield InstanceMetadata(uses_metadata_tokens(version))


def aws_endpoint(service: str, region: str) -> str:
    """The address of a service of AWS in a region."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{domain}"


def store_address(variables: Mapping[str, str], region: str) -> str:
    """The address of the storage in S3, without a path: the endpoint of the gateway's environment, or AWS (fact
    2.2)."""
    own = urlsplit(variables.get(ENDPOINT, ""))
    return f"{own.scheme}://{own.netloc}" if own.netloc else aws_endpoint("s3", region)


def passed_over(what: str, why: str) -> Finding:
    """The warning about a source that gives no credentials, so that the gateway goes on to the next one."""
    message = f"{what[:1].upper()}{what[1:]} gives no credentials, and the gateway goes on to the next source: {why}."
    return Finding("credential-source-failed", WARNING, message, fact="2.4")


def certain_winner(order: Order) -> Static | None:
    """The credentials that the gateway finds first, None if it has to ask for them."""
    first = order.candidates[0] if order.candidates else None
    return first if isinstance(first, Static) else None


def hidden_role(order: Order, winner: str | None, variables: Mapping[str, str], instance_role: bool) -> list[Finding]:
    """What keeps the gateway from the intended role: that of the host when ``instance_role``, or of a container
    or a web identity that its variables name."""
    winning = next((each for each in order.candidates if each.source == winner), None)
    roles = [each for each in order.candidates if isinstance(each, (Container, WebIdentity))]
    if isinstance(winning, Static) and (instance_role or roles):
        role = roles[0].where if roles else InstanceMetadata.where
        message = f"The gateway uses the key of {winning.where} instead of {role}: remove the key if you mean the role."
        return [Finding("credentials-hidden", WARNING, message, fact="2.4")]
    if instance_role and not roles and variables.get(METADATA_SWITCH, "false") != "false":
        message = (
            f"{METADATA_SWITCH} is '{variables[METADATA_SWITCH][:20]}', and any value but false keeps the gateway"
            " from using the role of its instance: remove the variable."
        )
        return [Finding("metadata-disabled", WARNING, message, setting=METADATA_SWITCH, fact="2.4")]
    return []


def from_json(text: str) -> Credentials:
    """The credentials in an answer of a container's or an instance's endpoint; raises InvalidInput without any."""
    try:
        content = json.loads(text)
    except ValueError:
        raise InvalidInput("the answer is not JSON") from None
    keys = [content.get(name) if isinstance(content, dict) else None for name in ("AccessKeyId", "SecretAccessKey")]
    if not all(isinstance(key, str) and key for key in keys):
        raise InvalidInput("the answer contains no key")
    return Credentials(str(keys[0]), str(keys[1]), str(content.get("Token") or ""))


def from_xml(text: str) -> Credentials:
    """The credentials in an answer of AssumeRoleWithWebIdentity; raises InvalidInput without any."""
    found = dict(_XML_FIELD.findall(text))
    if not found.get("AccessKeyId") or not found.get("SecretAccessKey"):
        raise InvalidInput("the answer contains no key")
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken", ""))
