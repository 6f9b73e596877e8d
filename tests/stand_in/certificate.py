# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate with which a data plane goes to its control plane (fact 4.10)."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
import time
from pathlib import Path

from .settings import Settings

_NAMES = ("cluster_cert", "cluster_cert_key")


def certificate_failure(settings: Settings) -> str | None:
    """Why no connection can be set up with ``cluster_cert`` and ``cluster_cert_key``, None if one can."""
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = (_file(settings.text(name) or "", Path(directory, name)) for name in _NAMES)
        try:
            ssl.create_default_context().load_cert_chain(certificate, key, password=lambda: "")
            # The one function of the standard library that reads a certificate without a connection.
            decoded = ssl._ssl._test_decode_cert(certificate)  # type: ignore[attr-defined]
        except OSError as error:
            return str(error)
    expired = ssl.cert_time_to_seconds(decoded["notAfter"]) < time.time()
    return f"certificate has expired: {decoded['notAfter']}" if expired else None


def _file(value: str, otherwise: Path) -> str:
    """The file that a setting names, or one with the PEM that it holds, also in base64."""
    if os.path.isfile(value):
        return value
    otherwise.write_bytes(value.encode() if "-----BEGIN" in value else base64.b64decode(value))
    return str(otherwise)
