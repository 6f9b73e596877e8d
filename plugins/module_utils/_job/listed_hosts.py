# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data planes that a control plane lists, as hosts of an inventory (fact 3.11).

The entries are what data planes report about themselves, so nothing is accepted that does not look as it should:
a name or a version might be a template that the controller would render.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import GROUPS
from ansible_collections.kongops.fallback.plugins.module_utils._node.data_planes import list_url

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{32}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z_]{0,63}", re.ASCII)
_RESERVED = {"all", "localhost", "ungrouped", *GROUPS.values()}
"""Names that mean something else in an inventory."""
_OF_ID = 8
"""How much of an id tells two hosts of one name apart."""
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


@dataclass(frozen=True)
class ListedHost:
    """A data plane as a host: its name in the inventory, and what its control plane says about it; None for what it
    does not say. ``last_seen`` is in seconds since 1970."""

    name: str
    id: str | None
    hostname: str | None
    ip: str | None
    version: str | None
    sync_status: str | None
    configuration_hash: str | None
    last_seen: int | None

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the host, without what the control plane does not say."""
        seen = None if self.last_seen is None else datetime.fromtimestamp(self.last_seen, timezone.utc).isoformat()
        told = {
            "kong_fallback_gateway_version": self.version,
            "kong_data_plane_id": self.id,
            "kong_data_plane_hostname": self.hostname,
            "kong_data_plane_ip": self.ip,
            "kong_data_plane_version": self.version,
            "kong_data_plane_sync_status": self.sync_status,
            "kong_data_plane_configuration_hash": self.configuration_hash,
            "kong_data_plane_last_seen": seen,
        }
        return {name: value for name, value in told.items() if value is not None}


def pages(admin_url: str, ask: Callable[[str], tuple[int, bytes]]) -> Iterator[list[Any]]:
    """The entries of the list, page by page; ``ask`` returns status and body of an answer.

    Raises InvalidInput for an impossible address, OperationFailed for an answer that is not such a list.
    """
    if not re.fullmatch(r"https?://[^/?#\s@]+(?:/[^?#\s]*)?", admin_url):
        raise InvalidInput(
            "admin_url has to be http://host:port or https://host:port, without a user and a query: give the address of"
            " the Admin API of the control plane."
        )
    url, asked = list_url(admin_url), set[str]()
    while url not in asked:
        asked.add(url)
        entries, offset = _page(admin_url, *ask(url))
        yield entries
        if not offset:
            return
        url = f"{list_url(admin_url)}&offset={offset}"
    raise OperationFailed(
        f"The Admin API at {admin_url} keeps answering with the same page of its list: check the control plane."
    )


def _page(admin_url: str, status: int, body: bytes) -> tuple[list[Any], str]:
    """The entries of one answer and where the next page begins, empty after the last one."""
    if status in (401, 403):
        raise OperationFailed(
            f"The Admin API at {admin_url} does not let this user list its data planes ({status}): set admin_token, or"
            " the environment variable KONG_ADMIN_TOKEN, to the token of a user who may read /clustering/data-planes."
        )
    if status != 200:
        raise OperationFailed(
            f"The Admin API at {admin_url} answers {status} when asked for its data planes: give the"
            " address of the Admin API of a control plane, and check its log."
        )
    try:
        answer = json.loads(body)
        entries, offset = answer["data"], answer.get("offset") or ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        entries, offset = None, ""
    if not isinstance(entries, list) or not re.fullmatch(r"[\w.~%+/=-]*", str(offset), re.ASCII):
        raise OperationFailed(
            f"What answers at {admin_url} is not the Admin API of a control plane: give its address, not that of the"
            " proxy, of Kong Manager, or of a login page before it."
        )
    return entries, str(offset).replace("+", "%2B").replace("=", "%3D").replace("/", "%2F")


def listed_hosts(entries: Iterable[Any], now: float, maximum_age: int) -> list[ListedHost]:
    """The hosts in the order of their names, without those that were not seen for more than so many seconds (0: all).

    Those of one hostname get a part of their id into their name; an entry with neither a usable hostname nor an id is
    left out.
    """
    found = [entry for entry in entries if isinstance(entry, Mapping)]
    told = [each for each in map(_told, found) if each["hostname"] or each["id"]]
    recent = [each for each in told if not maximum_age or _is_recent(each["last_seen"], now, maximum_age)]
    count = Counter(each["hostname"] for each in recent)
    hosts: dict[str, ListedHost] = {}
    for each in recent:
        host = ListedHost(_name(each, count), **each)
        hosts[host.name] = max(hosts.get(host.name, host), host, key=lambda one: one.last_seen or 0)
    return [hosts[name] for name in sorted(hosts)]


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A value of an entry, if it is valid."""
    seen = entry.get("last_seen")
    return {
        "id": _matching(_ID, entry.get("id")),
        "hostname": _matching(_NAME, entry.get("hostname")),
        "ip": _address(entry.get("ip")),
        "version": _version(entry.get("version")),
        "sync_status": _matching(_WORD, entry.get("sync_status")),
        "configuration_hash": _matching(_HASH, entry.get("config_hash")),
        "last_seen": seen if isinstance(seen, int) and 0 <= seen <= _LATEST else None,
    }


def _is_recent(last_seen: int | None, now: float, maximum_age: int) -> bool:
    return last_seen is not None and now - last_seen <= maximum_age


def _name(told: Mapping[str, Any], count: Mapping[Any, int]) -> str:
    hostname, node_id = told["hostname"], told["id"]
    if not hostname or (node_id and hostname in _RESERVED):
        return str(node_id)
    return hostname if count[hostname] == 1 or not node_id else f"{hostname}-{node_id[:_OF_ID]}"


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _address(value: Any) -> str | None:
    try:
        return str(ipaddress.ip_address(value)) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None


def _version(value: Any) -> str | None:
    """The four parts of a version, without what may follow them."""
    try:
        return str(parse_version(value.partition("-")[0])) if isinstance(value, str) else None
    except InvalidInput:
        return None
