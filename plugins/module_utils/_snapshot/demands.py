# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demands on every snapshot, and the options that set them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import Rules

LARGEST = 512 * 2**20
"""The default of the largest snapshot to read, in bytes."""

QUICK = "quick"
FULL = "full"

SNAPSHOT_OPTIONS: dict[str, Any] = {
    "storage": {"type": "str", "required": True},
    "minimum_entities": {"type": "dict", "default": {}},
    "max_size": {"type": "int", "default": LARGEST},
    "allowed_plugins": {"type": "list", "elements": "str"},
    "custom_collections": {"type": "list", "elements": "str", "default": []},
}
"""The options of the documentation fragment ``snapshot``."""


@dataclass(frozen=True)
class Demands:
    """The demands on every snapshot.

    ``max_age`` is in seconds (None: any age, because an unchanged configuration is not exported again, fact 3.7),
    ``max_shrink_percent`` is measured against the last good version (None: not at all), ``history`` counts versions.
    """

    depth: str = FULL
    max_age: int | None = None
    require_encryption: bool = False
    max_shrink_percent: int | None = None
    history: int = 0
    allowed_plugins: frozenset[str] | None = None
    minimum_entities: Mapping[str, int] = field(default_factory=dict)
    custom_collections: frozenset[str] = frozenset()

    def rules(self, version: GatewayVersion) -> Rules:
        """The demands that depend only on the body."""
        return Rules(version, self.allowed_plugins, self.minimum_entities, self.custom_collections)


def demands_of(params: Mapping[str, Any]) -> Demands:
    """What the options of a module demand; raises InvalidInput."""
    plugins = params["allowed_plugins"]
    refuse_no_size(params)
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
        minimum_entities=minimum_of(params["minimum_entities"]),
    )


def refuse_no_size(params: Mapping[str, Any]) -> None:
    """Raise InvalidInput for an impossible maximum size."""
    if params["max_size"] < 1:
        raise InvalidInput(
            f"max_size (kong_fallback_max_size in roles) is {params['max_size']}: give a number of bytes, 1 or more."
        )


def minimum_of(option: Mapping[str, Any]) -> dict[str, int]:
    """How many entities a snapshot must have at least, by collection; raises InvalidInput for what is not a number."""
    return {name: _count(name, least) for name, least in option.items()}


def enabled_plugins(setting: str) -> frozenset[str] | None:
    """The plugins that a gateway has with this value of its setting ``plugins``.

    None if they are not known: with ``bundled`` they are those of the release, which we do not list.
    """
    names = frozenset(name.strip() for name in setting.split(",") if name.strip())
    return None if not names or "bundled" in names else names - {"off"}


def _count(collection: str, least: Any) -> int:
    try:
        return int(least)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"minimum_entities (kong_fallback_minimum_entities in roles) has {collection} without a number: give"
            " one, such as 100."
        ) from None
