# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of credentials on a node: shared files, and the endpoints of containers, STS and EC2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import (
    Candidate,
    Container,
    InstanceMetadata,
    Order,
    Static,
    WebIdentity,
    from_json,
    from_xml,
    passed_over,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.signature import Credentials
from ansible_collections.kongops.fallback.plugins.module_utils._storage.transport import Way, answer_of

METADATA = "http://169.254.169.254"

_ROLES = "/latest/meta-data/iam/security-credentials/"
_PATIENCE = 5.0
"""Seconds that the gateway's library gives an endpoint on the host or beside it."""
_LONGEST = 100_000

WayTo = Callable[[str], Way]
"""How the gateway connects to an address outside."""


@dataclass(frozen=True)
class Found:
    """The credentials that the gateway would use with their source, and the sources before it that gave none."""

    candidate: Candidate | None
    credentials: Credentials | None
    findings: tuple[Finding, ...]


def first_credentials(order: Order, way_to: WayTo) -> Found:
    """Ask one source after the other until one gives credentials, as the gateway does (fact 2.4)."""
    failed: list[Finding] = []
    for candidate in order.candidates:
        given = _asked(candidate, way_to)
        if isinstance(given, Credentials):
            return Found(candidate, given, tuple(failed))
        failed.append(given)
    return Found(None, None, tuple(failed))


def _asked(candidate: Candidate, way_to: WayTo) -> Credentials | Finding:
    """What the source gives, or why it gives nothing."""
    try:
        return _credentials_of(candidate, way_to)
    except (InvalidInput, OperationFailed) as error:
        return passed_over(candidate.where, getattr(error, "reason", str(error)).rstrip("."))


def _credentials_of(candidate: Candidate, way_to: WayTo) -> Credentials:
    if isinstance(candidate, Static):
        return candidate.credentials
    if isinstance(candidate, Container):
        return _of_container(candidate)
    if isinstance(candidate, WebIdentity):
        return _of_web_identity(candidate, way_to)
    return _of_instance(candidate)


def _of_container(container: Container) -> Credentials:
    token = _text(container.token_file).strip() if container.token_file else container.token
    return from_json(_ask(container.url, {"Authorization": token} if token else {}))


def _of_web_identity(identity: WebIdentity, way_to: WayTo) -> Credentials:
    query = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": identity.role,
        "RoleSessionName": identity.session_name,
        "WebIdentityToken": _text(identity.token_file).strip(),
    }
    return from_xml(_ask(f"{identity.endpoint}/?{urlencode(query)}", {}, way=way_to(identity.endpoint)))


def _of_instance(instance: InstanceMetadata) -> Credentials:
    headers: dict[str, str] = {}
    if instance.with_token:
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        with suppress(OperationFailed):  # An instance may still accept requests without a token.
            headers = {"X-aws-ec2-metadata-token": _ask(f"{METADATA}/latest/api/token", lifetime, "PUT")}
    role = _ask(METADATA + _ROLES, headers).strip()
    return from_json(_ask(METADATA + _ROLES + role, headers))


def _ask(url: str, headers: Mapping[str, str], method: str = "GET", way: Way | None = None) -> str:
    """The body of an answer 200; raises OperationFailed otherwise, without repeating what was sent or received."""
    with answer_of(url, headers, way or Way(), method, _PATIENCE) as answer:
        if answer.status != 200:
            raise OperationFailed(f"the endpoint answers {answer.status}")
        return answer.read(_LONGEST).decode("utf-8", "replace")


def _text(path: str) -> str:
    data = read_regular(path)
    if data is None:
        raise OperationFailed(f"there is no file {path}")
    return data.decode("utf-8", "replace")
