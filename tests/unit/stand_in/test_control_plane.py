# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stand_in.control_plane import AdminApi, DataPlanes
from tests.stand_in.database import Database
from tests.stand_in.declarative import Current
from tests.stand_in.entities import BUNDLED_PLUGINS
from tests.stand_in.servers import Request
from tests.unit.stand_in.gateways import Gateway, ask
from tests.waiting import until
from tests.web import Answer

MakeGateway = Callable[..., Gateway]
Admin = Callable[..., Answer]


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    """An Admin API over a fresh database."""
    database = Database(tmp_path)
    current = Current(database.configuration())
    api = AdminApi(database, current, BUNDLED_PLUGINS, {"version": "3.11.0.14"}, DataPlanes())

    def answer(path: str, method: str = "GET", body: object = None) -> Answer:
        form = isinstance(body, bytes)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/x-www-form-urlencoded" if form else "application/json"}
        response = api.respond(Request(method, path, headers, content))
        return Answer(response.status, response.body.decode())

    return answer


def test_an_entity_from_creation_to_deletion(admin: Admin) -> None:
    created = admin("/services", "POST", {"name": "a", "url": "http://up.example:8080/base"})
    assert created.status == 201
    service = created.json
    assert (service["host"], service["port"], service["path"], service["retries"]) == ("up.example", 8080, "/base", 5)
    assert admin("/services/a").json == service
    assert admin(f"/services/{service['id']}", "PATCH", {"port": 81}).json["port"] == 81
    assert admin("/services/a", "PUT", {"host": "other"}).json["id"] == service["id"]
    assert admin("/services/new", "PUT", {"host": "h"}).json["name"] == "new"
    assert admin("/services/a", "DELETE").status == 204
    assert admin("/services/a", "DELETE").status == 204
    assert admin("/services/a").status == 404
    assert [each["name"] for each in admin("/services").json["data"]] == ["new"]


def test_children_of_an_entity(admin: Admin) -> None:
    admin("/services", "POST", {"name": "a", "host": "h"})
    admin("/services", "POST", {"name": "b", "host": "h"})
    route = admin("/services/a/routes", "POST", {"name": "r", "paths": ["/r"]}).json
    assert route["service"] == {"id": admin("/services/a").json["id"]}
    assert admin("/services/b/routes").json["data"] == []
    assert admin("/services/a/routes/r").json == route
    admin("/consumers", "POST", {"username": "u"})
    assert admin("/consumers/u/key-auth", "POST", {"key": "k"}).json["key"] == "k"
    admin("/routes/r/plugins", "POST", {"name": "key-auth"})
    assert admin("/services/a", "DELETE").status == 400
    assert admin("/routes/r", "DELETE").status == 204
    assert admin("/plugins").json["data"] == []


def test_tags_can_be_set_searched_and_removed(admin: Admin) -> None:
    admin("/services", "POST", {"name": "a", "host": "h", "tags": ["x"]})
    before = admin("/status").json["configuration_hash"]
    admin("/services/a", "PATCH", {"tags": ["x", "canary"]})
    assert [each["name"] for each in admin("/services?tags=canary").json["data"]] == ["a"]
    assert admin("/status").json["configuration_hash"] != before
    admin("/services/a", "PATCH", {"tags": ["x"]})
    assert admin("/services?tags=canary").json["data"] == []


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
def test_bad_requests_change_nothing(admin: Admin, path: str, body: object, status: int) -> None:
    admin("/services", "POST", {"name": "taken", "host": "h"})
    before = admin("/status").json
    answer = admin(path, "POST", body)
    assert answer.status == status
    assert answer.json["message"]
    assert admin("/status").json == before


def test_a_form_is_understood_too(admin: Admin) -> None:
    assert admin("/services", "POST", b"name=a&url=http://up/").status == 201
    assert admin("/services/a/routes", "POST", b"name=r&paths[]=/x&paths[]=/y&strip_path=false").status == 201
    assert admin("/plugins", "POST", b"name=request-termination&route.id=r&config.status_code=204").status == 201
    route = admin("/routes/r").json
    assert (route["paths"], route["strip_path"]) == (["/x", "/y"], False)
    assert admin("/plugins").json["data"][0]["config"] == {"status_code": 204}


def test_data_planes_are_listed_with_what_they_have(gateways: MakeGateway) -> None:
    plane = gateways().control_plane().start()
    plane.serve()
    node = gateways().data_plane(plane.cluster).start()

    def listed() -> list[dict[str, str]]:
        wanted = ask(plane.admin, "/status").json["configuration_hash"]
        found = ask(plane.admin, "/clustering/data-planes").json["data"]
        return [each for each in found if each["config_hash"] == wanted]

    (shown,) = until(listed)
    assert shown["version"] == "3.11.0.14"
    assert shown["id"] == (node.prefix / "kong.id").read_text()


def test_the_configuration_outlives_the_process(gateways: MakeGateway) -> None:
    plane = gateways().control_plane().start()
    plane.serve()
    before = ask(plane.admin, "/status").json
    plane.stop()
    plane.start()
    assert ask(plane.admin, "/status").json == before
    assert ask(plane.status, "/status/ready").json == {"message": "ready"}


def test_a_control_plane_does_not_proxy(gateways: MakeGateway) -> None:
    plane = gateways().control_plane().start()
    answer = ask(plane.proxy, "/")
    assert (answer.status, "refused" in answer.body) == (0, True)
