# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in Azure Blob Storage, through a client of Microsoft's library given as an argument."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed, first_line
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

CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"
KEY = "AZURE_STORAGE_KEY"

_RETRIES = {"retry_total": 2, "initial_backoff": 1, "increment_base": 2}
_READER = "the role Storage Blob Data Reader"
_CONTRIBUTOR = "the role Storage Blob Data Contributor"
_CREDENTIALS = (
    "give this controller credentials that Azure's tools accept: AZURE_TENANT_ID, AZURE_CLIENT_ID and"
    f" AZURE_CLIENT_SECRET, az login, a managed identity, or {KEY}"
)


@dataclass(frozen=True)
class AzureObjects:
    """The objects of the container of a storage."""

    container: Any
    storage: StorageUrl

    def check_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Raise InvalidInput for any."""
        no_further_arguments(arguments)

    def head(self, key: str) -> Head:
        """The object's headers; one request."""
        return _head(self._call("look at", key, _READER, self._blob(key).get_blob_properties))

    def open(self, key: str, version_id: str | None) -> Opened:
        """The object; one request, and more for a large one."""
        trying = f"read version {version_id} of" if version_id else "read"
        blob = self._blob(key)
        stream = self._call(trying, key, _READER, lambda: blob.download_blob(version_id=version_id))
        return Opened(
            _head(stream.properties), lambda: self._call(trying, key, _READER, lambda: bytes(stream.readall()))
        )

    def put(
        self, key: str, body: bytes, replaces: str, metadata: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object in one request, with its checksum."""
        from azure.core import MatchConditions
        from azure.storage.blob import ContentSettings

        condition: dict[str, Any] = {"overwrite": replaces != ABSENT}
        if replaces not in (ABSENT, WHATEVER):
            condition |= {"etag": f'"{replaces}"', "match_condition": MatchConditions.IfNotModified}
        answer = self._call(
            "write",
            key,
            _CONTRIBUTOR,
            lambda: self._blob(key).upload_blob(
                body,
                metadata=dict(metadata),
                content_settings=ContentSettings(content_type="application/json"),
                validate_content=True,
                **condition,
            ),
        )
        return WrittenObject(answer["etag"].strip('"'), answer.get("version_id"), checksum_confirmed=True)

    def delete(self, key: str) -> None:
        """Delete the object; where the account keeps versions, they stay."""
        self._call("delete", key, _CONTRIBUTOR, self._blob(key).delete_blob)

    def versions(self, key: str, limit: int) -> list[Version]:
        """The versions of the object, as far as the account keeps them; a deleted one leaves no mark."""
        found = self._call("list the versions of", key, _READER, lambda: self._all(key, include=["versions"]))
        versions = [_version(blob) for blob in found if blob.name == key and blob.version_id]
        return sorted(versions, key=lambda version: version.last_modified, reverse=True)[:limit]

    def objects(self, prefix: str) -> Iterator[Listed]:
        """The objects whose names begin with this; one request for each five thousand."""
        for blob in self._call("list", prefix, _READER, lambda: self._all(prefix)):
            yield Listed(blob.name, blob.size, blob.etag.strip('"'), blob.last_modified)

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders below a prefix."""
        walk = self.container.walk_blobs
        found = self._call("list", prefix, _READER, lambda: [*walk(name_starts_with=prefix, delimiter="/")])
        yield from (each.name[len(prefix) : -1] for each in found if each.name.endswith("/"))

    def _blob(self, key: str) -> Any:
        return self.container.get_blob_client(key)

    def _all(self, prefix: str, **arguments: Any) -> list[Any]:
        return [*self.container.list_blobs(name_starts_with=prefix, **arguments)]

    def _call(self, action: str, key: str, role: str, request: Callable[[], T]) -> T:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        trying = f"{action} {self.storage.at(key)}"
        try:
            with doing(trying):
                return request()
        except HttpResponseError as error:
            if isinstance(error, ClientAuthenticationError) and error.response is None:
                why = first_line(error)
                raise StoreFailed(UNREACHABLE, f"Could not {trying}: {why}: {_CREDENTIALS}.") from None
            raise self._failed(trying, role, error) from None
        except (AzureError, OSError) as error:
            why = type(error).__name__
            sentence = f"Could not {trying}: Azure Storage is unreachable ({why}): check the account and the network."
            raise StoreFailed(UNREACHABLE, sentence) from None

    def _failed(self, trying: str, role: str, error: Any) -> StoreFailed:
        """The failure with its reason; never the whole message, which may repeat the request."""
        code = str(getattr(error.error_code, "value", error.error_code) or "")
        if code == "ContainerNotFound":
            sentence = f"there is no container {self.storage.bucket}: create it, or correct storage"
            return StoreFailed(NO_BUCKET, f"Could not {trying}: {sentence}.")
        if error.status_code == 404:
            cure = "config_snapshot_info lists the existing ones"
            return StoreFailed(MISSING, f"Could not {trying}: there is no such object (404): {cure}.")
        if error.status_code in (409, 412):
            return StoreFailed(CHANGED, f"Could not {trying}: the object changed in the meantime.")
        if error.status_code in (401, 403):
            sentence = f"access denied ({code}): grant {role}, or check the credentials of this controller"
            return StoreFailed(DENIED, f"Could not {trying}: {sentence}.")
        return StoreFailed(
            UNREACHABLE, f"Could not {trying}: the service answers {error.status_code} {code}: try again later."
        )


def azure_objects(storage: StorageUrl, patience: float) -> AzureObjects:
    """The container of a storage, with the credentials that this controller has.

    ``patience`` are seconds without an answer. Raises OperationFailed without the library, or for credentials that
    cannot be read.
    """
    try:
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import ContainerClient
    except ImportError:
        raise OperationFailed(
            f"{storage} needs Microsoft's libraries, which {sys.executable} lacks:"
            " install azure-storage-blob and azure-identity."
        ) from None
    how: dict[str, Any] = {"connection_timeout": patience, "read_timeout": patience, **_RETRIES}
    connection = os.environ.get(CONNECTION_STRING)
    if not connection:
        credential = os.environ.get(KEY) or DefaultAzureCredential()
        address = f"https://{storage.account}.blob.core.windows.net"
        return AzureObjects(ContainerClient(address, storage.bucket, credential=credential, **how), storage)
    try:
        container = ContainerClient.from_connection_string(connection, storage.bucket, **how)
    except ValueError:
        raise OperationFailed(f"{CONNECTION_STRING} of this controller cannot be read: copy it from Azure.") from None
    if container.account_name != storage.account:
        raise OperationFailed(
            f"{CONNECTION_STRING} of this controller is for the account {container.account_name}, but the"
            f" storage is {storage}: unset it, or set that of {storage.account}."
        )
    return AzureObjects(container, storage)


def _head(properties: Any) -> Head:
    return Head(
        etag=properties.etag.strip('"'),
        size=properties.size,
        last_modified=properties.last_modified,
        version_id=properties.version_id,
        uploader=(properties.metadata or {}).get("uploader"),
        encryption="AES256" if properties.server_encrypted else None,
    )


def _version(blob: Any) -> Version:
    return Version(
        version_id=blob.version_id,
        last_modified=blob.last_modified,
        is_latest=bool(blob.is_current_version),
        deleted=False,
        etag=blob.etag.strip('"'),
        size=blob.size,
    )
