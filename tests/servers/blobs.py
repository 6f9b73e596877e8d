# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket of an emulated service that is not S3: what tests do with it, and what leads programs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Bucket(Protocol):
    """What tests put into a bucket, and find there."""

    def put(self, key: str, body: bytes) -> None:
        """Write an object, whatever is there."""

    def get(self, key: str) -> bytes:
        """Read an object."""

    def keys(self) -> list[str]:
        """The keys of all objects, sorted."""


@dataclass(frozen=True)
class Emulated:
    """A fresh bucket with the fallback storage ``url``.

    ``operator`` are the variables that lead the library of the service there from the controller, ``gateway`` those of
    a gateway, which is the stand-in.
    """

    url: str
    bucket: Bucket
    operator: Mapping[str, str]
    gateway: Mapping[str, str]

    def options(self, **more: Any) -> dict[str, Any]:
        """The options that name the storage to a module, and more."""
        return {"storage": self.url, **more}
