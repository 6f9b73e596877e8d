# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.servers.ports import LOOPBACK
from tests.unit.stand_in.hosts import Host, ask, until

MakeHost = Callable[..., Host]


@pytest.fixture
def plane(hosts: MakeHost) -> Host:
    return hosts().control_plane().start()


def test_an_entity_from_creation_to_deletion(plane: Host) -> None:
    created = ask(plane.admin, "/services", "POST", {"name": "a", "url": "http://up.example:8080/base"})
    assert created.status == 201
    service = created.json
    assert (service["host"], service["port"], service["path"], service["retries"]) == ("up.example", 8080, "/base", 5)
    assert ask(plane.admin, "/services/a").json == service
    assert ask(plane.admin, f"/services/{service['id']}", "PATCH", {"port": 81}).json["port"] == 81
    assert ask(plane.admin, "/services/a", "PUT", {"host": "other"}).json["id"] == service["id"]
    assert ask(plane.admin, "/services/new", "PUT", {"host": "h"}).json["name"] == "new"
    assert ask(plane.admin, "/services/a", "DELETE").status == 204
    assert ask(plane.admin, "/services/a", "DELETE").status == 204
    assert ask(plane.admin, "/services/a").status == 404
    assert [each["name"] for each in ask(plane.admin, "/services").json["data"]] == ["new"]


def test_children_of_an_entity(plane: Host) -> None:
    ask(plane.admin, "/services", "POST", {"name": "a", "host": "h"})
    ask(plane.admin, "/services", "POST", {"name": "b", "host": "h"})
    route = ask(plane.admin, "/services/a/routes", "POST", {"name": "r", "paths": ["/r"]}).json
    assert route["service"] == {"id": ask(plane.admin, "/services/a").json["id"]}
    assert ask(plane.admin, "/services/b/routes").json["data"] == []
    assert ask(plane.admin, "/services/a/routes/r").json == route
    ask(plane.admin, "/consumers", "POST", {"username": "u"})
    assert ask(plane.admin, "/consumers/u/key-auth", "POST", {"key": "k"}).json["key"] == "k"
    ask(plane.admin, "/routes/r/plugins", "POST", {"name": "key-auth"})
    assert ask(plane.admin, "/services/a", "DELETE").status == 400
    assert ask(plane.admin, "/routes/r", "DELETE").status == 204
    assert ask(plane.admin, "/plugins").json["data"] == []


def test_tags_can_be_set_searched_and_removed(plane: Host) -> None:
    ask(plane.admin, "/services", "POST", {"name": "a", "host": "h", "tags": ["x"]})
    before = ask(plane.admin, "/status").json["configuration_hash"]
    ask(plane.admin, "/services/a", "PATCH", {"tags": ["x", "canary"]})
    assert [each["name"] for each in ask(plane.admin, "/services?tags=canary").json["data"]] == ["a"]
    assert ask(plane.admin, "/status").json["configuration_hash"] != before
    ask(plane.admin, "/services/a", "PATCH", {"tags": ["x"]})
    assert ask(plane.admin, "/services?tags=canary").json["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/services", {"name": "x"}, 400),
        ("/services", {"name": "taken", "host": "h"}, 409),
        ("/routes", {"name": "x"}, 400),
        ("/routes", {"paths": ["/x"], "service": {"id": "no such"}}, 400),
        ("/plugins", {"name": "no-such-plugin"}, 400),
        ("/services/none/routes", {"paths": ["/x"]}, 404),
        ("/nothing", {}, 404),
        ("/services", ["no mapping"], 400),
    ],
)
def test_bad_requests_change_nothing(plane: Host, path: str, body: object, status: int) -> None:
    ask(plane.admin, "/services", "POST", {"name": "taken", "host": "h"})
    before = ask(plane.admin, "/status").json
    answer = ask(plane.admin, path, "POST", body)
    assert answer.status == status
    assert answer.json["message"]
    assert ask(plane.admin, "/status").json == before


def test_a_form_is_understood_too(plane: Host) -> None:
    def post(path: str, form: bytes) -> None:
        with build_opener(ProxyHandler({})).open(f"http://{LOOPBACK}:{plane.admin}{path}", form, 10) as answer:
            assert answer.status == 201

    post("/services", b"name=a&url=http://up/")
    post("/services/a/routes", b"name=r&paths[]=/x&paths[]=/y&strip_path=false")
    post("/plugins", b"name=request-termination&route.id=r&config.status_code=204")
    route = ask(plane.admin, "/routes/r").json
    assert (route["paths"], route["strip_path"]) == (["/x", "/y"], False)
    assert ask(plane.admin, "/plugins").json["data"][0]["config"] == {"status_code": 204}


def test_data_planes_are_listed_with_what_they_have(plane: Host, hosts: MakeHost) -> None:
    plane.serve()
    node = hosts().data_plane(plane.cluster).start()

    def listed() -> list[dict[str, str]]:
        wanted = ask(plane.admin, "/status").json["configuration_hash"]
        found = ask(plane.admin, "/clustering/data-planes").json["data"]
        return [each for each in found if each["config_hash"] == wanted]

    (shown,) = until(listed)
    assert shown["version"] == "3.11.0.14"
    assert shown["id"] == (node.prefix / "kong.id").read_text()


def test_the_configuration_outlives_the_process(plane: Host) -> None:
    plane.serve()
    before = ask(plane.admin, "/status").json
    plane.stop()
    plane.start()
    assert ask(plane.admin, "/status").json == before
    assert ask(plane.status, "/status/ready").json == {"message": "ready"}


def test_a_control_plane_does_not_proxy(plane: Host) -> None:
    with pytest.raises(OSError, match="refused"):
        ask(plane.proxy, "/")
