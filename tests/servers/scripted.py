# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server that answers as a test says: the endpoints of EC2, ECS, EKS and STS, proxies, and worse."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.servers.ports import LOOPBACK
from tests.servers.tls import Tls


@dataclass(frozen=True)
class Asked:
    """A request: ``target`` is a path, to a proxy a whole URL, and for CONNECT host and port."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What to answer; ``pause`` are the seconds before each byte of the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0


@dataclass(frozen=True)
class Scripted:
    """A running server; ``asked`` are all requests so far."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def scripted(reply: Callable[[Asked], Reply], tls: Tls | None = None) -> Iterator[Scripted]:
    """A server that answers every request by ``reply``; a CONNECT that this answers with 200 is a tunnel."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(int(headers.get("content-length", 0))))
            server.asked.append(asked)
            answer = reply(asked)
            with suppress(OSError):  # A client may have had enough.
                self._send(answer)
                if self.command == "CONNECT" and answer.status == 200:
                    _tunnel(self.connection, asked.target)

        do_GET = do_PUT = do_POST = do_CONNECT = handle_any

        def _send(self, answer: Reply) -> None:
            self.send_response(answer.status)
            for header, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                if self.command != "CONNECT":
                    self.send_header(header, value)
            self.end_headers()
            if not answer.pause:
                self.wfile.write(answer.body)
                return
            for byte in answer.body:
                time.sleep(answer.pause)
                self.wfile.write(bytes((byte,)))

        def log_message(self, *arguments: object) -> None:
            """Tests read ``asked``."""

    listener = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    listener.daemon_threads = True
    listener.block_on_close = False
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    server = Scripted(f"{'https' if tls else 'http'}://{LOOPBACK}:{listener.server_port}")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def forwarded(asked: Asked) -> Reply:
    """The reply of a proxy that lets everything through."""
    if asked.method == "CONNECT":
        return Reply(200)
    address = urlsplit(asked.target)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    connection.request(asked.method, address.path, headers=dict(asked.headers))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return Reply(answer.status, body, {"Content-Type": answer.getheader("Content-Type", "")})


def _tunnel(client: socket.socket, target: str) -> None:
    host, _colon, port = target.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as upstream:
        other = {client: upstream, upstream: client}
        while True:
            for end in select.select(list(other), [], [], 10)[0]:
                data = end.recv(65_536)
                if not data:
                    return
                other[end].sendall(data)
