# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a gateway keeps its snapshots: a bucket in S3, or in the emulated service of Google or Azure (facts 1.4, 2.1 to
2.9)."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from .settings import Settings

_EMULATOR = "STAND_IN_STORAGE"
_AZURE = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


class StorageError(Exception):
    """The storage cannot be used; the text says what failed, without credentials."""


class Bucket(Protocol):
    """What a gateway does with its bucket; every method raises StorageError."""

    def get(self, key: str) -> bytes:
        """The body of an object."""

    def put(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Write an object, whatever is there."""

    def list(self, prefix: str) -> Mapping[str, datetime.datetime]:
        """The keys that begin with this, and when each was written."""


@dataclass(frozen=True)
class S3Bucket:
    """A bucket in S3; ``extra_arguments`` are those of ``cluster_fallback_export_s3_config``."""

    client: Any
    name: str
    extra_arguments: Mapping[str, Any]

    def get(self, key: str) -> bytes:
        """One GetObject."""
        return _asking_s3(
            f"GetObject {key}", lambda: bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())
        )

    def put(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """One PutObject."""
        arguments = {"ContentType": "application/json", **({"Metadata": dict(metadata)} if metadata else {})}
        arguments |= self.extra_arguments
        _asking_s3(
            f"PutObject {key}", lambda: self.client.put_object(Bucket=self.name, Key=key, Body=body, **arguments)
        )

    def list(self, prefix: str) -> Mapping[str, datetime.datetime]:
        """One ListObjectsV2."""
        answer = _asking_s3(
            f"ListObjectsV2 {prefix}", lambda: self.client.list_objects_v2(Bucket=self.name, Prefix=prefix)
        )
        return {each["Key"]: each["LastModified"] for each in answer.get("Contents", [])}


@dataclass(frozen=True)
class GoogleBucket:
    """A bucket in an emulated Google Cloud Storage."""

    bucket: Any

    def get(self, key: str) -> bytes:
        """Read an object."""
        return bytes(_asking(f"read {key}", lambda: self.bucket.blob(key).download_as_bytes(retry=None)))

    def put(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Write an object."""
        blob = self.bucket.blob(key)
        blob.metadata = dict(metadata) or None
        _asking(
            f"write {key}",
            lambda: blob.upload_from_string(body, content_type="application/json", retry=None),
        )

    def list(self, prefix: str) -> Mapping[str, datetime.datetime]:
        """List objects."""
        blobs = _asking(f"list {prefix}", lambda: [*self.bucket.list_blobs(prefix=prefix, retry=None)])
        return {blob.name: blob.updated for blob in blobs}


@dataclass(frozen=True)
class AzureBucket:
    """A container in an emulated Azure Blob Storage."""

    container: Any

    def get(self, key: str) -> bytes:
        """Read an object."""
        return bytes(_asking(f"read {key}", lambda: self.container.download_blob(key).readall()))

    def put(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Write an object."""
        _asking(
            f"write {key}",
            lambda: self.container.upload_blob(key, body, overwrite=True, metadata=dict(metadata)),
        )

    def list(self, prefix: str) -> Mapping[str, datetime.datetime]:
        """List objects."""
        blobs = _asking(f"list {prefix}", lambda: [*self.container.list_blobs(name_starts_with=prefix)])
        return {blob.name: blob.last_modified for blob in blobs}


def open_bucket(settings: Settings, environ: Mapping[str, str]) -> tuple[Bucket, str]:
    """The bucket of the fallback storage, with the credentials of ``environ``, and the prefix; raises StorageError.

    Nothing is asked of the service yet.
    """
    url = urlsplit(settings.text("cluster_fallback_config_storage") or "")
    path = url.path.strip("/")
    if url.scheme == "s3":
        return _s3(settings, environ, url.netloc), path
    if url.scheme == "azure":
        name, _slash, prefix = path.partition("/")
        return _azure(environ, name), prefix
    return _google(environ, url.netloc), path


def _s3(settings: Settings, environ: Mapping[str, str], name: str) -> S3Bucket:
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise StorageError("no region: AWS_REGION and AWS_DEFAULT_REGION are unset")
    if not environ.get("AWS_ACCESS_KEY_ID") or not environ.get("AWS_SECRET_ACCESS_KEY"):
        raise StorageError("no credentials: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is unset")
    extra = settings.text("cluster_fallback_export_s3_config") if settings.installation.has_s3_config else None
    return S3Bucket(_client(settings, environ, region), name, json.loads(extra or "{}"))


def _google(environ: Mapping[str, str], name: str) -> GoogleBucket:
    """Fact 2.8: the text of a key, which an emulator does not check."""
    try:
        is_key = json.loads(environ.get("GCP_SERVICE_ACCOUNT", "")).get("type") == "service_account"
    except (ValueError, AttributeError):
        is_key = False
    if not is_key:
        raise StorageError("no credentials: GCP_SERVICE_ACCOUNT is not the text of a service account's key")
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    options = {"api_endpoint": _emulator(environ)}
    return GoogleBucket(Client("emulated", AnonymousCredentials(), client_options=options).bucket(name))


def _azure(environ: Mapping[str, str], name: str) -> AzureBucket:
    """Fact 2.9: three variables, which an emulator does not check."""
    if not all(environ.get(variable) for variable in _AZURE):
        raise StorageError(f"no credentials: {', '.join(_AZURE)} are not all set")
    from azure.storage.blob import ContainerClient

    try:
        return AzureBucket(ContainerClient.from_connection_string(_emulator(environ), name, retry_total=0))
    except ValueError as error:
        raise StorageError(f"{_EMULATOR} is not a connection string") from error


def _emulator(environ: Mapping[str, str]) -> str:
    if not environ.get(_EMULATOR):
        raise StorageError(f"the stand-in reaches Google and Azure only where {_EMULATOR} leads to an emulator")
    return environ[_EMULATOR]


def _client(settings: Settings, environ: Mapping[str, str], region: str) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.session.Session(
            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environ.get("AWS_SESSION_TOKEN") or None,
            region_name=region,
        ).client(
            "s3",
            endpoint_url=_endpoint(environ.get("AWS_CONFIG_STORAGE_ENDPOINT")),
            verify=_trusted(settings),
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=30,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                ignore_configured_endpoint_urls=True,
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise StorageError(str(error)) from error


def _endpoint(text: str | None) -> str | None:
    """Scheme, host and port of the endpoint: the rest is not used (fact 2.2)."""
    if not text:
        return None
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.netloc:
        raise StorageError(f"AWS_CONFIG_STORAGE_ENDPOINT needs a scheme: {text}")
    return f"{url.scheme}://{url.netloc}"


def _trusted(settings: Settings) -> bool | str:
    """Whom to trust as the store: the system, or a file (fact 2.5)."""
    if not settings.installation.checks_storage_tls:
        return False
    files = [each for each in settings.items("lua_ssl_trusted_certificate") if each != "system"]
    return os.fspath(Path(files[0])) if files else True


def _asking_s3(what: str, request: Callable[[], Any]) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return request()
    except ClientError as error:
        raise StorageError(f"{what}: {error.response.get('Error', {}).get('Code', 'unknown error')}") from error
    except (BotoCoreError, OSError, ValueError, TypeError) as error:
        raise StorageError(f"{what}: {error}") from error


def _asking(what: str, request: Callable[[], Any]) -> Any:
    """What a library of Google or Microsoft answers; its errors have no base in common, and long texts."""
    try:
        return request()
    except Exception as error:
        said = str(error).partition("\n")[0]
        raise StorageError(f"{what}: {type(error).__name__} {said}") from error
