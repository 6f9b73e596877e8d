# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the expected snapshot has arrived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERIFIED = "verified"
WRITTEN = "written"
SEEN = "seen"
CHANGED = "changed"
SIGNS = (VERIFIED, WRITTEN, SEEN, CHANGED)


def has_arrived(sign: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    """Whether ``now`` shows one of the SIGNS.

    ``before`` and ``now`` are reports on the snapshot of one gateway version; that of ``now`` is verified. If there was
    no report before, a verified one is enough.
    """
    if before is None or sign == VERIFIED:
        return True
    if sign == CHANGED:
        return bool(now["digest"] != before.get("digest"))
    is_written = bool(now["last_modified"] != before.get("last_modified"))
    return is_written or (sign == SEEN and bool(_heartbeats(now) - _heartbeats(before)))


def _heartbeats(report: Mapping[str, Any]) -> set[str]:
    """When each exporter was last seen (fact 3.2)."""
    return {exporter["last_seen"] for exporter in report.get("exporters") or ()}
