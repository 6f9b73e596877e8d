# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate expires, read from its text."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime, timezone

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(?P<base64>.+?)-----END CERTIFICATE-----", re.DOTALL)
_UTC_TIME, _EXPLICIT_VERSION = 0x17, 0xA0
_AFTER_VERSION = 3
"""The validity is the fourth element: serial number, algorithm and issuer come before it."""


def expiry(pem: bytes) -> datetime | None:
    """When the first certificate of a PEM file expires, None if it cannot be read (RFC 5280, 4.1)."""
    found = _CERTIFICATE.search(pem)
    if not found:
        return None
    try:
        certificate, *_others = _elements(base64.b64decode(found["base64"]))
        body, *_others = _elements(certificate[1])
        fields = [content for tag, content in _elements(body[1]) if tag != _EXPLICIT_VERSION]
        _not_before, (tag, text) = _elements(fields[_AFTER_VERSION])
        form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
        return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=timezone.utc)
    except (ValueError, IndexError):
        return None


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements within one of DER (X.690, 8.1): tag and content."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        yield tag, der[at : at + length]
        at += length
