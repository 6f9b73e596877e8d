# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's own reader of kong.conf: the grammar of facts 5.1 to 5.8, sharing no code with the collection."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

_BLANK = " \t\n\v\f\r"
_COMMENT = re.compile(r"[ \t\n\v\f\r]*(?<!\\)#.*$")
_CONTINUED = re.compile(r"\\[ \t\n\v\f\r]*\Z")
_SEPARATOR = re.compile(r"[ \t\n\v\f\r]*=[ \t\n\v\f\r]*")
_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*([pP][+-]?\d+)?|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)")
_BINARY = re.compile(r"[+-]?0[bB][01]+")
_NOT_FINITE = re.compile(r"[+-](inf|infinity|nan)", re.IGNORECASE)


class Unreadable(Exception):
    """The gateway's own reader breaks on this file."""


def read(content: bytes) -> dict[str, str]:
    """The settings that the gateway reads from ``content``, by name; raises Unreadable where its reader breaks."""
    settings: dict[str, str] = {}
    in_section = False
    for line in _logical_lines(content.decode("latin-1")):
        if line.startswith("["):
            title = re.search(r"\[([^\]]+)\]", line)
            if title is None:
                raise Unreadable(f"malformed section: {line}")
            settings.pop(_name(title[1]), None)  # the section takes the place of a setting of that name
            in_section = True
        if in_section:
            continue  # goes into the section's table, which the gateway never reads (fact 5.7)
        line = line.lstrip(_BLANK)
        separator = _SEPARATOR.search(line)
        if separator is None:
            continue
        name = _name(line[: separator.start()])
        settings[name] = _value(name, line[separator.end() :])
    return settings


def _logical_lines(text: str) -> Iterator[str]:
    """Lines without blank and comment lines, those ending in a backslash joined to the next (fact 5.6)."""
    held = ""
    for line in text.split("\n"):
        if not line.strip(_BLANK) or line.lstrip(_BLANK)[0] in "#;":
            continue
        continued = _CONTINUED.search(line)
        if continued:
            held += line[: continued.start()]
        else:
            yield held + line
            held = ""


def _name(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "_", text)


def _value(name: str, value: str) -> str:
    if "_blank_" in value:
        raise Unreadable(f"the value of {name} contains '_blank_'")
    if value[:1] in tuple("0123456789+-"):
        number = _number(value)
        if number is None and value.endswith(" kB"):
            value = value.replace(" kB", "")
            number = _number(value)
        if number is not None:
            return format(number, ".14g")
    return _COMMENT.sub("", value.strip(_BLANK), count=1).replace("\\#", "#").strip(_BLANK)


def _number(text: str) -> float | None:
    """What LuaJIT's ``tonumber`` makes of ``text``."""
    text = text.strip(_BLANK)
    if _NOT_FINITE.fullmatch(text):
        return math.nan if text[-1] in "nN" else float(text)
    if _BINARY.fullmatch(text):
        return float(int(text, 2))
    if not _NUMBER.fullmatch(text) or not re.search(r"[0-9a-fA-F]", text[2:] if "x" in text.lower() else text):
        return None
    return float.fromhex(text) if "x" in text.lower() else float(text)
