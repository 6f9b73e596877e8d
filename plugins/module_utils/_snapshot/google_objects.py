# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in Google Cloud Storage, through a client of Google's library given as an argument.

The generation of the object identifies what a write replaces; it serves as the ETag here, because it differs for each
write and is in listings too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed, first_line
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import DENIED, MISSING, UNREACHABLE
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import (
    ABSENT,
    CHANGED,
    NO_BUCKET,
    WHATEVER,
    Head,
    Listed,
    Opened,
    StoreFailed,
    Version,
    WrittenObject,
    no_further_arguments,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

T = TypeVar("T")

_CREDENTIALS = (
    "give this controller credentials that Google's tools accept: a file that GOOGLE_APPLICATION_CREDENTIALS names,"
    " gcloud auth application-default login, or the service account of its machine"
)
_TRIES = 3
_NO_BUCKET = "bucket does not exist"


@dataclass(frozen=True)
class GoogleObjects:
    """The objects of the bucket of a storage; ``patience`` are seconds without an answer."""

    client: Any
    storage: StorageUrl
    patience: float

    def check_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Raise InvalidInput for any."""
        no_further_arguments(arguments)

    def head(self, key: str) -> Head:
        """The object's headers; one request."""
        blob = self._blob(key)
        self._call("look at", key, "storage.objects.get", lambda: blob.reload(**self._patience()))
        return _head(blob)

    def open(self, key: str, version_id: str | None) -> Opened:
        """The object: one request for its headers, and one for the body that they belong to."""
        trying = f"read version {version_id} of" if version_id else "read"
        blob = self._blob(key, _generation(version_id, trying, self.storage.at(key)) if version_id else None)
        self._call(trying, key, "storage.objects.get", lambda: blob.reload(**self._patience()))
        body = self._blob(key, blob.generation)
        return Opened(
            _head(blob),
            lambda: self._call(
                trying, key, "storage.objects.get", lambda: bytes(body.download_as_bytes(**self._patience()))
            ),
        )

    def put(
        self, key: str, body: bytes, replaces: str, metadata: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object in one request, with its checksum."""
        blob = self._blob(key)
        blob.metadata = dict(metadata) or None
        condition = {} if replaces == WHATEVER else {"if_generation_match": 0 if replaces == ABSENT else int(replaces)}
        self._call(
            "write",
            key,
            "storage.objects.create and storage.objects.delete",
            lambda: blob.upload_from_string(
                body, content_type="application/json", checksum="crc32c", **self._patience(), **condition
            ),
        )
        return WrittenObject(str(blob.generation), str(blob.generation), checksum_confirmed=True)

    def delete(self, key: str) -> None:
        """Delete the object; in a versioned bucket its versions stay."""
        blob = self._blob(key)
        self._call("delete", key, "storage.objects.delete", lambda: blob.delete(**self._patience()))

    def versions(self, key: str, limit: int) -> list[Version]:
        """The generations of the object, as far as the bucket keeps them; a deleted one leaves no mark."""
        blobs = self._call("list the versions of", key, "storage.objects.list", lambda: self._all(key, versions=True))
        found = [_version(blob) for blob in blobs if blob.name == key]
        return sorted(found, key=lambda version: version.last_modified, reverse=True)[:limit]

    def objects(self, prefix: str) -> Iterator[Listed]:
        """The objects whose names begin with this; one request per thousand."""
        for blob in self._call("list", prefix, "storage.objects.list", lambda: self._all(prefix)):
            yield Listed(blob.name, blob.size, str(blob.generation), blob.updated)

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders below a prefix."""
        listed = self._pages(prefix, delimiter="/")
        self._call("list", prefix, "storage.objects.list", lambda: [None for _blob in listed])
        yield from sorted(folder[len(prefix) : -1] for folder in listed.prefixes)

    def _patience(self) -> dict[str, Any]:
        """How long a request waits for an answer, and how long it is tried again in all."""
        from google.cloud.storage.retry import DEFAULT_RETRY

        return {"timeout": self.patience, "retry": DEFAULT_RETRY.with_timeout(_TRIES * self.patience)}

    def _blob(self, key: str, generation: int | None = None) -> Any:
        return self.client.bucket(self.storage.bucket).blob(key, generation=generation)

    def _pages(self, prefix: str, **arguments: Any) -> Any:
        return self.client.list_blobs(self.storage.bucket, prefix=prefix, **self._patience(), **arguments)

    def _all(self, prefix: str, **arguments: Any) -> list[Any]:
        return [*self._pages(prefix, **arguments)]

    def _call(self, action: str, key: str, permission: str, request: Callable[[], T]) -> T:
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        trying = f"{action} {self.storage.at(key)}"
        try:
            with doing(trying):
                return request()
        except GoogleAPICallError as error:
            raise self._failed(trying, permission, error) from None
        except GoogleAuthError as error:
            why = first_line(error)
            raise StoreFailed(UNREACHABLE, f"Could not {trying}: {why}: {_CREDENTIALS}.") from None
        except (RequestException, RetryError, OSError) as error:
            why = type(error).__name__
            sentence = f"Could not {trying}: Google Cloud Storage is unreachable ({why}): check the network."
            raise StoreFailed(UNREACHABLE, sentence) from None

    def _failed(self, trying: str, permission: str, error: Any) -> StoreFailed:
        """The failure with its reason; never the whole message, which repeats the request."""
        if error.code == 404 and _NO_BUCKET in str(error.message):
            sentence = f"there is no bucket {self.storage.bucket}: create it, or correct storage"
            return StoreFailed(NO_BUCKET, f"Could not {trying}: {sentence}.")
        if error.code == 404:
            cure = "config_snapshot_info lists the existing ones"
            return StoreFailed(
                MISSING, f"Could not {trying}: there is no such object, or no such bucket (404): {cure}."
            )
        if error.code in (409, 412):
            return StoreFailed(CHANGED, f"Could not {trying}: the object changed in the meantime.")
        if error.code == 403:
            return StoreFailed(DENIED, f"Could not {trying}: access denied: grant {permission}.")
        if error.code == 401:
            return StoreFailed(DENIED, f"Could not {trying}: Google does not accept the credentials: {_CREDENTIALS}.")
        return StoreFailed(UNREACHABLE, f"Could not {trying}: the service answers {error.code}: try again later.")


def google_objects(storage: StorageUrl, patience: float) -> GoogleObjects:
    """The bucket of a storage, with the credentials that Google's library finds on this controller.

    Raises OperationFailed without the library or credentials.
    """
    try:
        from google.auth.exceptions import DefaultCredentialsError
        from google.cloud.storage import Client
    except ImportError:
        raise OperationFailed(
            f"{storage} needs Google's library, which {sys.executable} lacks: install google-cloud-storage."
        ) from None
    try:
        return GoogleObjects(Client(), storage, patience)
    except DefaultCredentialsError:
        raise OperationFailed(f"Could not use {storage}: there are no Google credentials: {_CREDENTIALS}.") from None


def _generation(version_id: str, trying: str, where: str) -> int:
    if not version_id.isdigit():
        raise InvalidInput(
            f"Could not {trying} {where}: a version there is a number: config_snapshot_info with history lists them."
        )
    return int(version_id)


def _head(blob: Any) -> Head:
    return Head(
        etag=str(blob.generation),
        size=blob.size,
        last_modified=blob.updated,
        version_id=str(blob.generation),
        uploader=(blob.metadata or {}).get("uploader"),
        encryption="kms" if blob.kms_key_name else "AES256",
    )


def _version(blob: Any) -> Version:
    return Version(
        version_id=str(blob.generation),
        last_modified=blob.updated,
        is_latest=blob.time_deleted is None,
        deleted=False,
        etag=str(blob.generation),
        size=blob.size,
    )
