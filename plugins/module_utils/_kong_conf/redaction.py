# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a kong.conf without its secrets, for diffs.

It masks too much rather than too little, and covers comments, ignored lines, dead sections and pasted keys as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import (
    BLANKS,
    SECTION,
    Document,
    Statement,
    as_text,
    is_continued,
    without_comment,
)

MASK = "********"

_NAME = (
    r"(?:[\w.-]*(?:passw|passphrase|_pass|secret|token|credential|private|signing|nonce|bearer|authorization|auth_header"
    r"|license_data|customerkey|access_key|apikey|declarative_config_string|service_account)[\w.-]*"
    r"|[\w.-]*[_.-](?:key|conf))"
)
_SECRET_NAME = re.compile(_NAME, re.ASCII | re.IGNORECASE)
_SECRET = re.compile(rf"(?<![\w.-]){_NAME}[\"']?[{BLANKS}]*[=:]", re.ASCII | re.IGNORECASE)
_FILE = r"(?:/[\w.-]+)+\.(?:pem|key|crt|cer|der)"
_HARMLESS = re.compile(rf"\{{vault://[^{{}}]*\}}|{_FILE}(?:,{_FILE})*", re.ASCII)
_ORDINARY_KEY = re.compile(r"[a-z][a-z0-9_.-]*")
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]+-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]+-----")


def redacted_conf(document: Document) -> str:
    """The text with the values of sensitive settings masked, and every line in its place.

    Sensitive is what is named like a password, token, key or other secret, unless the value is the path of a file or a
    vault reference; a line that is not an ordinary setting, because it may be part of a pasted key; and the user of a
    URL.
    """
    hidden = {index for statement in document.statements for index in _hidden_lines(document, statement)}
    texts = []
    in_pem = in_comment = False
    for index, line in enumerate(document.lines):
        text = _whole(line) if index in hidden or in_pem or in_comment else masked(line)
        in_pem = bool(_PEM_BEGIN.search(line) or (in_pem and line.strip(BLANKS))) and not _PEM_END.search(line)
        # A value over several lines that was commented out still has its backslashes.
        in_comment = text != line and is_continued(line)
        texts.append(as_text(text))
    return "".join(texts)


def secret_values(settings: Mapping[str, str]) -> frozenset[str]:
    """The values of these settings that no output may show."""
    return frozenset(value for name, value in settings.items() if value and is_secret(name, value))


def is_secret(name: str, value: str) -> bool:
    """Whether no output may show the value of this setting or variable."""
    return _SECRET_NAME.fullmatch(name) is not None and _HARMLESS.fullmatch(value) is None


def _hidden_lines(document: Document, statement: Statement) -> list[int]:
    """The lines that are masked as a whole: parts of a secret that `masked` does not find, and what does not look like
    a setting."""
    parts = statement.parts
    first, *rest = statement.lines
    is_section = statement.kind == SECTION
    if not (parts.separator or is_section) or not _ORDINARY_KEY.fullmatch(parts.key.strip(BLANKS + "[]" * is_section)):
        return [first, *rest]
    is_empty = not (parts.raw or parts.comment)
    if is_empty or not _SECRET_NAME.fullmatch(statement.name) or _HARMLESS.fullmatch(parts.raw):
        return []
    line = document.lines[first]
    return rest if masked(line) != line else [first, *rest]


def masked(line: str) -> str:
    """A line with everything masked that follows the name of a secret."""
    for found in _SECRET.finditer(line):
        rest = line[found.end() :].strip(BLANKS)
        if rest and not _HARMLESS.fullmatch(without_comment(rest)):
            return f"{line[: found.end()]} {_whole(line)}"
    pem = _PEM_BEGIN.search(line)
    if pem:
        return line[: pem.start()] + _whole(line)
    return _USER_INFO.sub(f"{MASK}@", line)


def _whole(line: str) -> str:
    return MASK + line[len(line.rstrip("\r\n")) :]
