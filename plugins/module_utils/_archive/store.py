# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain and the copies of an archive as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import Chain, from_json, to_json
from ansible_collections.kongops.fallback.plugins.module_utils._archive.tampering import StoredCopy
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import DENIED, MISSING, UNREACHABLE
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    CHANGED,
    UNSUPPORTED,
    StoreFailed,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore, StoredObject

_UPLOADER = "kongops.fallback.snapshot_archive"
_VERSIONS_SEARCHED = 1000


@dataclass(frozen=True)
class StoredChain:
    """A chain as it was read: its ETag, None if there is no object, and the size of that in bytes."""

    entries: Chain
    etag: str | None
    size: int = 0


@dataclass(frozen=True)
class ArchiveStore:
    """The archive of one gateway version, through the store of its location.

    All methods raise StoreFailed, or InvalidInput if the chain cannot be read.
    """

    store: SnapshotStore
    gateway_version: GatewayVersion

    @property
    def location(self) -> str:
        """Where it is, for messages."""
        return self.store.storage.at(self.store.storage.archive_prefix(self.gateway_version))

    def chain(self) -> StoredChain:
        """The chain; one request."""
        try:
            found = self.store.get(self._chain_key)
        except StoreFailed as error:
            if error.reason != MISSING:
                raise
            return StoredChain((), None)
        return StoredChain(self._read(found.body), found.head.etag, len(found.body))

    def larger_chains(self, current: StoredChain) -> Iterator[Chain]:
        """Earlier versions of the chain that are larger, largest first: empty if the bucket keeps none.

        Skips what cannot be read as a chain, so that it does not hide the chain that it replaced.
        """
        try:
            versions = self.store.versions(self._chain_key, _VERSIONS_SEARCHED)
        except StoreFailed as error:
            if error.reason not in (DENIED, UNSUPPORTED, UNREACHABLE):
                raise
            return
        larger = [version for version in versions if (version.size or 0) > current.size]
        for version in sorted(larger, key=lambda version: version.size or 0, reverse=True):
            with suppress(InvalidInput):
                yield self._read(self.store.get(self._chain_key, version.version_id).body)

    def write_chain(self, chain: Chain, replaces: str | None, s3_config: Mapping[str, Any]) -> bool:
        """Whether the chain was still the object with this ETag (None: did not exist), and is now this one."""
        metadata = {"uploader": _UPLOADER}
        try:
            self.store.put(self._chain_key, to_json(chain), replaces=replaces, metadata=metadata, s3_config=s3_config)
        except StoreFailed as error:
            # A condition on an object that is gone fails as not found.
            if error.reason not in (CHANGED, MISSING):
                raise
            return False
        return True

    def copies(self) -> dict[str, StoredCopy]:
        """The existing copies, by the SHA-256 in their names; one request per thousand."""
        prefix = self.store.storage.archive_prefix(self.gateway_version)
        found = {}
        for listed in self.store.objects(prefix):
            name = listed.key[len(prefix) :]
            if listed.key != self._chain_key and name.endswith(".json"):
                found[name.removesuffix(".json")] = StoredCopy(listed.size, listed.etag)
        return found

    def read_copy(self, sha256: str) -> StoredObject:
        """A copy with its bytes."""
        return self.store.get(self.store.storage.archive_key(self.gateway_version, sha256))

    def write_copy(self, sha256: str, body: bytes, s3_config: Mapping[str, Any]) -> None:
        """Write a copy unless it already exists."""
        key = self.store.storage.archive_key(self.gateway_version, sha256)
        metadata = {"uploader": _UPLOADER, "sha256": sha256}
        try:
            self.store.put(key, body, replaces=None, metadata=metadata, s3_config=s3_config)
        except StoreFailed as error:
            if error.reason != CHANGED:
                raise

    def remove_copy(self, sha256: str) -> None:
        """Delete a copy; in a versioned or locked bucket its versions stay."""
        self.store.delete(self.store.storage.archive_key(self.gateway_version, sha256))

    @property
    def _chain_key(self) -> str:
        return self.store.storage.chain_key(self.gateway_version)

    def _read(self, content: bytes) -> Chain:
        return from_json(content, f"{self.location}chain.json")
