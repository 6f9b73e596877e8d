# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azurite, Microsoft's emulator of Azure Blob Storage: conditional writes, and keys that count."""

from __future__ import annotations

import base64
import functools
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.debian import Unavailable
from tests.servers.blobs import Emulated
from tests.servers.ports import LOOPBACK, free_port, is_free
from tests.servers.process import running

ACCOUNT = "account1"
CLIENT = {
    "AZURE_TENANT_ID": "00000000-0000-0000-0000-00000000000a",
    "AZURE_CLIENT_ID": "00000000-0000-0000-0000-00000000000b",
    "AZURE_CLIENT_SECRET": "client-secret-canary-71bd02",
}
"""The identity of a gateway, of which the emulator wants nothing."""

_VERSION = "3.37.0"
_CACHE = Path(__file__).parents[2] / ".cache"


@dataclass(frozen=True)
class _Bucket:
    """A container, through Microsoft's own library."""

    container: Any

    def put(self, key: str, body: bytes) -> None:
        self.container.upload_blob(key, body, overwrite=True)

    def get(self, key: str) -> bytes:
        return bytes(self.container.download_blob(key).readall())

    def keys(self) -> list[str]:
        return sorted(self.container.list_blob_names())


@dataclass(frozen=True)
class Azurite:
    """A running emulator with one account, whose ``key`` may do everything."""

    endpoint_url: str
    key: str

    def connection_string(self, key: str = "") -> str:
        """What leads the tools of Azure to the account, with its key or another one."""
        fields = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": ACCOUNT,
            "AccountKey": key or self.key,
            "BlobEndpoint": f"{self.endpoint_url}/{ACCOUNT}",
        }
        return ";".join(f"{name}={value}" for name, value in fields.items())

    def fresh(self) -> Emulated:
        """A fresh container."""
        # Every process of a test run imports this file, and few of them need a library that takes half a second.
        from azure.storage.blob import ContainerClient

        name = f"fallback-{uuid.uuid4().hex[:12]}"
        container = ContainerClient.from_connection_string(self.connection_string(), name)
        container.create_container()
        operator = {"AZURE_STORAGE_CONNECTION_STRING": self.connection_string()}
        gateway = {**CLIENT, "STAND_IN_STORAGE": self.connection_string()}
        return Emulated(f"azure://{ACCOUNT}/{name}/prod", _Bucket(container), operator, gateway)


@contextmanager
def azurite() -> Iterator[Azurite]:
    """An emulator that keeps everything in its memory.

    Without Node.js or npm the calling test is skipped, or fails if the environment variable CI is set.
    """
    try:
        program = _program()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"No Azurite: {error}")
        pytest.skip(f"No Azurite: {error}")
    port = free_port()
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    command = ["node", program, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    command += ["--blobHost", LOOPBACK, "--blobPort", str(port)]
    with tempfile.TemporaryDirectory(prefix="azurite-") as name:
        log = Path(name) / "server.log"
        accounts = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"}
        with running(command, lambda: not is_free(port), log, accounts):
            yield Azurite(f"http://{LOOPBACK}:{port}", key)


@functools.cache
def _program() -> Path:
    """Azurite's program, fetched once into the cache folder; raises Unavailable."""
    place = _CACHE / f"azurite-{_VERSION}"
    missing = [program for program in ("node", "npm") if not shutil.which(program)]
    if missing:
        raise Unavailable(f"{missing[0]} is not installed: install Node.js and npm")
    if not place.exists():
        _fetch(place)
    return place / "node_modules/azurite/dist/src/blob/main.js"


def _fetch(place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as name:
        folder = Path(name) / "azurite"
        folder.mkdir()
        (folder / "package.json").write_text(json.dumps({"dependencies": {"azurite": _VERSION}}))
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"]
        install = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if install.returncode:
            raise Unavailable(f"npm install azurite: {install.stderr.strip()[-500:]}")
        try:
            folder.rename(place)
        except OSError:
            if not place.exists():
                raise
