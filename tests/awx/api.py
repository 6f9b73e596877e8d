# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of an emulated AWX controller, alone or behind the gateway of Ansible Automation Platform.

It gives every list on one page. Behind the gateway the addresses begin with ``/api/controller/v2/``, and tokens come
from the gateway.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.awx import links, rules
from tests.awx.controller import API, USER, Controller, Object, Refused
from tests.servers.ports import LOOPBACK

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Product:
    """What the API says of itself: where it is, where its tokens are, and its name and version."""

    api: str
    tokens: str
    name: str
    version: str


AWX = Product(API, f"{API}tokens/", "AWX", "24.6.1")
AAP = Product("/api/controller/v2/", "/api/gateway/v1/tokens/", "Red Hat Ansible Automation Platform", "4.6.8")


@dataclass
class Api:
    """Answers requests to a controller."""

    controller: Controller
    product: Product = AWX
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, address: str, body: Object, authorization: str) -> Answer:
        """The status and the content of the answer; what broke a rule is noted."""
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        awx = self.controller
        with self.lock:
            try:
                self._authenticate(authorization)
                if path.startswith(self.product.tokens):
                    return self._token(method)
                if not path.startswith(self.product.api):
                    raise Refused(404, {"detail": "Not found."})
                parts = [part for part in path.removeprefix(self.product.api).split("/") if part]
                status, content = _ROUTES[method](awx, parts, query, body)
            except Refused as refused:
                awx.refusals.append(f"{method} {address}: {refused}")
                return refused.status, refused.body
            if method in ("POST", "PATCH", "DELETE"):
                awx.written.append(f"{method} {path}")
        return status, self._moved(content)

    def _authenticate(self, authorization: str) -> None:
        kind, _blank, proof = authorization.partition(" ")
        login = base64.b64encode(f"{USER}:{self.controller.password}".encode()).decode()
        if (kind == "Basic" and proof == login) or (kind == "Bearer" and proof in self.controller.tokens):
            return
        raise Refused(401, {"detail": "Authentication credentials were not provided."})

    def _token(self, method: str) -> Answer:
        if method == "DELETE":
            return 204, None
        token = secrets.token_hex(20)
        self.controller.tokens.add(token)
        return 201, {"id": len(self.controller.tokens), "token": token}

    def _moved(self, content: Any) -> Any:
        """Content with the addresses of this product."""
        if self.product.api == API or content is None:
            return content
        return json.loads(json.dumps(content).replace(f'"{API}', f'"{self.product.api}'))


def _page(found: list[Object]) -> Object:
    return {"count": len(found), "next": None, "previous": None, "results": found}


def _get(awx: Controller, parts: list[str], query: dict[str, str], body: Object) -> Answer:
    match parts:
        case ["me"]:
            return 200, _page([{"id": 1, "username": USER, "is_superuser": awx.superuser}])
        case [endpoint] if endpoint in rules.FIELDS or endpoint == "unified_job_templates":
            return 200, _page([awx.shown(endpoint, one) for one in awx.search(endpoint, query)])
        case [endpoint, number]:
            return 200, awx.shown(endpoint, awx.get(endpoint, int(number)))
        case [endpoint, number, "survey_spec"]:
            awx.get(endpoint, int(number))
            return 200, awx.surveys.get(int(number), {})
        case [endpoint, number, relation]:
            of = endpoint if relation in links.KINDS else relation
            return 200, _page([awx.shown(of, one) for one in awx.related(endpoint, int(number), relation)])
    raise Refused(404, {"detail": "Not found."})


def _post(awx: Controller, parts: list[str], query: dict[str, str], body: Object) -> Answer:
    match parts:
        case [endpoint] if endpoint in rules.FIELDS:
            return 201, awx.shown(endpoint, awx.create(endpoint, body))
        case ["job_templates", number, "survey_spec"]:
            awx.get("job_templates", int(number))
            awx.keep_survey(int(number), body)
            return 200, {}
        case ["job_templates", number, "launch"]:
            return 201, awx.launch(awx.get("job_templates", int(number)), body.get("extra_vars") or {})
        case ["projects", number, "update"]:
            return 202, awx.update_project(awx.get("projects", int(number)))
        case ["workflow_job_template_nodes", number, "create_approval_template"]:
            return 201, awx.approval(int(number), body)
        case [endpoint, number, relation]:
            awx.associate(endpoint, int(number), relation, body)
            return 204, None
    raise Refused(404, {"detail": "Not found."})


def _patch(awx: Controller, parts: list[str], query: dict[str, str], body: Object) -> Answer:
    endpoint, number = parts
    return 200, awx.shown(endpoint, awx.update(endpoint, int(number), body))


def _delete(awx: Controller, parts: list[str], query: dict[str, str], body: Object) -> Answer:
    endpoint, number = parts
    awx.remove(endpoint, int(number))
    return 204, None


_ROUTES = {"GET": _get, "POST": _post, "PATCH": _patch, "DELETE": _delete}


class _Handler(BaseHTTPRequestHandler):
    api: Api

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(content) if content else {}
        status, answer = self.api.answer(self.command, self.path, body, self.headers.get("Authorization", ""))
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-API-Product-Name", self.api.product.name)
        self.send_header("X-API-Product-Version", self.api.product.version)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def controller(project: Path, product: Product = AWX) -> Iterator[Controller]:
    """A running controller whose projects have the playbooks of this folder."""
    state = Controller(sorted(str(file.relative_to(project)) for file in project.glob("playbooks/*.yml")))
    handler = type("Handler", (_Handler,), {"api": Api(state, product)})
    server = ThreadingHTTPServer((LOOPBACK, 0), handler)
    state.url = f"http://{LOOPBACK}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
