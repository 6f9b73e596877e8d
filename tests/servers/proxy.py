# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a client and a server: notes every request, answers some of them itself, as AWS might, and distorts
the answers of the server, as networks might."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.servers.ports import LOOPBACK
from tests.servers.s3 import S3Server

S3, IAM, JSON = "s3", "iam", "json"
"""How a service writes its answers."""

_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Answer:
    """What the proxy says instead of the server; an error of S3 and IAM unless ``body`` says otherwise."""

    status: int
    code: str
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, protocol: str) -> bytes:
        """The error as S3 writes it, or as IAM does, or a service that speaks JSON."""
        error = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
        return {
            S3: error,
            IAM: f"<ErrorResponse>{error}</ErrorResponse>",
            JSON: json.dumps({"__type": self.code, "message": self.message}),
        }[protocol].encode()


@dataclass(frozen=True)
class Response:
    """What a client gets. ``pause`` are the seconds before each byte of the body, ``cut`` how many bytes are missing at
    its end although they were announced."""

    protocol: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    pause: float = 0.0
    cut: int = 0


Fault = Callable[[Response], Response]
"""What becomes of the answer of the server."""


@dataclass
class Proxy:
    """A running proxy; ``requests`` are the names of all operations so far, such as ``GET /bucket?versioning``.

    ``fault`` distorts every answer of the server, if it is there.
    """

    requests: list[str] = field(default_factory=list)
    fault: Fault | None = None
    _planned: list[tuple[re.Pattern[str], list[Answer]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, operation: str, *answers: Answer) -> None:
        """Answer the next requests whose name this pattern finds, one answer each."""
        self._planned.append((re.compile(operation), list(answers)))

    def take(self, name: str) -> Answer | None:
        """Note a request; what to answer it with, None to pass it on."""
        with self._lock:
            self.requests.append(name)
            for pattern, answers in self._planned:
                if answers and pattern.search(name):
                    return answers.pop(0)
        return None


class _Listener(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that breaks is a fault like any other, of a client that was killed or of the proxy itself."""


@contextmanager
def proxied(server: S3Server) -> Iterator[tuple[S3Server, Proxy]]:
    """The server behind a proxy of its own."""
    proxy, upstream = Proxy(), urlsplit(server.endpoint_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self._body()
            name = _name(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
            answer = proxy.take(name)
            protocol = JSON if "X-Amz-Target" in self.headers else IAM if "Action=" in name else S3
            if answer:
                self._reply(Response(protocol, answer.status, answer.headers, answer.body(protocol)))
                return
            with closing(http.client.HTTPConnection(str(upstream.hostname), upstream.port, timeout=30)) as connection:
                connection.request(self.command, self.path, body, dict(self.headers))
                response = connection.getresponse()
                true = Response(protocol, response.status, dict(response.getheaders()), response.read())
            self._reply(proxy.fault(true) if proxy.fault else true)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        def _body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def handle_expect_100(self) -> bool:
            return True

        def _reply(self, response: Response) -> None:
            self.send_response_only(response.status)
            for header, value in response.headers.items():
                if header.lower() not in _HOP:
                    self.send_header(header, value)
            whole = response.headers.get("Content-Length", "0") if self.command == "HEAD" else len(response.body)
            self.send_header("Content-Length", str(whole))
            self.end_headers()
            if self.command == "HEAD":
                return
            with suppress(OSError):  # A client may have had enough.
                self._send(response.body[: len(response.body) - response.cut], response.pause)
            self.close_connection = bool(response.cut)

        def _send(self, body: bytes, pause: float) -> None:
            if not pause:
                self.wfile.write(body)
                return
            for byte in body:
                time.sleep(pause)
                self.wfile.write(bytes((byte,)))

        def log_message(self, *arguments: object) -> None:
            """Tests read ``requests``."""

    listener = _Listener((LOOPBACK, 0), Handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield replace(server, endpoint_url=f"http://{LOOPBACK}:{listener.server_port}"), proxy
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def _name(method: str, path: str, target: str, body: bytes) -> str:
    action = re.search(rb"Action=\w+", body)
    return target or (action.group().decode() if action and method == "POST" else f"{method} {path}")
