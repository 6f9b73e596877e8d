# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two errors of the collection, one a ring: private to the collection."""

from __future__ import annotations


class InvalidInput(Exception):
    """The pure core cannot accept what it was given; the text is one sentence naming the option or file and the
    cure."""


class OperationFailed(Exception):
    """An adapter could not do what it was asked; the text says what was tried, on what, and what to do."""
