# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A data plane's way to its configuration: cache, control plane, fallback storage (facts 4.1 to 4.4)."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import declarative
from .buckets import StorageError
from .certificate import certificate_failure
from .control_plane import LONG_POLL_SECONDS
from .declarative import Configuration, Current, Refused
from .fallback import SAY, open_storage
from .installation import Installation
from .log import Log
from .settings import Settings, write_private

_RETRY_SECONDS = 1.0
_CONNECT_SECONDS = 5.0


class Cache:
    """The configuration on disk, with the gateway version that wrote it: the stand-in's own format in Kong's place."""

    def __init__(self, path: Path, installation: Installation) -> None:
        self._path = path
        self._installation = installation

    def open(self) -> Configuration:
        """What is cached; the file exists afterwards, as an LMDB does, and holds nothing older."""
        configuration = self._load()
        self.store(configuration)
        return configuration

    def store(self, configuration: Configuration) -> None:
        """Replace what is cached."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = {
            "gateway_version": self._installation.version,
            "configuration": declarative.document(configuration),
            "hash": configuration.hash,
        }
        write_private(self._path, json.dumps(content).encode())

    def _load(self) -> Configuration:
        """What is cached; empty when there is nothing, or when another minor version wrote it (fact 4.4)."""
        try:
            content = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return Configuration()
        writer = Installation(content["gateway_version"])
        if self._installation.wipes_cache_of_other_minor and writer.minor != self._installation.minor:
            return Configuration()
        return declarative.received(content["configuration"], content["hash"])


class DataPlane(threading.Thread):
    """Keeps a node at the control plane's configuration; imports from the fallback storage once, if at all.

    ``first_attempt`` is set after the first connection has been tried, and outlives reloads: once per process (4.1).
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        node_id: str,
        current: Current,
        cache: Cache,
        first_attempt: threading.Event,
        log: Log,
    ) -> None:
        super().__init__(name="data plane", daemon=True)
        self._settings = settings
        self._environ = environ
        self._node_id = node_id
        self._current = current
        self._cache = cache
        self._first_attempt = first_attempt
        self._log = log
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Take nothing over any more."""
        self._stopping.set()

    def run(self) -> None:
        """Keep asking the control plane."""
        known = ""
        connected = None
        failure = certificate_failure(self._settings)
        if failure and not self._settings.installation.imports_without_certificate:
            self._retry_certificate(failure)
        while not self._stopping.is_set():
            try:
                answer = self._ask(known, failure)
            except (OSError, http.client.HTTPException, ValueError) as error:
                if connected is not False:
                    self._log.error(f"[clustering] connection to control plane failed: {error}")
                connected, known = False, ""
                if not self._first_attempt.is_set() and self._may_import():
                    self._import()
                self._first_attempt.set()
                self._stopping.wait(_RETRY_SECONDS)
                continue
            if connected is not True:
                self._log.notice("[clustering] connected to the control plane")
            connected = True
            if answer is not None and not self._stopping.is_set():
                known = answer["hash"]
                self._apply(declarative.received(answer["configuration"]))
            self._first_attempt.set()

    def _retry_certificate(self, failure: str) -> None:
        """The trap of fact 4.10: nothing else is ever tried."""
        self._log.error(f"[clustering] failed to set the cluster certificate, retrying: {failure}")
        self._stopping.wait()

    def _ask(self, known: str, failure: str | None) -> dict[str, Any] | None:
        if failure:
            raise ssl.SSLError(f"failed to set the cluster certificate: {failure}")
        host, _colon, port = (self._settings.text("cluster_control_plane") or "").rpartition(":")
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=_CONNECT_SECONDS)
        try:
            connection.connect()
            assert connection.sock is not None
            connection.sock.settimeout(LONG_POLL_SECONDS + _CONNECT_SECONDS)
            connection.request("GET", f"/configuration?{urlencode({'hash': known})}", headers=self._identity())
            answer = connection.getresponse()
            body = answer.read()
            if answer.status not in (200, 304):
                raise http.client.HTTPException(f"the control plane answered {answer.status}")
            return json.loads(body) if answer.status == 200 else None
        finally:
            connection.close()

    def _identity(self) -> dict[str, str]:
        return {
            "Kong-Node-Id": self._node_id,
            "Kong-Node-Hostname": socket.gethostname(),
            "Kong-Node-Version": self._settings.installation.version,
        }

    def _may_import(self) -> bool:
        settings = self._settings
        both = settings.exports and not settings.installation.has_election  # fact 1.9
        return settings.imports and not both and self._current.get().is_empty

    def _import(self) -> None:
        self._log.notice(f"{SAY} control_plane not connected. Fetching config from fallback storage")
        try:
            storage = open_storage(self._settings, self._environ, self._node_id)
            configuration = declarative.accept(
                declarative.parse_json(storage.fetch()), declarative.enabled_plugins(self._settings)
            )
        except (StorageError, Refused) as error:
            self._log.error(f"{SAY} failed to fetch config from backup storage: {error}")
            return
        self._apply(configuration)
        self._log.notice(f"{SAY} fallback config applied")

    def _apply(self, configuration: Configuration) -> None:
        self._cache.store(configuration)
        self._current.set(configuration)
