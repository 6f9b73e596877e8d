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
_NOT_TRIED = ("headers", "snis", "sources", "destinations", "expression")
"""Conditions of a route that a plain request does not meet."""


def servable_request(document: Mapping[str, Any]) -> SimpleRequest | None:
    """The path, host and method of a GET that one of the routes matches, None when none can be tried so simply.

    A route without plugins of its own comes first, because they may ask for a key or turn the request down, then one
    that takes plain HTTP. ``document`` is a configuration that has no findings.
    """
    services = {name: service for service in _entities(document, "services") for name in _names(service) if name}
    adorned = {
        _name(plugin.get(scope)) for plugin in _entities(document, "plugins") for scope in ("route", "service")
    } - {None}
    best: tuple[bool, bool, str, str] | None = None
    for route, service in _routes(document, services):
        is_adorned = bool(route.get("plugins")) or not adorned.isdisjoint(_names(route) + _names(service))
        rank = (is_adorned, "http" not in _protocols(route))
        if best and rank > best[:2]:
            continue
        request = _request(route) if service and service.get("enabled") is not False else None
        if request and (best is None or (*rank, *request) < best):
            best = (*rank, *request)
    return {"path": best[2], "host": best[3] or None, "method": "GET"} if best else None


def _routes(document: Mapping[str, Any], services: Mapping[str, Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Every route with its service; a route without one has no upstream to answer."""
    for route in _entities(document, "routes"):
        yield route, services.get(_name(route.get("service")) or "", {})
    for service in _entities(document, "services"):
        for route in _entities(service, "routes"):
            yield route, service


def _request(route: Entity) -> tuple[str, str] | None:
    """Path and host, which is empty when any will do."""
    if {"http", "https"}.isdisjoint(_protocols(route)) or any(map(route.get, _NOT_TRIED)):
        return None
    paths, hosts, methods = route.get("paths"), route.get("hosts") or [], route.get("methods")
    path = next(filter(_PLAIN_PATH.fullmatch, paths), None) if paths else "/"
    host = next(filter(_PLAIN_HOST.fullmatch, hosts), "")
    if path is None or (hosts and not host) or not (paths or hosts) or (methods and "GET" not in methods):
        return None
    return path, host


def _protocols(route: Entity) -> list[str]:
    return route.get("protocols") or ["http", "https"]


def _entities(parent: Mapping[str, Any], collection: str) -> list[Entity]:
    return parent.get(collection) or []


def _names(entity: Entity) -> tuple[str | None, str | None]:
    """What others may refer to the entity by."""
    return entity.get("id"), entity.get("name")


def _name(reference: Any) -> str | None:
    return reference.get("id") if isinstance(reference, dict) else reference
