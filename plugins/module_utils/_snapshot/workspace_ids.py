# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The field ``ws_id`` where no gateway accepts it, as some data planes export it (fact 3.8)."""

from __future__ import annotations

from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Configuration,
    read_json,
    to_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.entities import KINDS


def without_stray_workspace_ids(configuration: Configuration) -> tuple[Configuration, list[str]]:
    """The configuration without ``ws_id`` on entities without a workspace, and the names of their collections.

    The same configuration, and no names, if there is nothing to leave out.
    """
    document = configuration.document
    strays = [name for name in sorted(document) if _has_strays(name, document[name])]
    if not strays:
        return configuration, []
    cleaned = {**document, **{name: [_without(entity) for entity in document[name]] for name in strays}}
    return read_json(to_json(Configuration(cleaned, ""))), strays


def _has_strays(name: str, entities: Any) -> bool:
    if name not in KINDS or KINDS[name].workspace or not isinstance(entities, list):
        return False
    return any(isinstance(entity, dict) and entity.get("ws_id") is not None for entity in entities)


def _without(entity: Any) -> Any:
    return {name: value for name, value in entity.items() if name != "ws_id"} if isinstance(entity, dict) else entity
