# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two errors of the collection, for what the core refuses and what an adapter could not do, and how their messages
stay short."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_VALUE = 200
"""The most characters of a value in a message."""

MOST_NAMES = 5
"""The most hosts or nodes that a message names."""

_LONG_WORD = re.compile(rf"([^\s']{{{LONGEST_VALUE}}})[^\s']+")
_LONG_QUOTE = re.compile(rf"(?<!\w)'([^']{{{LONGEST_VALUE}}})[^']+'")


class InvalidInput(Exception):
    """The core cannot accept what it was given.

    ``reason`` is one sentence that names the option or file and what to do, ``fact`` a number of docs/kong-facts.md;
    the text of the error is both.
    """

    def __init__(self, reason: str, fact: str | None = None) -> None:
        self.reason = shortened(reason)
        super().__init__(cited(self.reason, fact))
        self.fact = fact


class OperationFailed(Exception):
    """An adapter could not do what it was asked; the text says what was tried, on what, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(shortened(message))


def cited(sentence: str, fact: str | None) -> str:
    """The sentence with the number of the fact that it rests on, if there is one."""
    return f"{sentence} (fact {fact})" if fact else sentence


def shortened(message: str) -> str:
    """The message with values, which are long words or quoted, cut off at ``LONGEST_VALUE``."""
    return _LONG_WORD.sub(r"\1…", _LONG_QUOTE.sub(r"'\1…'", message))


def first_line(error: Exception) -> str:
    """The first line of an error's text, fit to stand inside a sentence."""
    return str(error).strip().partition("\n")[0].rstrip(".:")


def some(names: Sequence[str]) -> str:
    """As many names as fit into a sentence, and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
