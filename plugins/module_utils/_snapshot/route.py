# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that a gateway with this configuration would serve, for the outage drill."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.entities import Entity

SimpleRequest = Mapping[str, Optional[str]]
"""The ``path``, ``host`` and ``method`` of a request."""

_PLAIN_PATH = re.compile(r"/[!-~]*")
_PLAIN_HOST = re.compile(r"[A-Za-z0-9_.-]+")
_BY_DEFAULT = frozenset(("http", "https"))
"""The protocols of a route that names none."""
_NOT_TRIED = ("headers", "snis", "sources", "destinations", "expression")
"""Conditions of a route that a plain request does not meet."""


def servable_request(document: Mapping[str, Any]) -> SimpleRequest | None:
    """The path, host and method of a GET that one of the routes matches, None if none can be tried so simply.

    A route without plugins of its own comes first, because plugins may ask for a key or reject the request, then
    one that accepts plain HTTP. ``document`` is a configuration that has no findings.
    """
    services = _entities(document, "services")
    by_name = {name: service for field in ("name", "id") for service in services if (name := service.get(field))}
    plugins = _entities(document, "plugins")
    adorned = {_name(plugin.get(scope)) for scope in ("route", "service") for plugin in plugins} - {None}
    best_rank = (True, True)
    best: tuple[str, str] | None = None
    for route, service in _routes(document, by_name):
        if not service or service.get("enabled") is False:
            continue
        is_adorned = bool(route.get("plugins")) or not adorned.isdisjoint(
            (route.get("id"), route.get("name"), service.get("id"), service.get("name"))
        )
        rank = (is_adorned, "http" not in (route.get("protocols") or _BY_DEFAULT))
        if rank > best_rank or (best and rank == best_rank and min(route.get("paths") or "/") > best[0]):
            continue
        request = _request(route)
        if request and (best is None or rank < best_rank or request < best):
            best_rank, best = rank, request
    return {"path": best[0], "host": best[1] or None, "method": "GET"} if best else None


def _routes(document: Mapping[str, Any], services: Mapping[Any, Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Every route with its service; a route without one has no upstream to answer."""
    for route in _entities(document, "routes"):
        yield route, services.get(_name(route.get("service")), {})
    for service in _entities(document, "services"):
        for route in _entities(service, "routes"):
            yield route, service


def _request(route: Entity) -> tuple[str, str] | None:
    """Path and host; the host is empty if any will do."""
    if _BY_DEFAULT.isdisjoint(route.get("protocols") or _BY_DEFAULT) or any(map(route.get, _NOT_TRIED)):
        return None
    paths, hosts, methods = route.get("paths"), route.get("hosts"), route.get("methods")
    path = next(filter(_PLAIN_PATH.fullmatch, paths), None) if paths else "/"
    host = next(filter(_PLAIN_HOST.fullmatch, hosts), "") if hosts else ""
    if path is None or (hosts and not host) or not (paths or hosts) or (methods and "GET" not in methods):
        return None
    return path, host


def _entities(parent: Mapping[str, Any], collection: str) -> list[Entity]:
    return parent.get(collection) or []


def _name(reference: Any) -> str | None:
    return reference.get("id") if isinstance(reference, dict) else reference
