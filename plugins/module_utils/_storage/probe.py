# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real calls on a probe object that show what a key may do, and leave nothing behind.

A write carries a wrong digest: a store that allows the write refuses the digest and keeps nothing. A key that may not
list cannot tell a missing object from a denied one (fact 2.6), so a helper puts the objects there first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.access import (
    ACCESS_ALLOWED,
    ACCESS_DENIED,
    ACCESS_UNKNOWN,
    DELETE_CONFIG,
    DELETE_ELECTION,
    GET_CONFIG,
    GET_ELECTION,
    INSIDE,
    LIST_ELECTION,
    OPERATIONS,
    OUTSIDE,
    PLACES,
    PUT_CONFIG,
    PUT_ELECTION,
    Access,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import DENIED_CODES, CallFailed, call
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

_WRONG_DIGEST = "AAAAAAAAAAAAAAAAAAAAAA=="
_DIGEST_REFUSED = ("BadDigest", "InvalidDigest")
_NO_OBJECT = ("NoSuchKey", "404")


@dataclass(frozen=True)
class Remnant:
    """What a probe left behind: a version of an object, or a delete marker."""

    key: str
    version_id: str | None

    def address(self) -> dict[str, str]:
        """The remnant in boto3's terms."""
        return {"Key": self.key, **({"VersionId": self.version_id} if self.version_id else {})}


@dataclass
class Probe:
    """The probing of one storage with one key, through ``client``; ``helper`` is a client that may write and delete.

    ``name`` is unique to this probe: no other object is ever touched.
    """

    client: Any
    storage: StorageUrl
    name: str
    helper: Any = None
    remnants: list[Remnant] = field(default_factory=list)

    def run(self) -> Access:
        """Try everything; raises OperationFailed if the store does not accept the key at all, or is unreachable.

        What could not be removed stays in ``remnants``.
        """
        try:
            seeded = self._seed()
            access: dict[str, dict[str, str]] = {operation: {} for operation in OPERATIONS}
            for place in PLACES:
                config, election = self._keys(place)
                # Writing comes first and deleting last: a store may really carry them out.
                access[PUT_CONFIG][place] = self._put(config)
                access[PUT_ELECTION][place] = self._put(election)
                access[GET_CONFIG][place] = self._get(config, seeded)
                access[GET_ELECTION][place] = self._get(election, seeded)
                access[LIST_ELECTION][place] = self._list(election)
                access[DELETE_CONFIG][place] = self._delete(config)
                access[DELETE_ELECTION][place] = self._delete(election)
            return access
        finally:
            self._clean_up()

    def _keys(self, place: str) -> tuple[str, str]:
        prefixes: Mapping[str, str] = {INSIDE: self.storage.prefix, OUTSIDE: f"{self.storage.prefix}-{self.name}"}
        there = StorageUrl(self.storage.scheme, self.storage.bucket, prefixes[place])
        return there.key(self.name), f"{there.election_prefix(self.name)}{self.name}"

    def _seed(self) -> bool:
        if self.helper is None:
            return False
        for place in PLACES:
            for key in self._keys(place):
                answer = self._call(self.helper.put_object, "put a probe object", Key=key, Body=b"")
                self.remnants.append(Remnant(key, answer.get("VersionId")))
        return True

    def _put(self, key: str) -> str:
        try:
            answer = self._call(self.client.put_object, "write", Key=key, Body=b"probe", ContentMD5=_WRONG_DIGEST)
        except CallFailed as error:
            return ACCESS_ALLOWED if error.code in _DIGEST_REFUSED else _denied(error)
        self.remnants.append(Remnant(key, answer.get("VersionId")))
        return ACCESS_ALLOWED

    def _get(self, key: str, seeded: bool) -> str:
        try:
            self._call(self.client.get_object, "read", Key=key)["Body"].close()
        except CallFailed as error:
            if error.code in _NO_OBJECT or error.permission == "s3:ListBucket":
                return ACCESS_ALLOWED
            outcome = _denied(error)
            return outcome if seeded or error.permission else ACCESS_UNKNOWN
        return ACCESS_ALLOWED

    def _list(self, election: str) -> str:
        folder = election.rsplit("/", 1)[0] + "/"
        try:
            self._call(self.client.list_objects_v2, "list", Prefix=folder, MaxKeys=1)
        except CallFailed as error:
            return _denied(error)
        return ACCESS_ALLOWED

    def _delete(self, key: str) -> str:
        try:
            answer = self._call(self.client.delete_object, "delete", Key=key)
        except CallFailed as error:
            return _denied(error)
        if answer.get("DeleteMarker") and answer.get("VersionId"):
            self.remnants.append(Remnant(key, answer["VersionId"]))
        return ACCESS_ALLOWED

    def _clean_up(self) -> None:
        for remnant in list(self.remnants):
            for client in (self.helper, self.client):
                if client is not None and self._removes(client, remnant):
                    self.remnants.remove(remnant)
                    break

    def _removes(self, client: Any, remnant: Remnant) -> bool:
        try:
            self._call(client.delete_object, "remove a probe object", **remnant.address())
        except OperationFailed:
            return False
        return True

    def _call(self, method: Any, trying: str, **arguments: Any) -> dict[str, Any]:
        return call(method, f"{trying} in the bucket {self.storage.bucket}", Bucket=self.storage.bucket, **arguments)


def _denied(error: CallFailed) -> str:
    if error.code in DENIED_CODES:
        return ACCESS_DENIED
    raise error
