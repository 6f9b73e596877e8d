# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a gateway trusts as its store (fact 2.5)."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.servers.ports import LOOPBACK
from tests.servers.tls import private_authority
from tests.stand_in.fallback import StorageError, open_storage
from tests.stand_in.installation import Installation
from tests.stand_in.settings import load


class NoSuchKey(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


class Store(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the store hangs up: that is what is tested."""


@dataclass(frozen=True)
class TlsStore:
    url: str
    authority: Path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsStore]:
    """A store behind TLS whose certificate a private authority has signed."""
    tls = private_authority(tmp_path_factory.mktemp("tls"))
    server = Store((LOOPBACK, 0), NoSuchKey)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield TlsStore(f"https://{LOOPBACK}:{server.server_port}", tls.authority)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("version", "trusting", "reason"),
    [
        ("3.11.0.14", False, "CERTIFICATE_VERIFY_FAILED"),
        ("3.11.0.14", True, ": 404"),
        pytest.param("3.2.2.0", False, ": 404", marks=pytest.mark.filterwarnings("ignore:Unverified HTTPS request")),
    ],
)
def test_a_private_authority_must_be_trusted_since_3_3(
    store: TlsStore, version: str, trusting: bool, reason: str
) -> None:
    environ = {
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_CONFIG_STORAGE_ENDPOINT": store.url,
        "KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "s3://bucket/prod",
        **({"KONG_LUA_SSL_TRUSTED_CERTIFICATE": f"system,{store.authority}"} if trusting else {}),
    }
    storage = open_storage(load(Installation(version), environ, Path("/dev/null")), environ, "node")
    with pytest.raises(StorageError, match=reason):
        storage.fetch()
