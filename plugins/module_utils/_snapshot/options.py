# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for snapshots have in common: their options and their store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import FULL, Demands
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "storage": {"required": True},
    "minimum_entities": {"type": "dict", "default": {}},
    "allowed_plugins": {"type": "list", "elements": "str"},
    "custom_collections": {"type": "list", "elements": "str", "default": []},
}
"""The options of the documentation fragment ``snapshot``."""


def store_of(module: Any) -> SnapshotStore:
    """The store that the options of an ``AnsibleAWSModule`` name; raises InvalidInput."""
    storage = parse(module.params["storage"])
    return SnapshotStore(client_of(module, "s3", config={"connect_timeout": 10}), storage)


def demands_of(params: Mapping[str, Any]) -> Demands:
    """The demands that a module's options make; raises InvalidInput."""
    plugins = params["allowed_plugins"]
    for name in ("max_age", "max_shrink_percent", "history"):
        if (params.get(name) or 0) < 0:
            raise InvalidInput(f"{name} is {params[name]}: give a number that is not negative.")
    return Demands(
        depth=params.get("depth", FULL),
        max_age=params.get("max_age"),
        require_encryption=params.get("require_encryption", False),
        max_shrink_percent=params.get("max_shrink_percent"),
        history=params.get("history", 0),
        allowed_plugins=None if plugins is None else frozenset(plugins),
        custom_collections=frozenset(params["custom_collections"]),
        minimum_entities={name: _count(name, least) for name, least in params["minimum_entities"].items()},
    )


def _count(collection: str, least: Any) -> int:
    try:
        return int(least)
    except (TypeError, ValueError):
        raise InvalidInput(f"minimum_entities has no number for {collection}: give one, such as 100.") from None
