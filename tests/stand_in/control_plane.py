# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a node with a database has: the Admin API and the cluster listener that data planes ask."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from . import entities
from .database import Database
from .declarative import Current, Entities, Entity, document
from .entities import KINDS, collection_of_path
from .servers import Request, Response, json_response, message

LONG_POLL_SECONDS = 20.0


class _Refusal(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class DataPlanes:
    """The data planes that asked for the configuration, as ``/clustering/data-planes`` lists them."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}

    def heard_from(self, request: Request, address: str) -> None:
        """Remember the data plane that sent ``request``."""
        node_id = request.headers.get("kong-node-id", "")
        self._known[node_id] = {
            "id": node_id,
            "hostname": request.headers.get("kong-node-hostname", ""),
            "version": request.headers.get("kong-node-version", ""),
            "ip": address,
            "config_hash": request.query.get("hash", ""),
            "sync_status": "normal",
            "last_seen": int(time.time()),
        }

    def all(self) -> list[dict[str, Any]]:
        """Every data plane heard from since the start."""
        return list(self._known.values())


class ClusterListener:
    """Hands the configuration to data planes; holds a question until there is an answer other than the known one."""

    def __init__(self, current: Current, data_planes: DataPlanes) -> None:
        self._current = current
        self._data_planes = data_planes

    def respond(self, request: Request) -> Response:
        """Answer ``GET /configuration?hash=KNOWN``: 200 with another configuration, 304 when it stayed the same."""
        if request.path != "/configuration":
            return message(404, "Not found")
        self._data_planes.heard_from(request, request.headers.get("kong-node-ip", "127.0.0.1"))
        known = request.query.get("hash", "")
        configuration = self._current.wait_for_other(known, LONG_POLL_SECONDS)
        if configuration.hash == known:
            return Response(304)
        return json_response(200, {"hash": configuration.hash, "configuration": document(configuration)})


class AdminApi:
    """The few endpoints of the Admin API that tests need, the same for every kind of entity."""

    def __init__(
        self,
        database: Database,
        current: Current,
        plugins: frozenset[str],
        node: dict[str, Any],
        data_planes: DataPlanes,
    ) -> None:
        self._database = database
        self._current = current
        self._plugins = plugins
        self._node = node
        self._data_planes = data_planes

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        parts = [part for part in request.path.split("/") if part]
        try:
            if request.method in ("GET", "HEAD"):
                return self._read(parts, request)
            return self._write(parts, request)
        except _Refusal as refusal:
            return refusal.response

    def _read(self, parts: list[str], request: Request) -> Response:
        configuration = self._current.get()
        match parts:
            case []:
                return json_response(200, self._node)
            case ["status"]:
                return json_response(200, {"database": {"reachable": True}, "configuration_hash": configuration.hash})
            case ["clustering", "data-planes"]:
                return json_response(200, {"data": self._data_planes.all(), "next": None})
        stored = self._database.configuration().entities
        collection, scope, name = _address(parts, stored)
        if name is not None:
            return json_response(200, _shown(collection, _find(stored, collection, name, scope)))
        found = [each for each in stored.get(collection, ()) if _in_scope(each, scope) and _tagged(each, request)]
        return json_response(200, {"data": [_shown(collection, each) for each in found], "next": None})

    def _write(self, parts: list[str], request: Request) -> Response:
        given = _body(request)
        written = None
        with self._database.edit() as stored:
            collection, scope, name = _address(parts, stored)
            match request.method:
                case "POST" if name is None:
                    status, written = 201, self._store(stored, collection, {**given, **scope}, None)
                case "PUT" if name is not None:
                    old = _find_or_none(stored, collection, name, scope)
                    given = {**_named(collection, name), **given, **scope}
                    status, written = 200, self._store(stored, collection, given, old)
                case "PATCH" if name is not None:
                    old = _find(stored, collection, name, scope)
                    status, written = 200, self._store(stored, collection, {**old, **given}, old)
                case "DELETE" if name is not None:
                    status = 204
                    _delete(stored, collection, _find_or_none(stored, collection, name, scope))
                case _:
                    raise _Refusal(message(405, "Method not allowed"))
            shown = _shown(collection, written) if written else None
        self._current.set(self._database.configuration())
        return Response(status) if shown is None else json_response(status, shown)

    def _store(self, stored: Entities, collection: str, given: Entity, old: Entity | None) -> Entity:
        kind = KINDS[collection]
        now = int(time.time())
        own = {"id": given.get("id") or str(uuid.uuid4()), "created_at": now}
        if old is not None:
            own = {name: old[name] for name in own}
        entity = {**entities.complete(collection, given), **own, "updated_at": now}
        if kind.workspaced:
            entity["ws_id"] = stored["workspaces"][0]["id"]
        for name, target in kind.references.items():
            if entity.get(name) is not None:
                entity[name] = _find(stored, target, _identity(entity[name]), {}, 400)["id"]
        found = entities.errors(collection, entity, self._plugins)
        if found:
            raise _Refusal(_schema_violation(found))
        others = [each for each in stored.get(collection, ()) if each["id"] != entity["id"]]
        if kind.key and entity.get(kind.key) and any(each.get(kind.key) == entity[kind.key] for each in others):
            raise _Refusal(_unique_violation(kind.key, entity[kind.key]))
        if old is None and len(others) != len(stored.get(collection, ())):
            raise _Refusal(_unique_violation("id", entity["id"]))
        stored[collection] = [*others, entity]
        return entity


def _address(parts: list[str], stored: Mapping[str, list[Entity]]) -> tuple[str, Entity, str | None]:
    """The collection, the reference to the parent and the name or id in ``/parents/parent/children/child``."""
    match parts:
        case [path] | [path, _] if collection := collection_of_path(path):
            return collection, {}, parts[1] if len(parts) == 2 else None
        case [parent_path, parent, path] | [parent_path, parent, path, _]:
            above, collection = collection_of_path(parent_path), collection_of_path(path)
            if above and collection and above in KINDS[collection].references.values():
                field = next(name for name, each in KINDS[collection].references.items() if each == above)
                scope = {field: _find(stored, above, parent, {})["id"]}
                return collection, scope, parts[3] if len(parts) == 4 else None
    raise _Refusal(message(404, "Not found"))


def _find_or_none(stored: Any, collection: str, name: str, scope: Entity) -> Entity | None:
    key = KINDS[collection].key
    for each in stored.get(collection, ()):
        if (each["id"] == name or (key and each.get(key) == name)) and _in_scope(each, scope):
            return dict(each)
    return None


def _find(stored: Any, collection: str, name: str, scope: Entity, status: int = 404) -> Entity:
    found = _find_or_none(stored, collection, name, scope)
    if found is None:
        raise _Refusal(
            message(404, "Not found") if status == 404
            else _schema_violation([f"the foreign key '{name}' does not reference an existing '{collection}' entity."])
        )  # fmt: skip
    return found


def _delete(stored: Entities, collection: str, entity: Entity | None) -> None:
    """Remove ``entity`` with what belongs to it; a service that still has routes stays."""
    if entity is None:
        return
    for child, field in _referring(collection):
        belonging = [each for each in stored.get(child, ()) if each.get(field) == entity["id"]]
        if belonging and (collection, child) == ("services", "routes"):
            raise _Refusal(message(400, "an existing 'routes' entity references this 'services' entity"))
        for each in belonging:
            _delete(stored, child, each)
    stored[collection] = [each for each in stored[collection] if each["id"] != entity["id"]]


def _referring(collection: str) -> Iterator[tuple[str, str]]:
    for child, kind in KINDS.items():
        for field, target in kind.references.items():
            if target == collection:
                yield child, field


def _shown(collection: str, entity: Entity) -> Entity:
    """``entity`` as the Admin API shows it: references as objects, without the workspace."""
    references = KINDS[collection].references
    return {
        name: {"id": value} if name in references and value is not None else value
        for name, value in entity.items()
        if name != "ws_id"
    }


def _named(collection: str, name: str) -> Entity:
    try:
        return {"id": str(uuid.UUID(name))}
    except ValueError:
        key = KINDS[collection].key
        return {key: name} if key else {}


def _identity(reference: Any) -> str:
    if isinstance(reference, dict):
        reference = next((reference[each] for each in ("id", "name", "username") if reference.get(each)), "")
    return str(reference)


def _in_scope(entity: Entity, scope: Entity) -> bool:
    return all(entity.get(name) == value for name, value in scope.items())


def _tagged(entity: Entity, request: Request) -> bool:
    tags = request.query.get("tags")
    return not tags or all(tag in (entity.get("tags") or ()) for tag in tags.split(","))


def _body(request: Request) -> Entity:
    """The fields of a request: JSON, or the simple form ``a=1&b.c=2&d[]=3``."""
    if not request.body:
        return {}
    if "json" not in request.headers.get("content-type", ""):
        return _form(request)
    try:
        given = json.loads(request.body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise _Refusal(message(400, "Cannot parse JSON body"))
    return given


def _form(request: Request) -> Entity:
    from urllib.parse import parse_qsl

    given: Entity = {}
    for name, value in parse_qsl(request.body.decode(), keep_blank_values=True):
        if name.endswith("[]"):
            given.setdefault(name[:-2], []).append(value)
        else:
            *outer, last = name.split(".")
            inner = given
            for each in outer:
                inner = inner.setdefault(each, {})
            inner[last] = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    return given


def _schema_violation(found: list[str]) -> Response:
    return json_response(
        400, {"message": f"schema violation ({'; '.join(found)})", "name": "schema violation", "code": 2}
    )


def _unique_violation(name: str, value: Any) -> Response:
    return json_response(
        409,
        {
            "message": f"UNIQUE violation detected on '{{{name}=\"{value}\"}}'",
            "name": "unique constraint violation",
            "code": 5,
            "fields": {name: value},
        },
    )
