# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from nodes and stores, made safe for a report: no control characters, and not endless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 2000
_REPLACEMENT = "\ufffd"


def plain(value: Any) -> Any:
    """The value with every text in it on one line, without anything that a terminal, a browser or a scraper would
    interpret."""
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, Mapping):
        return {plain(name): plain(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    return value


def _plain_text(text: str) -> str:
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    if short.isprintable():
        return short
    return "".join(each if each.isprintable() else " " if each in "\t\n\r\xa0" else _REPLACEMENT for each in short)
