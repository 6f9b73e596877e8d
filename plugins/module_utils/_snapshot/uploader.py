# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wrote a snapshot: an exporter, which has a node id, or a person."""

from __future__ import annotations

UPLOADER = "kongops.fallback.config_snapshot"
"""The uploader of a snapshot that a person published."""


def is_published_by_hand(uploader: str | None) -> bool:
    """Whether a snapshot comes from a person.

    The text of its configuration is then not that of an exporter: ``kong config db_export`` leaves out nulls. So
    the hash (fact 3.11) differs from that of the same configuration on a gateway.
    """
    return uploader == UPLOADER
