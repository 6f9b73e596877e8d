# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control plane's database: one JSON file in the prefix, so that commands and the running node share it."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .declarative import Configuration, Current, Entities
from .entities import KINDS, complete
from .settings import write_private

_POLL_SECONDS = 0.5


class Database:
    """Entities on disk; every edit is one transaction."""

    def __init__(self, prefix: Path) -> None:
        self._path = prefix / "stand-in-database.json"
        self._read: tuple[tuple[int, int, int], Configuration] | None = None

    def configuration(self) -> Configuration:
        """The stored content, read again only if the file has been replaced."""
        signature = self.signature()
        if signature is None:
            with self.edit():
                pass
            return self.configuration()
        if self._read is None or self._read[0] != signature:
            self._read = signature, Configuration(json.loads(self._path.read_bytes()))
        return self._read[1]

    @contextmanager
    def edit(self) -> Iterator[Entities]:
        """The entities, to be changed in place; stored at the end, forgotten when an exception ends it."""
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entities = json.loads(self._path.read_bytes()) if self._path.exists() else _bootstrap()
            yield entities
            write_private(self._path, json.dumps(entities).encode())
        finally:
            os.close(lock)

    def merge(self, configuration: Configuration) -> None:
        """Add the entities of ``configuration``, each in the place of the one with its id or name."""
        now = int(time.time())
        with self.edit() as stored:
            workspace = stored["workspaces"][0]["id"]
            for collection, entities in configuration.entities.items():
                if collection == "workspaces":
                    continue
                kind = KINDS[collection]
                ids = {each["id"] for each in entities}
                keys = {each.get(kind.key) for each in entities if kind.key} - {None}
                kept = [
                    each
                    for each in stored.get(collection, ())
                    if each["id"] not in ids and not (kind.key and each.get(kind.key) in keys)
                ]
                owned = {"ws_id": workspace} if kind.workspaced else {}
                added = [{"created_at": now, "updated_at": now, **each, **owned} for each in entities]
                stored[collection] = kept + added

    def signature(self) -> tuple[int, int, int] | None:
        """What tells one state of the file from another; None when there is none yet."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def watch(database: Database, current: Current, stopping: threading.Event, log: Callable[[str], None]) -> None:
    """Keep ``current`` at what the database holds, no matter which process changes it, until ``stopping``."""
    seen = database.signature()
    while not stopping.wait(_POLL_SECONDS):
        if database.signature() != seen:
            try:
                seen = database.signature()
                current.set(database.configuration())
            except (OSError, ValueError) as error:
                log(f"failed to read the database: {error}")


def _bootstrap() -> Entities:
    workspace = {"id": str(uuid.uuid4()), "name": "default", "created_at": int(time.time())}
    return {"workspaces": [complete("workspaces", workspace)]}
