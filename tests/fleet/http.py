# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The little HTTP that the stories need; proxies of the environment are left out."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def get(url: str) -> tuple[int, str]:
    """Status and body of the answer; status 0 and the reason when nothing answers."""
    try:
        with _open(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def read(url: str) -> dict[str, Any]:
    """The entity at this address of an Admin API."""
    with _open(url, timeout=10) as response:
        entity: dict[str, Any] = json.load(response)
    return entity


def create(url: str, entity: Mapping[str, Any]) -> dict[str, Any]:
    """Create an entity through an Admin API; what it has become."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=json.dumps(entity).encode(), headers=headers, method="POST")
    with _open(request, timeout=10) as response:
        created: dict[str, Any] = json.load(response)
    return created
