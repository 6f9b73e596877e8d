# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a gateway from its own host.

Apart from what else is done on a node, because most modules ask nothing and HTTP takes a while to load.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
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
"""How much of an answer is read, in bytes."""


def gateway_health(gateway: Effective, version: GatewayVersion) -> Health:
    """What the status listener of the running gateway says (fact 4.7)."""
    url = status_url(gateway.value("status_listen"))
    if url is None:
        return UNKNOWN
    ready = ask(f"{url}/status/ready") if has_ready(version) else None
    return health_of_answers(ask(f"{url}/status"), ready)


def ask(url: str, method: str = "GET", headers: Mapping[str, str] | None = None, timeout: float = 5.0) -> Answer:
    """Send a request without proxies, and without checking a certificate, which on the host itself proves nothing.
    Redirects are answers."""
    address = urlsplit(url)
    connection = _connection(address.scheme, address.netloc, timeout)
    try:
        connection.request(method, url[len(f"{address.scheme}://{address.netloc}") :], headers=dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read(_LONGEST).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, getattr(error, "strerror", None) or str(error) or type(error).__name__)
    finally:
        connection.close()


def _connection(scheme: str, netloc: str, timeout: float) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=timeout)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(netloc, timeout=timeout, context=context)
