# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash of a configuration, written down step by step as fact 3.11 tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

EMPTY_HASH = "0" * 32
_OWN_DIGEST = ("routes", "services", "plugins", "upstreams", "targets")


def configuration_hash(document: Mapping[str, Any]) -> str:
    """32 hexadecimal digits for a declarative configuration as it was received."""
    others = dict(document)
    text = ""
    for collection in _OWN_DIGEST:
        text += _hex_digest(others.pop(collection)) if collection in others else EMPTY_HASH
    text += _hex_digest(others)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _hex_digest(value: Any) -> str:
    return hashlib.md5(_write(value, b""), usedforsecurity=False).hexdigest()


def _write(value: Any, written: bytes) -> bytes:
    """The text after ``value`` is appended to ``written``."""
    if len(written) > 1_000_000:
        written = hashlib.md5(written, usedforsecurity=False).digest()
    match value:
        case None:
            return written + b"/null/"
        case True | False:
            return written + str(value).lower().encode()
        case int() | float():
            return written + b"%.14g" % value
        case str():
            return written + value.encode("utf-8", "surrogatepass")
        case [] | {} if not value:
            return written + b"{}"
        case list():
            for position, element in enumerate(value, start=1):
                written = _write(element, written)
                if len(value) > 5 or position < len(value):
                    written += b";"
            return written
        case dict():
            for key in sorted(value, key=str.encode):
                written = _write(value[key], written + key.encode() + b":") + b";"
            return written
    raise TypeError(f"no configuration holds a {type(value).__name__}")
