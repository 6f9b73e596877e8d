# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a client and a server: notes every request, and answers some of them itself, as AWS might."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.servers.ports import LOOPBACK
from tests.servers.s3 import S3Server

_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Answer:
    """What the proxy says instead of the server; an error of S3 and IAM unless ``body`` says otherwise."""

    status: int
    code: str
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, is_s3: bool) -> bytes:
        """The error as S3 writes it, or as IAM does."""
        error = f"<Code>{self.code}</Code><Message>{self.message}</Message>"
        return (
            f"<Error>{error}</Error>" if is_s3 else f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
        ).encode()


@dataclass
class Proxy:
    """A running proxy; ``requests`` are the names of all operations so far, such as ``GET /bucket?versioning``."""

    requests: list[str] = field(default_factory=list)
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
            if answer:
                is_s3 = "Action=" not in name
                self._reply(answer.status, answer.headers, answer.body(is_s3))
                return
            connection = http.client.HTTPConnection(str(upstream.hostname), upstream.port, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            self._reply(response.status, dict(response.getheaders()), response.read())
            connection.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        def _body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def handle_expect_100(self) -> bool:
            return True

        def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for header, value in headers.items():
                if header.lower() not in _HOP:
                    self.send_header(header, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Tests read ``requests``."""

    listener = ThreadingHTTPServer((LOOPBACK, 0), Handler)
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
