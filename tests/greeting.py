# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service behind the gateways: it says hello, and a control plane publishes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests import web
from tests.servers.ports import LOOPBACK

BODY = "hello from the service behind the gateways"


@contextmanager
def greeting(body: str = BODY, address: str = LOOPBACK) -> Iterator[str]:
    """The URL of a service that answers every GET with ``body``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://{address}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def publish(admin_url: str, service: str, name: str = "greeting") -> None:
    """Let the gateways of this Admin API pass ``/hello`` on to the service."""
    web.create(f"{admin_url}/services", {"name": name, "url": service})
    web.create(f"{admin_url}/services/{name}/routes", {"name": "hello", "paths": ["/hello"]})
