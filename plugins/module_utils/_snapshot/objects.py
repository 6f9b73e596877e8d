# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in a bucket of any service: what each adapter provides, and why it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed

NO_BUCKET = "no-bucket"
TOO_BIG = "too-big"
CHANGED = "changed"
UNSUPPORTED = "unsupported"

ABSENT = ""
WHATEVER = "*"
"""In place of an ETag: a write replaces no object, or whatever is there."""


class StoreFailed(OperationFailed):
    """A call that the store did not carry out.

    ``reason`` is one of the outcomes ``missing``, ``denied`` and ``unreachable``, or ``no-bucket``, or ``changed`` (the
    condition of a write was not met), or ``unsupported`` (the store lacks the feature), or ``too-big``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Head:
    """What the store says about an object besides its body.

    ``etag`` differs for each content, ``size`` in bytes, ``uploader`` the node id of the exporter (fact
    3.4), ``encryption`` how the store encrypts it.
    """

    etag: str
    size: int
    last_modified: datetime
    version_id: str | None = None
    uploader: str | None = None
    encryption: str | None = None


@dataclass(frozen=True)
class Opened:
    """An object that is about to be read: ``read`` gives its body, once."""

    head: Head
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Version:
    """One version of an object, or the mark that it was deleted then; ``size`` in bytes."""

    version_id: str
    last_modified: datetime
    is_latest: bool
    deleted: bool
    etag: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Listed:
    """An object as a listing has it; ``size`` in bytes."""

    key: str
    size: int
    etag: str
    last_modified: datetime


@dataclass(frozen=True)
class WrittenObject:
    """A successful write; ``checksum_confirmed`` when the store answered with the checksum it computed."""

    etag: str
    version_id: str | None
    checksum_confirmed: bool


class Objects(Protocol):
    """The objects of one bucket. Every method raises StoreFailed, whose text names what was tried, and what to do."""

    def check_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Raise InvalidInput unless a write may have these further arguments (fact 1.2)."""

    def head(self, key: str) -> Head:
        """The headers of an object; one request."""

    def open(self, key: str, version_id: str | None) -> Opened:
        """An object, or one version of it."""

    def put(
        self, key: str, body: bytes, replaces: str, metadata: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> WrittenObject:
        """Write a whole object if what is there is ``replaces``: an ETag, ABSENT or WHATEVER."""

    def delete(self, key: str) -> None:
        """Delete an object; in a versioned bucket its versions stay."""

    def versions(self, key: str, limit: int) -> list[Version]:
        """Versions of an object, delete markers included, in any order."""

    def objects(self, prefix: str) -> Iterator[Listed]:
        """The objects whose keys begin with this."""

    def folders(self, prefix: str) -> Iterator[str]:
        """The parts between ``prefix`` and the next slash in the keys, each once."""


def no_further_arguments(arguments: Mapping[str, Any]) -> None:
    """Raise InvalidInput for further arguments of a write to a service that has none (fact 1.5)."""
    if arguments:
        raise InvalidInput("s3_config works with s3:// storage only: leave it out.", fact="1.5")
