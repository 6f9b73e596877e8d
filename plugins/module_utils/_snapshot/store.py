# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots in a fallback storage, through an adapter to its service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import Unreadable, json_text
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import LARGEST
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    ABSENT,
    CHANGED,
    TOO_BIG,
    UNSUPPORTED,
    WHATEVER,
    Head,
    Listed,
    Objects,
    StoreFailed,
    Version,
    WrittenObject,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl


@dataclass(frozen=True)
class StoredObject:
    """An object with its body and the SHA-256 of that, in hexadecimal."""

    head: Head
    body: bytes
    sha256: str


@dataclass(frozen=True)
class StoredText:
    """A snapshot as text, and the SHA-256 of its bytes, which are not kept.

    ``texts`` is for ``read_json_text``, which takes the one text; it is empty if the snapshot is ``unreadable``.
    """

    head: Head
    sha256: str
    texts: list[str] = field(repr=False)
    unreadable: Finding | None = None


@dataclass(frozen=True)
class SeenExporter:
    """An exporter by its election object (fact 3.2)."""

    node_id: str
    last_seen: datetime


@dataclass(frozen=True)
class SnapshotStore:
    """The objects of one fallback storage, up to ``max_size`` bytes each.

    All methods raise StoreFailed, whose text says what was tried, on what, and what to do.
    """

    bucket: Objects
    storage: StorageUrl
    max_size: int = LARGEST

    def check_s3_config(self, s3_config: Mapping[str, Any]) -> None:
        """Raise InvalidInput unless these are further arguments that a write may have."""
        if s3_config:
            self.bucket.check_arguments(s3_config)

    def head(self, key: str) -> Head:
        """The object's headers."""
        head = self.bucket.head(key)
        self._refuse_too_big(key, head.size)
        return head

    def get(self, key: str, version_id: str | None = None) -> StoredObject:
        """The object with its body."""
        opened = self.bucket.open(key, version_id)
        self._refuse_too_big(key, opened.head.size)
        body = opened.read()
        return StoredObject(opened.head, body, hashlib.sha256(body).hexdigest())

    def get_text(self, key: str, version_id: str | None = None) -> StoredText:
        """The snapshot as text."""
        return text_of(self.get(key, version_id))

    def put(
        self, key: str, body: bytes, *, replaces: str | None, metadata: Mapping[str, str], s3_config: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object, if it still has the ETag ``replaces`` (None: if it does not exist)."""
        return self.bucket.put(key, body, replaces or ABSENT, metadata, s3_config)

    def put_unconditionally(
        self, key: str, body: bytes, *, metadata: Mapping[str, str], s3_config: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object unconditionally: only for stores that ignore conditions."""
        return self.bucket.put(key, body, WHATEVER, metadata, s3_config)

    def keeps_conditions(self, probe_key: str) -> bool:
        """Whether the store refuses a write whose condition is not met, tested with an empty object that stays
        there."""
        there = self._refuses(probe_key, ABSENT) or self._refuses(probe_key, ABSENT)
        return there and self._refuses(probe_key, "0" * 32)

    def delete(self, key: str) -> None:
        """Delete the object; in a versioned bucket its versions stay."""
        self.bucket.delete(key)

    def versions(self, key: str, limit: int) -> list[Version]:
        """The newest versions of the object, newest first, delete markers included."""
        found = self.bucket.versions(key, limit)
        return sorted(found, key=lambda version: (version.last_modified, version.is_latest), reverse=True)

    def exporters(self, election_prefix: str) -> list[SeenExporter]:
        """The exporters by their heartbeat, newest first (fact 3.2)."""
        listed = self.bucket.objects(election_prefix)
        found = [SeenExporter(each.key[len(election_prefix) :], each.last_modified) for each in listed]
        return sorted(found, key=lambda exporter: exporter.last_seen, reverse=True)

    def objects(self, prefix: str) -> Iterator[Listed]:
        """The objects whose keys begin with this."""
        return self.bucket.objects(prefix)

    def gateway_versions(self) -> list[GatewayVersion]:
        """The gateway versions that have a folder in the storage (fact 3.1), in ascending order."""
        return sorted(_parsed(self.bucket.folders(f"{self.storage.prefix}/")))

    def _refuse_too_big(self, key: str, size: int) -> None:
        if size > self.max_size:
            sentence = (
                f"Did not read {self.storage.at(key)}: it has {size} bytes, more than max_size of"
                f" {self.max_size} (kong_fallback_max_size in roles): raise it if the snapshot is right."
            )
            raise StoreFailed(TOO_BIG, sentence)

    def _refuses(self, key: str, replaces: str) -> bool:
        try:
            self.bucket.put(key, b"", replaces, {}, {})
        except StoreFailed as error:
            if error.reason not in (CHANGED, UNSUPPORTED):
                raise
            return error.reason == CHANGED
        return False


def text_of(stored: StoredObject) -> StoredText:
    """A snapshot as text."""
    try:
        return StoredText(stored.head, stored.sha256, [json_text(stored.body)])
    except Unreadable as error:
        return StoredText(stored.head, stored.sha256, [], error.finding)


def _parsed(names: Iterable[str]) -> Iterator[GatewayVersion]:
    """The names that are gateway versions; there may be others."""
    for name in names:
        with suppress(InvalidInput):
            yield parse_version(name)
