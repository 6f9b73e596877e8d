# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a running gateway has a configuration to serve, according to its status listener."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion

EMPTY_HASH = "0" * 32
"""The hash of no configuration at all."""

_LISTENER = re.compile(r"^(?P<host>\[[^]]+\]|[^:\s]+):(?P<port>\d+)$")


@dataclass(frozen=True)
class Answer:
    """The result of an HTTP request: ``status`` is 0 if nothing answered, and then ``body`` is the reason."""

    status: int
    body: str


@dataclass(frozen=True)
class Health:
    """``ready`` is None if the gateway cannot be asked; ``message`` quotes it; the hash is None without one."""

    ready: bool | None
    message: str
    configuration_hash: str | None


UNKNOWN = Health(None, "", None)
NOT_RUNNING = Health(False, "it is not running", None)


def status_url(status_listen: str) -> str | None:
    """The address for requests from the host itself, such as ``http://127.0.0.1:8007``; None if there is none that
    HTTP can reach (fact 4.7)."""
    address, *flags = status_listen.split(",")[0].split() or [""]
    match = _LISTENER.match(address)
    if not match:
        return None
    scheme = "https" if "ssl" in flags else "http"
    return f"{scheme}://{_reachable(match.group('host'))}:{match.group('port')}"


def _reachable(host: str) -> str:
    """A listener on all addresses is also on loopback."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host
    loopback = "127.0.0.1" if address.version == 4 else "[::1]"
    return loopback if address.is_unspecified else host


def has_ready(version: GatewayVersion) -> bool:
    """Whether ``/status/ready`` exists: since 3.3 (fact 4.7)."""
    return version.release >= (3, 3)


def health_of_answers(status: Answer, ready: Answer | None) -> Health:
    """The health from the answers of ``/status`` and ``/status/ready``; without the latter, and for releases that say
    ready too early, the hash of the configuration decides (fact 4.7)."""
    configuration_hash = _field(status, "configuration_hash")
    if ready is not None and (ready.status != 200 or configuration_hash != EMPTY_HASH):
        return Health(ready.status == 200, _field(ready, "message") or ready.body[:200], configuration_hash)
    if status.status != 200:
        return Health(False, status.body[:200], configuration_hash)
    filled = configuration_hash not in (None, EMPTY_HASH)
    return Health(filled, "ready" if filled else "no configuration available", configuration_hash)


def _field(answer: Answer, name: str) -> str | None:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return None
    value = content.get(name) if isinstance(content, dict) else None
    return value if isinstance(value, str) else None
