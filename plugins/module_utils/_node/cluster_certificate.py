# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong, according to OpenSSL, with the certificate that this node presents to its control plane."""

from __future__ import annotations

import ssl
from datetime import datetime, timezone

from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.certificate import expiry
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective

_MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")


def certificate_fault(gateway: Effective) -> str:
    """Why no connection to the control plane can be set up with ``cluster_cert`` and ``cluster_cert_key``.

    Empty if no problem is known, for example if they are not files, or this user cannot read them. OpenSSL's
    complaints about the strength of a key do not count, because a gateway has rules of its own.
    """
    certificate, key = gateway.value("cluster_cert"), gateway.value("cluster_cert_key")
    if _readable(certificate) is None or _readable(key) is None:
        return ""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason in _MISMATCHES:
            return f"cluster_cert_key {key} is not the key of cluster_cert {certificate}"
        if not error.reason:
            return f"cluster_cert {certificate} or cluster_cert_key {key} is not PEM without a password"
    expires = certificate_expires(gateway)
    if expires and expires < datetime.now(timezone.utc):
        return f"cluster_cert {certificate} expired on {expires:%Y-%m-%d}"
    return ""


def certificate_expires(gateway: Effective) -> datetime | None:
    """When ``cluster_cert`` expires; None if it is not a file, or this user cannot read it."""
    return expiry(_readable(gateway.value("cluster_cert")) or b"")


def _readable(path: str) -> bytes | None:
    """The content of a file; None if there is none, or this user cannot read it."""
    try:
        return read_regular(path)
    except OperationFailed:
        return None
