# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a gateway from its own host.

Separate from other work on a node, because most modules do not ask, and HTTP takes a while to load.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._node.data_planes import data_planes_of_answer, list_url
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import (
    UNKNOWN,
    Answer,
    Health,
    has_ready,
    health_of_answers,
    status_url,
)

_LONGEST = 10_000
_LONGEST_LIST = 4_000_000
"""How much of an answer is read, in bytes."""


def gateway_health(gateway: Effective, version: GatewayVersion) -> Health:
    """What the status listener of the running gateway reports (fact 4.7)."""
    url = status_url(gateway.value("status_listen"))
    if url is None:
        return UNKNOWN
    ready = ask(f"{url}/status/ready") if has_ready(version) else None
    return health_of_answers(ask(f"{url}/status"), ready)


def listed_data_planes(
    gateway: Effective, admin_url: str | None, headers: Mapping[str, str]
) -> list[dict[str, Any]] | None:
    """The data planes that a control plane lists; None if this gateway is not one, or its Admin API does not answer."""
    if not admin_url or gateway.value("role") != "control_plane":
        return None
    url = list_url(admin_url)
    connection = _connection(url, ssl.create_default_context(), 5.0)
    return data_planes_of_answer(_answer(connection, url, "GET", headers, _LONGEST_LIST))


def ask(url: str, method: str = "GET", headers: Mapping[str, str] | None = None, timeout: float = 5.0) -> Answer:
    """Send a request without proxies, and without checking the certificate, which proves nothing on the host itself.
    Redirects are answers."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _answer(_connection(url, context, timeout), url, method, headers or {}, _LONGEST)


def _connection(url: str, context: ssl.SSLContext, timeout: float) -> http.client.HTTPConnection:
    address = urlsplit(url)
    if address.scheme == "http":
        return http.client.HTTPConnection(address.netloc, timeout=timeout)
    return http.client.HTTPSConnection(address.netloc, timeout=timeout, context=context)


def _answer(
    connection: http.client.HTTPConnection, url: str, method: str, headers: Mapping[str, str], longest: int
) -> Answer:
    address = urlsplit(url)
    try:
        connection.request(method, url[len(f"{address.scheme}://{address.netloc}") :], headers=dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(longest).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, getattr(error, "strerror", None) or str(error) or type(error).__name__)
    finally:
        connection.close()
