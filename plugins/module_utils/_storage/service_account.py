# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a Google service account, and what is signed with it, for a node that has only the standard library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

VARIABLE = "GCP_SERVICE_ACCOUNT"

_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
_LIFETIME = 600
"""Seconds for which a signed request for a token is good."""
_INTEGER, _OCTETS = 0x02, 0x04
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 in a PKCS #1 signature."""


@dataclass(frozen=True)
class ServiceAccount:
    """An account with its RSA key; ``token_uri`` is where it gets access tokens."""

    email: str
    token_uri: str
    modulus: int = field(repr=False)
    private_exponent: int = field(repr=False)

    def assertion(self, now: int) -> str:
        """The signed request for an access token (RFC 7523); ``now`` are seconds since 1970."""
        claims = {
            "iss": self.email,
            "scope": _SCOPE,
            "aud": self.token_uri,
            "iat": now,
            "exp": now + _LIFETIME,
        }
        signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        return f"{signed}.{_base64url(self._signature(signed.encode()))}"

    def _signature(self, message: bytes) -> bytes:
        """The signature by RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017)."""
        length = (self.modulus.bit_length() + 7) // 8
        digest = _SHA256_DIGEST_INFO + hashlib.sha256(message).digest()
        padded = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
        return pow(int.from_bytes(padded, "big"), self.private_exponent, self.modulus).to_bytes(length, "big")


def service_account(text: str) -> ServiceAccount:
    """The account whose key is in the text (fact 2.8); raises InvalidInput, which repeats nothing of it."""
    try:
        key: Any = json.loads(text)
    except ValueError:
        raise _wrong("is not JSON") from None
    if not isinstance(key, Mapping) or key.get("type") != "service_account":
        raise _wrong("is not the key of a service account")
    email, token_uri, pem = (key.get(name) for name in ("client_email", "token_uri", "private_key"))
    if not (isinstance(email, str) and isinstance(token_uri, str) and isinstance(pem, str)):
        raise _wrong("has no client_email, token_uri or private_key")
    if not token_uri.startswith(("https://", "http://")):
        raise _wrong("has a token_uri that is not an address")
    return ServiceAccount(email, token_uri, *_numbers(pem))


def _wrong(what: str) -> InvalidInput:
    return InvalidInput(f"{VARIABLE} {what}: set it to the text of the key's file, not to its path.", fact="2.8")


def _numbers(pem: str) -> tuple[int, int]:
    """Modulus and private exponent of a key in PEM: PKCS #8, as Google gives it, or PKCS #1."""
    lines = [line.strip() for line in pem.strip().splitlines()]
    try:
        _tag, fields = next(_elements(base64.b64decode("".join(lines[1:-1]), validate=True)))
        parts = list(_elements(fields))
        octets = [content for tag, content in parts if tag == _OCTETS]
        if octets:
            parts = list(_elements(next(_elements(octets[0]))[1]))
        integers = [int.from_bytes(content, "big") for tag, content in parts if tag == _INTEGER]
        _version, modulus, _public, private = integers[:4]
    except (binascii.Error, ValueError, IndexError, StopIteration):
        raise _wrong("holds no RSA key in private_key that can be read") from None
    if modulus.bit_length() < 1024:
        raise _wrong("holds no RSA key in private_key that can be read")
    return modulus, private


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a sequence in DER: tag and content; raises IndexError where it is cut off."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        if at + length > len(der):
            raise IndexError
        yield tag, der[at : at + length]
        at += length


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
