# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request, past the proxies of the environment."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener


@dataclass(frozen=True)
class Answer:
    """What a server said; status 0 and the reason as body when no server answered."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300


def ask(
    url: str,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    authority: Path | None = None,
    timeout: float = 10.0,
) -> Answer:
    """Send a request, with ``body`` as JSON unless it is bytes; ``authority`` is a private one that the server has."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    sent = {**({} if data is None else {"Content-Type": "application/json"}), **(headers or {})}
    trust = [HTTPSHandler(context=ssl.create_default_context(cafile=authority))] if authority else []
    try:
        opener = build_opener(ProxyHandler({}), *trust)
        with opener.open(Request(url, data, sent, method=method), timeout=timeout) as answer:
            return Answer(answer.status, answer.read().decode())
    except HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode())
    except OSError as error:
        return Answer(0, str(error))


def create(url: str, entity: Mapping[str, Any]) -> dict[str, Any]:
    """Create an entity through an Admin API; the entity as the gateway keeps it."""
    answer = ask(url, "POST", entity)
    assert answer.is_success, f"POST {url}: {answer}"
    created: dict[str, Any] = answer.json
    return created
