# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fallback storage: what an exporter writes and an importer reads (facts 2.1 to 2.6, 3.1 to 3.9, 4.9)."""

from __future__ import annotations

import datetime
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .declarative import Configuration, Current, snapshot
from .log import Log
from .settings import Settings

SAY = "[fallback config]"
_DEFAULT_ELECTION_SECONDS = 600.0  # fact 3.2
_RETRY_SECONDS = 1.0
_ALIVE_INTERVALS = 3


class StorageError(Exception):
    """The storage cannot be used; the text says what failed, without credentials."""


@dataclass(frozen=True)
class Storage:
    """``s3://bucket/prefix`` as seen by one node of one gateway version."""

    client: Any
    bucket: str
    folder: str
    node_id: str
    extra_arguments: Mapping[str, Any]

    def fetch(self) -> bytes:
        """The snapshot of this version."""
        return bytes(_asking(f"GetObject {self._key('config.json')}", lambda: self._get("config.json")))

    def publish(self, body: bytes) -> None:
        """Replace the snapshot of this version."""
        _asking(
            f"PutObject {self._key('config.json')}",
            lambda: self._put("config.json", body, Metadata={"uploader": self.node_id}),
        )

    def be_heard(self) -> None:
        """Rewrite this node's election object (fact 3.2)."""
        body = json.dumps({"node_id": self.node_id}).encode()
        key = f"election/{self.node_id}"
        _asking(f"PutObject {self._key(key)}", lambda: self._put(key, body))

    def leads(self, interval: float) -> bool:
        """Whether this node has the smallest id of those heard from in the last three intervals (seconds)."""
        prefix = self._key("election/")
        objects = _asking(
            f"ListObjectsV2 {prefix}", lambda: self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        ).get("Contents", [])
        newest = max((each["LastModified"] for each in objects), default=None)
        horizon = datetime.timedelta(seconds=max(_ALIVE_INTERVALS * interval, 2))  # S3 rounds to seconds
        alive = [each["Key"] for each in objects if newest - each["LastModified"] <= horizon]
        return min(alive, default=None) == self._key(f"election/{self.node_id}")

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _get(self, name: str) -> Any:
        return self.client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"].read()

    def _put(self, name: str, body: bytes, **arguments: Any) -> Any:
        arguments = {"ContentType": "application/json", **arguments, **self.extra_arguments}
        return self.client.put_object(Bucket=self.bucket, Key=self._key(name), Body=body, **arguments)


def open_storage(settings: Settings, environ: Mapping[str, str], node_id: str) -> Storage:
    """The fallback storage of ``settings`` with the credentials of ``environ``; raises StorageError.

    Nothing is asked of the store yet.
    """
    url = urlsplit(settings.text("cluster_fallback_config_storage") or "")
    if url.scheme != "s3":
        raise StorageError(f"the stand-in talks to s3:// only, not {url.scheme}://")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise StorageError("no region: AWS_REGION and AWS_DEFAULT_REGION are unset")
    if not environ.get("AWS_ACCESS_KEY_ID") or not environ.get("AWS_SECRET_ACCESS_KEY"):
        raise StorageError("no credentials: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is unset")
    prefix = url.path.strip("/")
    extra = settings.text("cluster_fallback_export_s3_config") if settings.installation.has_s3_config else None
    return Storage(
        client=_client(settings, environ, region),
        bucket=url.netloc,
        folder=f"{prefix}/{settings.installation.version}" if prefix else settings.installation.version,
        node_id=node_id,
        extra_arguments=json.loads(extra or "{}"),
    )


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


def _asking(what: str, request: Callable[[], Any]) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return request()
    except ClientError as error:
        raise StorageError(f"{what}: {error.response.get('Error', {}).get('Code', 'unknown error')}") from error
    except (BotoCoreError, OSError, ValueError, TypeError) as error:
        raise StorageError(f"{what}: {error}") from error
