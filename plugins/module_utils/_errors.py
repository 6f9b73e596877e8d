# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two errors of the collection: what the core refuses, and what an adapter could not do."""

from __future__ import annotations


class InvalidInput(Exception):
    """The core cannot accept what it was given.

    ``reason`` is one sentence that names the option or file and the cure, ``fact`` a number of docs/kong-facts.md; the
    text of the error is both.
    """

    def __init__(self, reason: str, fact: str | None = None) -> None:
        super().__init__(cited(reason, fact))
        self.reason = reason
        self.fact = fact


class OperationFailed(Exception):
    """An adapter could not do what it was asked; the text says what was tried, on what, and what to do."""


def cited(sentence: str, fact: str | None) -> str:
    """The sentence with the number of the fact that it rests on, if there is one."""
    return f"{sentence} (fact {fact})" if fact else sentence
