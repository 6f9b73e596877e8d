# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fallback storage: what an exporter writes and an importer reads (facts 2.1 to 2.6, 3.1 to 3.9, 4.9)."""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .buckets import Bucket, StorageError, open_bucket
from .declarative import Configuration, Current, snapshot
from .log import Log
from .settings import Settings

SAY = "[fallback config]"
_DEFAULT_ELECTION_SECONDS = 600.0  # fact 3.2
_RETRY_SECONDS = 1.0
_ALIVE_INTERVALS = 3


@dataclass(frozen=True)
class Storage:
    """The folder of one gateway version in the fallback storage, as seen by one node."""

    bucket: Bucket
    folder: str
    node_id: str

    def fetch(self) -> bytes:
        """The snapshot of this version."""
        return self.bucket.get(self._key("config.json"))

    def publish(self, body: bytes) -> None:
        """Replace the snapshot of this version."""
        self.bucket.put(self._key("config.json"), body, {"uploader": self.node_id})

    def be_heard(self) -> None:
        """Rewrite this node's election object (fact 3.2)."""
        self.bucket.put(self._key(f"election/{self.node_id}"), json.dumps({"node_id": self.node_id}).encode(), {})

    def leads(self, interval: float) -> bool:
        """Whether this node has the smallest id of those heard from in the last three intervals (seconds)."""
        heard = self.bucket.list(self._key("election/"))
        newest = max(heard.values(), default=None)
        horizon = datetime.timedelta(seconds=max(_ALIVE_INTERVALS * interval, 2))  # stores round to seconds
        alive = [key for key, written in heard.items() if newest is not None and newest - written <= horizon]
        return min(alive, default=None) == self._key(f"election/{self.node_id}")

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}"


def open_storage(settings: Settings, environ: Mapping[str, str], node_id: str) -> Storage:
    """The fallback storage of ``settings`` with the credentials of ``environ``; raises StorageError.

    Nothing is asked of the store yet.
    """
    bucket, prefix = open_bucket(settings, environ)
    version = settings.installation.version
    return Storage(bucket, f"{prefix}/{version}" if prefix else version, node_id)


class Exporter(threading.Thread):
    """Uploads every new configuration, at most one in ``export_delay`` seconds, the latest wins (fact 3.7).

    It begins when ``after`` is set, with whatever there is, be it empty (fact 3.6).
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        node_id: str,
        current: Current,
        after: threading.Event,
        log: Log,
    ) -> None:
        super().__init__(name="exporter", daemon=True)
        self._settings = settings
        self._environ = environ
        self._node_id = node_id
        self._current = current
        self._after = after
        self._log = log
        self._delay = settings.seconds("cluster_fallback_config_export_delay")
        self._interval = float(environ.get("STAND_IN_ELECTION_SECONDS") or _DEFAULT_ELECTION_SECONDS)
        self._stopped = False

    def stop(self) -> None:
        """Export nothing any more."""
        self._stopped = True

    def run(self) -> None:
        """Export until stopped."""
        installation = self._settings.installation
        is_data_plane = self._settings.text("role") == "data_plane"
        if is_data_plane and self._settings.on("incremental_sync") and installation.incremental_sync_stops_exports:
            return  # fact 3.9: silently
        self._after.wait()
        configuration = self._current.get()
        try:
            storage = open_storage(self._settings, self._environ, self._node_id)
        except StorageError as error:
            self._log.error(f"{SAY} failed to export config: {error}")
            return
        elects = installation.has_election
        exported: str | None = None
        next_export = next_heard = time.monotonic()
        while not self._stopped:
            if elects and time.monotonic() >= next_heard:
                self._try(storage.be_heard)
                next_heard = time.monotonic() + self._interval
            if configuration.hash != exported and time.monotonic() >= next_export:
                next_export = time.monotonic() + self._delay
                if elects and not self._try(storage.leads, self._interval):
                    next_export = next_heard
                elif self._try(self._export, storage, configuration):
                    exported = configuration.hash
                else:
                    next_export = time.monotonic() + max(self._delay, _RETRY_SECONDS)
            due = [next_export] if configuration.hash != exported else []
            due += [next_heard] if elects else []
            timeout = max(0.0, min(due) - time.monotonic()) if due else None
            configuration = self._current.wait_for_other(configuration.hash, timeout)

    def _export(self, storage: Storage, configuration: Configuration) -> bool:
        is_data_plane = self._settings.text("role") == "data_plane"
        stray_ws_id = is_data_plane and self._settings.installation.data_plane_exports_stray_ws_id
        storage.publish(snapshot(configuration, stray_ws_id))
        self._log.notice(f"{SAY} successfully exported config to fallback storage")
        return True

    def _try(self, action: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return action(*arguments)
        except StorageError as error:
            self._log.error(f"{SAY} failed to export config: {error}")
            return None
