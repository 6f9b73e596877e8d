# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data planes of a control plane, as its Admin API lists them (fact 3.11)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer

_MOST = 1000
_TOLD = ("hostname", "version", "config_hash", "last_seen")


def list_url(admin_url: str) -> str:
    """The address of the list."""
    return f"{admin_url.rstrip('/')}/clustering/data-planes?size={_MOST}"


def data_planes_of_answer(answer: Answer) -> list[dict[str, Any]] | None:
    """For each data plane what shows which configuration it serves; None if the answer is not such a list."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return None
    data = content.get("data") if answer.status == 200 and isinstance(content, dict) else None
    if not isinstance(data, list):
        return None
    return [{name: each.get(name) for name in _TOLD} for each in data if isinstance(each, Mapping)]
