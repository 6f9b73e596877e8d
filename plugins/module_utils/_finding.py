# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a check, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import cited, shortened

ERROR = "error"
WARNING = "warning"
INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One reason why the fallback would not work, or something an operator should know; pass the details by keyword.

    ``code`` is a stable kebab-case word with a section in the troubleshooting guide, ``severity`` one of
    ``error``, ``warning`` and ``info``, ``message`` one sentence, ``fact`` a number of docs/kong-facts.md;
    ``setting`` and ``line`` (1-based) point into the file at ``path``, ``pointer`` (JSON pointer) into a snapshot.
    """

    code: str
    severity: str
    message: str
    setting: str | None = None
    line: int | None = None
    fact: str | None = None
    path: str | None = None
    pointer: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", shortened(self.message))

    @property
    def sentence(self) -> str:
        """The message with the number of its fact."""
        return cited(self.message, self.fact)

    def as_dict(self) -> dict[str, Any]:
        """The finding as a module returns it."""
        return asdict(self)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that keep a new data plane from coming up."""
    return [finding for finding in findings if finding.severity == ERROR]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that deserve a look but keep no data plane from coming up."""
    return [finding for finding in findings if finding.severity == WARNING]
