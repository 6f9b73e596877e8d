# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy a gateway uses, by its variables."""

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._storage.proxy import proxy_for

VERSION = parse_version("3.11.0.14")
PROXY = {"HTTPS_PROXY": "http://proxy.example.com:3128"}
STORE = "https://s3.eu-central-1.amazonaws.com/bucket/key"


@pytest.mark.parametrize(
    ("url", "variables", "expected"),
    [
        (STORE, {}, None),
        (STORE, PROXY, ("proxy.example.com", 3128)),
        (STORE, {"https_proxy": "http://proxy.example.com"}, ("proxy.example.com", 80)),
        (STORE, {"HTTPS_PROXY": "", "https_proxy": "http://other.example.com:1"}, ("other.example.com", 1)),
        (STORE, {"HTTP_PROXY": "http://proxy.example.com:3128"}, None),
        ("http://127.0.0.1:9000/b", {"HTTP_PROXY": "http://proxy.example.com:3128"}, ("proxy.example.com", 3128)),
        (STORE, {**PROXY, "NO_PROXY": "*"}, None),
        (STORE, {**PROXY, "NO_PROXY": "localhost,amazonaws.com"}, None),
        (STORE, {**PROXY, "no_proxy": ".amazonaws.com"}, None),
        (STORE, {**PROXY, "NO_PROXY": "s3.eu-central-1.amazonaws.com"}, None),
        (STORE, {**PROXY, "NO_PROXY": "naws.com"}, ("proxy.example.com", 3128)),
        (STORE, {**PROXY, "NO_PROXY": "com"}, ("proxy.example.com", 3128)),
        (STORE, {**PROXY, "NO_PROXY": "localhost, amazonaws.com"}, ("proxy.example.com", 3128)),
        ("https://localhost/b", {**PROXY, "NO_PROXY": "localhost"}, None),
        ("https://10.1.2.3/b", {**PROXY, "NO_PROXY": "10.0.0.0/8"}, ("proxy.example.com", 3128)),
    ],
)
def test_the_variables_decide(url: str, variables: dict[str, str], expected: tuple[str, int] | None) -> None:
    proxy = proxy_for(url, variables, VERSION)
    assert (proxy and (proxy.host, proxy.port)) == expected


@pytest.mark.parametrize(
    "value", ["proxy:3128", "https://proxy.example.com", "socks5://p:1", "http://", "http://p:x", "http://[x"]
)
def test_what_is_not_a_proxy_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^HTTPS_PROXY is not the address of a proxy: write http://host:port\."):
        proxy_for(STORE, {"HTTPS_PROXY": value}, VERSION)


@pytest.mark.parametrize(("version", "sent"), [("3.11.0.14", ""), ("3.12.0.0", "Basic c2VjcmV0")])
def test_the_authorization_goes_along_from_3_12(version: str, sent: str) -> None:
    variables = {**PROXY, "HTTPS_PROXY_AUTHORIZATION": "Basic c2VjcmV0"}
    proxy = proxy_for(STORE, variables, parse_version(version))
    assert proxy is not None
    assert proxy.authorization == sent
    assert "c2VjcmV0" not in repr(proxy)
    assert str(proxy) == "proxy.example.com:3128 (HTTPS_PROXY)"
