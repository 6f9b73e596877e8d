# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ed25519 keys as PEM, with the library ``cryptography``, which only a signed archive needs."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HAS_CRYPTOGRAPHY = False
with suppress(ImportError):
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    HAS_CRYPTOGRAPHY = True

_PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A private key; it never shows itself."""

    key: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return self.key.sign(message)

    def public_part(self) -> VerificationKeys:
        """The key that verifies what this one signed."""
        return VerificationKeys((self.key.public_key(),))


@dataclass(frozen=True)
class VerificationKeys:
    """Public keys, one of which must have signed: while a signing key is being replaced there are two."""

    keys: tuple[Ed25519PublicKey, ...]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether one of the keys signed this message."""
        return any(_verifies(key, message, signature) for key in self.keys)

    def __add__(self, other: VerificationKeys) -> VerificationKeys:
        """These keys and others."""
        return VerificationKeys((*self.keys, *other.keys))


def signing_key(pem: str, where: str) -> SigningKey:
    """The private key that is kept at ``where``; raises InvalidInput, whose text never repeats the key."""
    _require_cryptography()
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput(_no_private_key(where)) from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InvalidInput(_no_private_key(where))
    return SigningKey(key)


def verification_keys(pem: str) -> VerificationKeys:
    """The public keys in a text with one or several PEM blocks; raises InvalidInput."""
    _require_cryptography()
    keys = []
    for block in _PUBLIC_KEY.findall(pem):
        with suppress(ValueError, UnsupportedAlgorithm):
            keys.append(serialization.load_pem_public_key(block.encode()))
    public = tuple(key for key in keys if isinstance(key, ed25519.Ed25519PublicKey))
    if not public or len(public) != pem.count("-----BEGIN"):
        raise InvalidInput(
            "verification_key is not an Ed25519 public key in PEM: give the output of openssl pkey -in KEY -pubout."
        )
    return VerificationKeys(public)


def _no_private_key(where: str) -> str:
    return (
        f"{where} does not hold an Ed25519 private key in PEM without a password: create one with"
        " openssl genpkey -algorithm ed25519."
    )


def _verifies(key: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _require_cryptography() -> None:
    if not HAS_CRYPTOGRAPHY:
        raise OperationFailed(
            "The Python of this module lacks the library cryptography, which signs the archive:"
            " install it on the controller."
        )
