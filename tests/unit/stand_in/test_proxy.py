# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.servers.ports import LOOPBACK, free_port
from tests.stand_in import declarative
from tests.stand_in.declarative import Current
from tests.stand_in.entities import BUNDLED_PLUGINS
from tests.stand_in.proxy import Proxy
from tests.stand_in.servers import Request, Response


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Seen-Host", self.headers["Host"])
        self.end_headers()
        self.wfile.write(f"{self.command} {self.path}".encode())

    do_POST = do_GET

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer((LOOPBACK, 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def proxy(**collections: Any) -> Proxy:
    document = {"_format_version": "3.0", **collections}
    return Proxy(Current(declarative.accept(document, BUNDLED_PLUGINS)))


def get(node: Proxy, target: str, method: str = "GET", **headers: str) -> Response:
    return node.respond(Request(method, target, {"host": "example.com", **headers}))


def ending(text: str) -> list[dict[str, Any]]:
    """A plugin that shows which route was matched."""
    return [{"name": "request-termination", "config": {"status_code": 200, "body": text}}]


@pytest.mark.parametrize(
    ("route", "target", "seen"),
    [
        ({"paths": ["/a"]}, "/a/b?c=d", "GET /base/b?c=d"),
        ({"paths": ["/a"]}, "/a", "GET /base"),
        ({"paths": ["/a"], "strip_path": False}, "/a/b", "GET /base/a/b"),
        ({"paths": ["~/v\\d+"]}, "/v12/x", "GET /base/x"),
        ({"hosts": ["example.com"]}, "/x", "GET /base/x"),
    ],
)
def test_forwards_to_the_service(upstream: int, route: dict[str, Any], target: str, seen: str) -> None:
    service = {"url": f"http://{LOOPBACK}:{upstream}/base", "routes": [route]}
    answer = get(proxy(services=[service]), target)
    assert (answer.status, answer.body.decode()) == (200, seen)


def test_the_upstream_sees_its_own_host_unless_the_route_preserves_it(upstream: int) -> None:
    for preserve, host in ((False, f"{LOOPBACK}:{upstream}"), (True, "example.com")):
        routes = [{"paths": ["/"], "preserve_host": preserve}]
        answer = get(proxy(services=[{"url": f"http://{LOOPBACK}:{upstream}", "routes": routes}]), "/")
        assert dict(answer.headers)["X-Seen-Host"] == host


def test_the_most_conditions_win_then_the_longest_path() -> None:
    node = proxy(
        routes=[
            {"name": "short", "paths": ["/a"], "plugins": ending("short")},
            {"name": "long", "paths": ["/a/b"], "plugins": ending("long")},
            {"name": "method", "paths": ["/a"], "methods": ["POST"], "plugins": ending("method")},
            {"name": "host", "hosts": ["*.wild.example"], "plugins": ending("host")},
            {"name": "header", "headers": {"x-v": ["2"]}, "plugins": ending("header")},
        ]
    )
    assert get(node, "/a/b/c").body == b"long"
    assert get(node, "/a/c").body == b"short"
    assert get(node, "/a/b", "POST").body == b"method"
    assert get(node, "/z", host="x.wild.example:8000").body == b"host"
    assert get(node, "/z", **{"x-v": "2"}).body == b"header"
    assert get(node, "/z").status == 404


def test_targets_of_an_upstream(upstream: int) -> None:
    service = {"host": "balanced", "routes": [{"paths": ["/"]}]}
    targets = [{"target": f"{LOOPBACK}:{upstream}"}, {"target": f"{LOOPBACK}:1", "weight": 0}]
    node = proxy(services=[service], upstreams=[{"name": "balanced", "targets": targets}])
    assert get(node, "/x").body == b"GET /x"
    node = proxy(services=[service], upstreams=[{"name": "balanced"}])
    assert get(node, "/x").status == 503


def test_what_goes_wrong_upstream_is_said() -> None:
    def answer(url: str) -> Response:
        return get(proxy(services=[{"url": url, "routes": [{"paths": ["/"]}]}]), "/")

    assert answer(f"http://{LOOPBACK}:{free_port()}").status == 502
    assert answer("http://no-such-host.invalid").status == 503


def test_key_auth() -> None:
    plugins = [{"name": "key-auth"}, *ending("in")]
    consumers = [{"username": "u", "keyauth_credentials": [{"key": "right"}]}]
    node = proxy(routes=[{"paths": ["/"], "plugins": plugins}], consumers=consumers)
    assert get(node, "/").status == 401
    assert json.loads(get(node, "/", apikey="wrong").body) == {"message": "Unauthorized"}
    assert get(node, "/", apikey="right").body == b"in"
    assert get(node, "/?apikey=right").body == b"in"


def test_the_most_specific_plugin_of_a_name_applies() -> None:
    service = {"name": "s", "host": "h", "plugins": ending("service")}
    node = proxy(
        services=[service],
        routes=[
            {"paths": ["/a"], "service": "s", "plugins": ending("route")},
            {"paths": ["/b"], "service": "s"},
            {"paths": ["/c"]},
        ],
        plugins=ending("global"),
    )
    assert [get(node, path).body for path in ("/a", "/b", "/c")] == [b"route", b"service", b"global"]
