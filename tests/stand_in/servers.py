# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening HTTP servers as plain functions from a request to a response."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .settings import Listener


@dataclass(frozen=True)
class Request:
    """What a client asks: ``target`` is the path with its query string, ``headers`` have lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; the last of a name wins."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    """What a client gets."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = field(default=())


Respond = Callable[[Request], Response]


def json_response(status: int, value: Any) -> Response:
    """``value`` as a JSON response."""
    return Response(status, json.dumps(value).encode(), (("Content-Type", "application/json; charset=utf-8"),))


def message(status: int, text: str) -> Response:
    """The gateway's way to say ``text``."""
    return json_response(status, {"message": text})


class Server(ThreadingHTTPServer):
    """Answers on one address, one thread a connection, one request a connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, listener: Listener, respond: Respond, name: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
        self.respond = respond
        self.banner = name
        try:
            super().__init__((listener.host, listener.port), _Handler)
        except OSError as error:
            raise OSError(
                f"nginx: [emerg] bind() to {listener.host}:{listener.port} failed ({error.errno}: {error.strerror})"
            ) from error

    def server_bind(self) -> None:
        """Bind without asking the resolver for a host name, which the base class does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is not worth a traceback."""

    def start(self) -> None:
        """Answer from now on, in a thread."""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 60

    def _answer(self) -> None:
        self.close_connection = True
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = self.server.respond(Request(self.command, self.path, headers, self.rfile.read(length)))
        self.send_response_only(response.status)
        for name, value in (*response.headers, ("Server", self.server.banner), ("Connection", "close")):
            self.send_header(name, value)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer
