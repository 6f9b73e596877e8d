# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planned change of one file of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileChange:
    """A file as it is and as it will be: ``before`` and ``after`` are its content, None without a file.

    ``shown`` holds both contents as a diff may show them; ``attributes`` are owner, mode and the like, in the words of
    Ansible's file modules; ``make_directory`` creates the directory of a new file.
    """

    path: str
    before: bytes | None = field(repr=False)
    after: bytes | None = field(repr=False)
    shown: tuple[str, str] = field(repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    backup: bool = False
    make_directory: bool = False

    @property
    def changes_content(self) -> bool:
        """Whether the content of the file will change."""
        return self.before != self.after
