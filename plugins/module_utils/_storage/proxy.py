# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy is between a gateway and its storage (fact 2.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion


@dataclass(frozen=True)
class Proxy:
    """A proxy by its address; ``variable`` named it, ``authorization`` is the header that it needs, if any."""

    host: str
    port: int
    variable: str
    authorization: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port} ({self.variable})"


def proxy_for(url: str, variables: Mapping[str, str], version: GatewayVersion) -> Proxy | None:
    """The proxy for requests to ``url`` that these variables of the gateway name, None for the direct way (fact 2.11).

    Raises InvalidInput, which never repeats a value, if the gateway cannot use the proxy that a variable names.
    """
    address = urlsplit(url)
    name = f"{address.scheme.upper()}_PROXY"
    variable, text = _of_either_case(name, variables)
    if not text or _is_exempt(address.hostname or "", _of_either_case("NO_PROXY", variables)[1]):
        return None
    try:
        proxy = urlsplit(text)
        scheme, host, port = proxy.scheme, proxy.hostname, proxy.port or 80
    except ValueError:
        scheme, host, port = "", None, 0
    if scheme != "http" or not host:
        raise InvalidInput(f"{variable} is not the address of a proxy: write http://host:port.", fact="2.11")
    authorization = variables.get(f"{name}_AUTHORIZATION", "") if version.release >= (3, 12) else ""
    return Proxy(host, port, variable, authorization)


def _of_either_case(name: str, variables: Mapping[str, str]) -> tuple[str, str]:
    """The variable that decides, and its value."""
    found = name if variables.get(name) else name.lower()
    return found, variables.get(found, "")


def _is_exempt(host: str, exempt: str) -> bool:
    """Whether ``NO_PROXY`` names the host or a domain that it belongs to; blanks, ports and networks match nothing."""
    names = {name[1:] if name.startswith(".") else name for name in exempt.split(",")} - {""}
    parts = host.split(".")
    domains = {".".join(parts[start:]) for start in range(max(1, len(parts) - 1))}
    return exempt == "*" or bool(names & domains)
