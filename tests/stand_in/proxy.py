# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxying: find the route of a request, run the two plugins that tests need, forward to the service."""

from __future__ import annotations

import fnmatch
import functools
import http.client
import random
import re
import socket
from collections.abc import Iterator
from typing import Any

from .declarative import Configuration, Current, Entity
from .servers import Request, Response, message

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class Proxy:
    """Answers requests with the configuration that the node has at that moment."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        configuration = self._current.get()
        found = _match(configuration, request)
        if found is None:
            return message(404, "no Route matched with those values")
        route, matched_path = found
        service = next((each for each in configuration.of("services") if each["id"] == route.get("service")), None)
        if service is not None and not service.get("enabled", True):
            return message(404, "no Route matched with those values")
        for plugin in _plugins(configuration, route, service):
            answer = _PLUGINS[plugin["name"]](configuration, plugin.get("config") or {}, request)
            if answer is not None:
                return answer
        if service is None:
            return message(503, "no Service is associated with the matched Route")
        return _forward(configuration, route, matched_path, service, request)


def _match(configuration: Configuration, request: Request) -> tuple[Entity, str] | None:
    """The route with the most kinds of conditions, then the longest path, and the part of the path it matched."""
    best: tuple[tuple[int, int, int], Entity, str] | None = None
    for route in configuration.of("routes"):
        if not {"http", "https"} & set(route.get("protocols") or ("http", "https")):
            continue
        path = _matched_path(route.get("paths"), request.path)
        if path is None or not _matches_host(route.get("hosts"), request) or not _matches_rest(route, request):
            continue
        conditions = sum(bool(route.get(name)) for name in ("hosts", "paths", "methods", "headers"))
        rank = (conditions, route.get("regex_priority") or 0, len(path))
        if conditions and (best is None or rank > best[0]):
            best = rank, route, path
    return None if best is None else best[1:]


def _matched_path(paths: list[str] | None, path: str) -> str | None:
    if not paths:
        return ""
    found = [each for each in paths if path.startswith(each)]
    found += [match[0] for each in paths if each.startswith("~") and (match := _compiled(each[1:]).match(path))]
    return max(found, key=len, default=None)


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _matches_host(hosts: list[str] | None, request: Request) -> bool:
    host = re.sub(r":\d+$", "", request.headers.get("host", "")).lower()
    return not hosts or any(fnmatch.fnmatchcase(host, each.lower()) for each in hosts)


def _matches_rest(route: Entity, request: Request) -> bool:
    methods, headers = route.get("methods"), route.get("headers") or {}
    return (not methods or request.method in methods) and all(
        request.headers.get(name.lower()) in values for name, values in headers.items()
    )


def _plugins(configuration: Configuration, route: Entity, service: Entity | None) -> Iterator[Entity]:
    """The imitated plugins that apply, in Kong's order; of one name the most specific."""
    here = {"route": route["id"], "service": service and service["id"]}
    for name in _PLUGINS:
        applying = [
            each
            for each in configuration.of("plugins")
            if each["name"] == name
            and each.get("enabled", True)
            and not each.get("consumer")
            and not each.get("consumer_group")
            and all(each.get(scope) in (None, value) for scope, value in here.items())
        ]
        if applying:
            yield max(applying, key=lambda each: (bool(each.get("route")), bool(each.get("service"))))


def _key_auth(configuration: Configuration, config: dict[str, Any], request: Request) -> Response | None:
    names = config.get("key_names") or ["apikey"]
    given = {request.headers.get(name.lower()) or request.query.get(name) for name in names} - {None}
    if not given:
        return message(401, "No API key found in request")
    if not any(each.get("key") in given for each in configuration.of("keyauth_credentials")):
        return message(401, "Unauthorized")
    return None


def _request_termination(configuration: Configuration, config: dict[str, Any], request: Request) -> Response | None:
    status = config.get("status_code") or 503
    if config.get("body") is not None:
        content_type = config.get("content_type") or "application/json; charset=utf-8"
        return Response(status, str(config["body"]).encode(), (("Content-Type", content_type),))
    return message(status, config.get("message") or "Service unavailable")


_PLUGINS = {"key-auth": _key_auth, "request-termination": _request_termination}


def _forward(
    configuration: Configuration, route: Entity, matched_path: str, service: Entity, request: Request
) -> Response:
    address = _peer(configuration, service)
    if service.get("protocol", "http") != "http":
        return message(502, "the stand-in forwards to http services only")
    if address is None:
        return message(503, "failure to get a peer from the ring-balancer")
    host, port = address
    headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
    headers["x-forwarded-host"] = request.headers.get("host", "")
    if not route.get("preserve_host"):
        headers["host"] = host if port in (80, 443) else f"{host}:{port}"
    target = _upstream_target(route, matched_path, service, request)
    connection = http.client.HTTPConnection(host, port, timeout=(service.get("read_timeout") or 60000) / 1000)
    try:
        connection.request(request.method, target, request.body, headers)
        answer = connection.getresponse()
        body = answer.read()
    except socket.gaierror:
        return message(503, "name resolution failed")
    except TimeoutError:
        return message(504, "The upstream server is timing out")
    except (OSError, http.client.HTTPException):
        return message(502, "An invalid response was received from the upstream server")
    finally:
        connection.close()
    kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP | {"content-length", "server"}]
    return Response(answer.status, body, tuple(kept))


def _peer(configuration: Configuration, service: Entity) -> tuple[str, int] | None:
    """Host and port to connect to: a target when the host is the name of an upstream."""
    upstream = next((each for each in configuration.of("upstreams") if each["name"] == service["host"]), None)
    if upstream is None:
        return service["host"], service.get("port") or 80
    targets = [
        each
        for each in configuration.of("targets")
        if each.get("upstream") == upstream["id"] and each.get("weight", 100) > 0
    ]
    if not targets:
        return None
    chosen = random.choices(targets, [each.get("weight", 100) for each in targets])[0]["target"]
    host, _colon, port = chosen.rpartition(":")
    return (host, int(port)) if host and port.isdigit() else (chosen, 8000)


def _upstream_target(route: Entity, matched_path: str, service: Entity, request: Request) -> str:
    path, question_mark, query = request.target.partition("?")
    if route.get("strip_path", True) and matched_path:
        path = path[len(matched_path) :]
    base = (service.get("path") or "").rstrip("/")
    return (f"{base}/{path.lstrip('/')}" if path or not base else base) + question_mark + query
