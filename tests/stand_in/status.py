# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status listener (fact 4.7)."""

from __future__ import annotations

import time

from .configuration_hash import EMPTY_HASH
from .declarative import Current
from .servers import Request, Response, json_response, message
from .settings import Settings

EARLY_SECONDS = 1.0
"""For how long after its start a release with that fault says ready too early."""


class StatusApi:
    """Answers ``/status`` and, where the version has it, ``/status/ready``."""

    def __init__(self, settings: Settings, current: Current) -> None:
        self._role = settings.text("role")
        self._dbless = settings.text("database") == "off"
        self._has_ready = settings.installation.has_ready_endpoint
        early = EARLY_SECONDS if settings.installation.may_say_ready_too_early else 0.0
        self._early_until = time.monotonic() + early
        self._current = current

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        configuration_hash = self._current.get().hash
        if request.path == "/status":
            shown = {"server": {"connections_active": 1}, "database": {"reachable": True}}
            return json_response(200, {**shown, **({"configuration_hash": configuration_hash} if self._dbless else {})})
        if request.path == "/status/ready" and self._has_ready:
            is_empty = self._role != "control_plane" and self._dbless and configuration_hash == EMPTY_HASH
            if is_empty and time.monotonic() >= self._early_until:
                return message(503, "no configuration available (empty configuration present)")
            return message(200, "ready")
        return message(404, "Not found")
