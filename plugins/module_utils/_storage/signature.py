# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Signature Version 4, for a GET that has no body."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Credentials:
    """An access key, with a session token if it is a temporary one; secrets stay out of ``repr``."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def signed(url: str, credentials: Credentials, region: str, service: str, now: datetime) -> Mapping[str, str]:
    """The headers with which a GET of ``url`` at the time ``now`` (UTC) is one of ``credentials``.

    The path of ``url`` is already quoted, and is signed as it is, as S3 requires.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    headers = {"host": urlsplit(url).netloc, "x-amz-content-sha256": _NO_BODY, "x-amz-date": stamp}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(headers))
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(_canonical(url, headers).encode()).hexdigest()))
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    authorization = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names},"
        f" Signature={_hmac(key, to_sign).hex()}"
    )
    return {**headers, "authorization": authorization}


def _canonical(url: str, headers: Mapping[str, str]) -> str:
    """The canonical request, which both sides sign."""
    address = urlsplit(url)
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in parse_qsl(address.query, keep_blank_values=True))
    return "\n".join(
        (
            "GET",
            address.path or "/",
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            ";".join(sorted(headers)),
            _NO_BODY,
        )
    )


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
