# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that the options of a module name, with its keys."""

from __future__ import annotations

from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.archiving import SignedArchive
from ansible_collections.kongops.fallback.plugins.module_utils._archive.keys import (
    SigningKey,
    signing_key,
    verification_keys,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.services import store_elsewhere
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import TYPES, secret_store

ARCHIVE_OPTIONS: dict[str, Any] = {
    "archive_storage": {"type": "str"},
    "signing_key": {
        "no_log": False,  # names the place, holds no secret
        "type": "dict",
        "options": {
            "type": {"type": "str", "choices": list(TYPES), "required": True},
            "name": {"type": "str", "required": True},
        },
    },
    "verification_key": {"type": "str", "no_log": False},
}
"""The options of the documentation fragment ``archive``."""


def store_of_copies(module: Any, store: SnapshotStore) -> SnapshotStore:
    """The store of the archive: that of the snapshots, unless it is elsewhere; raises as :func:`store_elsewhere`."""
    elsewhere = module.params["archive_storage"]
    return store_elsewhere(module, store, elsewhere) if elsewhere else store


def signed_archive(module: Any, store: SnapshotStore) -> SignedArchive | None:
    """The archive with its keys, None without a key; raises InvalidInput and OperationFailed."""
    params = module.params
    private = _private_key(module)
    if private is None and not params["verification_key"]:
        return None
    copies = store_of_copies(module, store)
    public = [private.public_part()] if private else []
    public += [verification_keys(params["verification_key"])] if params["verification_key"] else []
    verify = sum(public[1:], public[0]).verify
    sign = private.sign if private else None
    return SignedArchive(copies, store.storage, verify, sign, params.get("s3_config") or {})


def needed_archive(module: Any, store: SnapshotStore) -> SignedArchive:
    """The archive with its keys; raises InvalidInput without one, and OperationFailed."""
    archive = signed_archive(module, store)
    if archive is None:
        raise InvalidInput(
            "There is neither a verification_key nor a signing_key: give one, to check the archive with."
        )
    return archive


def _private_key(module: Any) -> SigningKey | None:
    option = module.params["signing_key"]
    if not option:
        return None
    secret = secret_store(option["type"], option["name"], lambda service: client_of(module, service))
    pem = secret.get()
    if pem is None:
        raise InvalidInput(f"signing_key does not exist ({secret.ref}): create it, or correct the name.")
    return signing_key(pem, secret.ref)
