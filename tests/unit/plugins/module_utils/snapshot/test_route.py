# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which request the outage drill sends when the operator names none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import Rules, judge_body
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.route import servable_request
from tests.snapshots import body, flat, identity, nested, route, service
from tests.stand_in.declarative import Current, accept
from tests.stand_in.entities import BUNDLED_PLUGINS
from tests.stand_in.proxy import Proxy
from tests.stand_in.servers import Request


def get(path: str, host: str | None = None) -> dict[str, Any]:
    return {"path": path, "host": host, "method": "GET"}


def plugin(**scope: str) -> dict[str, Any]:
    return {"id": identity("plugin", *scope.values()), "name": "key-auth", **scope}


PICKED: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "the first path": (flat(routes=[route(1), route(0)]), get("/route-0")),
    "nested, and without plugins of its own": (nested(), get("/again")),
    "none with a plugin where there is another": (
        flat(plugins=[plugin(route=identity("route", 0))]),
        get("/route-1"),
    ),
    "none of a service with a plugin": (flat(plugins=[plugin(service=identity("service", 0))]), get("/route-1")),
    "one with a plugin if there is no other": (
        flat(routes=1, plugins=[plugin(route=identity("route", 0))]),
        get("/route-0"),
    ),
    "plain HTTP before TLS": (flat(routes=[route(0, protocols=["https"]), route(1)]), get("/route-1")),
    "a host alone": (flat(routes=[route(paths=None, hosts=["shop.example.com"])]), get("/", "shop.example.com")),
    "a host that is none of many": (
        flat(routes=[route(hosts=["*.example.com", "shop.example.com"])]),
        get("/route-0", "shop.example.com"),
    ),
    "a plain path beside an expression": (flat(routes=[route(paths=["~/a.*", "/b"])]), get("/b")),
    "no regular expression": (flat(routes=[route(paths=["~/a.*"])]), None),
    "no wildcard": (flat(routes=[route(hosts=["*.example.com"])]), None),
    "no other method": (flat(routes=[route(methods=["POST"])]), None),
    "no header": (flat(routes=[route(headers={"x-shop": ["1"]})]), None),
    "no other protocol": (flat(routes=[route(protocols=["grpc"])]), None),
    "nothing without a service, whatever has no name": (
        flat(services=[service(name=None)], routes=[route(service=None)]),
        None,
    ),
    "nothing without a service": (flat(routes=[route(service=None)]), None),
    "nothing of a service that is off": (flat(services=[service(enabled=False)], routes=[route()]), None),
    "nothing of nothing": ({"_format_version": "3.0"}, None),
}


@pytest.mark.parametrize("case", PICKED)
def test_it_picks(case: str) -> None:
    document, picked = PICKED[case]
    assert servable_request(document) == picked


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "paths": st.lists(st.sampled_from(["/", "/a", "/a/b", "~/a.*"]), max_size=2),
        "hosts": st.lists(st.sampled_from(["a.example.com", "*.example.com"]), max_size=2),
        "methods": st.lists(st.sampled_from(["GET", "POST"]), max_size=2),
        "headers": st.sampled_from([{}, {"x-a": ["1"]}]),
    },
)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_what_it_picks_has_a_route_in_the_gateway(routes: list[dict[str, Any]]) -> None:
    document = flat(routes=[route(number, **{"paths": None, **values}) for number, values in enumerate(routes)])
    judgement = judge_body(body(document), Rules(parse_version("3.11.0.14")))
    if judgement.route is None:
        return
    current = Current(accept(document, BUNDLED_PLUGINS))
    host = {"host": judgement.route["host"]} if judgement.route["host"] else {}
    answer = Proxy(current).respond(Request("GET", judgement.route["path"] or "", host))
    assert b"no Route matched" not in answer.body
