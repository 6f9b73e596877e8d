# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which copies an archive no longer needs to keep."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import VOUCHED, Chain, Entry, copies_of


@dataclass(frozen=True)
class Keep:
    """The newest ``count`` copies, and of these only those of the last ``days``; 0 means no limit."""

    count: int = 0
    days: int = 0


def expired_copies(chain: Chain, keep: Keep, now: datetime, in_use: Container[str]) -> list[Entry]:
    """The copies to remove, oldest first.

    Never the newest one, nor the newest that an operator or the gateways vouched for, nor any of ``in_use`` (SHA-256).
    """
    held = list(copies_of(chain).values())
    vouched = [entry for entry in held if entry.copy.event in VOUCHED]
    safe = {entry.number for entry in (*held[-1:], *vouched[-1:])}
    beyond = len(held) - keep.count if keep.count else 0
    oldest = now - timedelta(days=keep.days) if keep.days else None
    return [
        entry
        for place, entry in enumerate(held)
        if entry.number not in safe
        and entry.copy.sha256 not in in_use
        and (place < beyond or (oldest and entry.moment < oldest))
    ]
