# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarative configurations for tests and benchmarks, as a gateway writes them (fact 3.4)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

WORKSPACE = "0dc6f45b-8f8d-40d2-a504-473544ee190b"


def identity(*name: object) -> str:
    """The same UUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, name))))


def service(number: int = 0, **changed: Any) -> dict[str, Any]:
    """A service of the flat form."""
    return {
        "id": identity("service", number),
        "ws_id": WORKSPACE,
        "name": f"service-{number}",
        "protocol": "http",
        "host": "127.0.0.1",
        "port": 8080,
        "path": None,
        "retries": 5,
        "connect_timeout": 60000,
        "enabled": True,
        "client_certificate": None,
        "tags": None,
        "created_at": 1700000000,
        "updated_at": 1700000000,
        **changed,
    }


def route(number: int = 0, of_service: int = 0, **changed: Any) -> dict[str, Any]:
    """A route of the flat form: its service is an id."""
    return {
        "id": identity("route", number),
        "ws_id": WORKSPACE,
        "name": f"route-{number}",
        "service": identity("service", of_service),
        "protocols": ["http", "https"],
        "paths": [f"/route-{number}"],
        "hosts": None,
        "methods": None,
        "strip_path": True,
        "regex_priority": 0,
        "tags": None,
        "created_at": 1700000000,
        "updated_at": 1700000000,
        **changed,
    }


def flat(services: Any = 2, routes: Any = 3, **collections: Any) -> dict[str, Any]:
    """A configuration as the gateway's exporter writes it; a number of services or routes makes so many."""
    return {
        "_format_version": "3.0",
        "_transform": False,
        "workspaces": [{"id": WORKSPACE, "name": "default", "created_at": 1700000000}],
        "services": [service(number) for number in range(services)] if isinstance(services, int) else services,
        "routes": [route(number, number % services) for number in range(routes)] if isinstance(routes, int) else routes,
        **collections,
    }


def nested(**collections: Any) -> dict[str, Any]:
    """A configuration as a person writes it: children in their parents, names for references, no ids."""
    return {
        "_format_version": "3.0",
        "services": [
            {
                "name": "orders",
                "url": "http://127.0.0.1:8080",
                "routes": [{"name": "orders", "paths": ["/orders"], "plugins": [{"name": "cors"}]}],
            }
        ],
        "routes": [{"name": "orders-again", "paths": ["/again"], "service": "orders"}],
        "consumers": [{"username": "shop", "keyauth_credentials": [{"key": "a-key-of-the-shop"}]}],
        **collections,
    }


def body(document: Mapping[str, Any]) -> bytes:
    """The bytes of a snapshot: compact JSON."""
    return json.dumps(document, separators=(",", ":")).encode()


def large(entities: int) -> dict[str, Any]:
    """A flat configuration with so many entities, about 1 kB each (fact 3.10): services, routes and plugins alike."""
    third = entities // 3
    padding = "x" * 1000
    return flat(
        services=third,
        routes=third,
        plugins=[
            {
                "id": identity("plugin", number),
                "ws_id": WORKSPACE,
                "name": "request-transformer",
                "route": identity("route", number % third),
                "service": None,
                "consumer": None,
                "config": {"add": {"headers": [f"x-number:{number}", f"x-padding:{padding}"] * 2, "body": []}},
                "enabled": True,
                "protocols": ["grpc", "grpcs", "http", "https"],
                "tags": None,
            }
            for number in range(entities - 2 * third)
        ],
    )
