# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that a gateway with this configuration would serve, for the outage drill."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Optional

Entity = Mapping[str, Any]
Request = Mapping[str, Optional[str]]

_PLAIN_PATH = re.compile(r"/[!-~]*")
_PLAIN_HOST = re.compile(r"[A-Za-z0-9_.-]+")
_NOT_TRIED = ("headers", "snis", "sources", "destinations", "expression")
"""Conditions of a route that a plain request does not meet."""


def pick(document: Mapping[str, Any]) -> Request | None:
    """The path, host and method of a GET that one of the routes matches, None when none can be tried so simply.

    A route without plugins of its own comes first, because they may ask for a key or turn the request down, then one
    that takes plain HTTP. ``document`` is a configuration in which nothing was found amiss.
    """
    services = {name: service for service in _entities(document, "services") for name in _names(service)}
    adorned = {
        _name(plugin.get(scope)) for plugin in _entities(document, "plugins") for scope in ("route", "service")
    } - {None}
    found = []
    for route, service in _routes(document, services):
        request = _request(route) if service and service.get("enabled") is not False else None
        if request:
            plain = not adorned & {*_names(route), *_names(service)} and not route.get("plugins")
            found.append((not plain, "http" not in _protocols(route), request["path"], request["host"] or "", request))
    return min(found, key=lambda each: each[:4])[4] if found else None


def _routes(document: Mapping[str, Any], services: Mapping[str, Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Every route with its service; without one there is nobody to answer."""
    for route in _entities(document, "routes"):
        yield route, services.get(_name(route.get("service")) or "", {})
    for service in _entities(document, "services"):
        for route in _entities(service, "routes"):
            yield route, service


def _request(route: Entity) -> Request | None:
    paths, hosts, methods = (route.get(name) or [] for name in ("paths", "hosts", "methods"))
    path = next(filter(_PLAIN_PATH.fullmatch, paths), None) if paths else "/"
    host = next(filter(_PLAIN_HOST.fullmatch, hosts), None)
    if path is None or (hosts and host is None) or not (paths or hosts) or (methods and "GET" not in methods):
        return None
    if not {"http", "https"} & set(_protocols(route)) or any(route.get(name) for name in _NOT_TRIED):
        return None
    return {"path": path, "host": host, "method": "GET"}


def _protocols(route: Entity) -> list[str]:
    return route.get("protocols") or ["http", "https"]


def _entities(parent: Mapping[str, Any], collection: str) -> list[Entity]:
    return parent.get(collection) or []


def _names(entity: Entity) -> list[str]:
    """What others may refer to the entity by."""
    return [entity[name] for name in ("id", "name") if entity.get(name)]


def _name(reference: Any) -> str | None:
    return reference.get("id") if isinstance(reference, dict) else reference
