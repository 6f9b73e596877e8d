# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derived names: of a storage's identities, and of the secrets with their keys."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import ACCESS
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

_LONGEST_LABEL = 24
"""IAM names have at most 64 characters."""


def identity_name(storage: StorageUrl, access: str) -> str:
    """The IAM name of the identity that reads or writes a storage: short, and unique in an account by its digest."""
    label = re.sub(r"[^A-Za-z0-9]+", "-", storage.prefix)[:_LONGEST_LABEL]
    digest = hashlib.sha256(str(storage).encode()).hexdigest()[:8]
    return f"kong-fallback-{label}-{digest}-{access}"


def secret_for(secret_store: Mapping[str, Any], access: str) -> dict[str, Any]:
    """The place of the key that reads or writes, in the secret store of a cluster (``type`` and ``name``).

    Raises InvalidInput for a store without a name, and for an access that no node has.
    """
    if access not in ACCESS:
        raise InvalidInput(f"There is no key for '{access}': ask for {' or '.join(ACCESS)}.")
    if not secret_store.get("type") or not secret_store.get("name"):
        raise InvalidInput("kong_fallback_secret_store lacks its type or its name: give both.")
    return {"type": secret_store["type"], "name": f"{secret_store['name']}/{access}"}


def place_of_key(node: Mapping[str, Any], access: str) -> dict[str, Any]:
    """The options of storage_credentials_info that read the key of a node, empty if its key is not in a secret store.

    ``node`` holds its role's variables by their names without ``kong_fallback_``. Raises InvalidInput like
    ``secret_for``.
    """
    if node["state"] != "present" or node["instance_role"] or not node["secret_store"]:
        return {}
    return {"secret_store": secret_for(node["secret_store"], access), **operator_options(node)}


def operator_options(host: Mapping[str, Any]) -> dict[str, Any]:
    """The options that all modules for the controller share, with the operator's credentials, without empty ones.

    ``host`` has variables of a host by their names without ``kong_fallback_``.
    """
    options = {
        "region": host["region"],
        "endpoint_url": host["endpoint_url"],
        "aws_ca_bundle": host["ca_bundle"],
        "access_key": host["operator_access_key_id"],
        "secret_key": host["operator_secret_access_key"],
    }
    return {name: value for name, value in options.items() if value}
