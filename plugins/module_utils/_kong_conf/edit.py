# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a kong.conf as a careful person would make them.

An edit is a plan (what happens to which physical line, which lines are new) that is carried out in one pass over the
file and then proved by reading the result.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Optional

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import (
    ASSIGNMENT,
    BLANKS,
    FORBIDDEN_WORD,
    IGNORED,
    SECTION,
    UTF_16_MARKS,
    Document,
    Parts,
    Statement,
    as_file_text,
    is_continued,
    normalised,
    read_conf,
    setting_name,
    take_apart,
    value_of,
)

BEGIN = "# BEGIN kongops.fallback"
END = "# END kongops.fallback"

COMMENTED = "commented default"

# The new text of physical lines, by index; None for a line to delete.
Changes = dict[int, Optional[str]]

_SETTING = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_COMMENTED_DEFAULT = re.compile(rf"#(?P<name>\w+)[{BLANKS}]*=", re.ASCII)


def edit_conf(document: Document, assign: Mapping[str, str], remove: Collection[str] = ()) -> Document:
    """The document with the settings of ``assign`` set and those of ``remove`` gone; every other one reads as before.

    An assigned setting ends up on one line: its first assignment, else its first ignored line (``name: value``), else
    its commented default, each changed in place with indent, alignment and inline comment kept; else a new line in the
    marked block, above the first section. Every other line that sets it goes, below sections too. A line that goes but
    has an inline comment stays as a commented default without a value, because in the stock file its documentation
    begins there. A block left empty goes.

    Raises InvalidInput for a value that a kong.conf cannot hold (facts 5.2, 5.5, 5.6), and when the gateway would not
    read the result as asked, which is found out by reading it.
    """
    _refuse_unreadable(document)
    for name in sorted(set(assign) & set(remove)):
        raise InvalidInput(f"{name} cannot be both set and removed: name it once.")
    changes, additions = _plan(document, assign, remove)
    edited = read_conf(_carried_out(document, changes, additions)) if changes or additions else document
    _prove(document, edited, assign, remove)
    return edited


def _plan(document: Document, assign: Mapping[str, str], remove: Collection[str]) -> tuple[Changes, list[str]]:
    """The changes of the physical lines, and the lines to add."""
    named = {*assign, *remove}
    changes: Changes = {}
    additions = []
    for name in [*assign, *remove]:
        lines = _lines_of(document, name)
        home = None
        if name in assign:
            raw = _as_written(name, assign[name])
            home = _home(document, name, lines)
            if home is None:
                additions.append(f"{name} = {raw}")
            elif not (home.kind == ASSIGNMENT and home.complete and value_of(home.parts) == as_file_text(assign[name])):
                changes.update(_replaced(document, home, _with_value(document, home, raw), named))
        for line in lines:
            if line is not home:
                changes.update(_replaced(document, line, _without_value(document, line), named))
    return changes, additions


def _refuse_unreadable(document: Document) -> None:
    if document.data.startswith(UTF_16_MARKS):
        raise InvalidInput(
            "The file is UTF-16, which the gateway cannot read: save it as UTF-8 without byte-order mark."
        )
    if document.unreadable is not None:
        raise InvalidInput(
            f"Line {document.unreadable} begins a section without a name, at which the gateway gives up on the file: "
            "correct or remove that line."
        )


def _as_written(name: str, value: str) -> str:
    """The value as it has to be in the file; the message never shows it, because it may be a secret."""
    if not name or setting_name(name) != name:
        raise InvalidInput(f"{name!r} is not a setting name: use letters, digits and underscores.")
    fault = _fault(value)
    if fault:
        raise InvalidInput(f"The value of {name} {fault}.")
    return as_file_text(value).replace("#", "\\#")


def _fault(value: str) -> str | None:
    """Why a kong.conf cannot hold this value, or None."""
    if not value:
        return "is empty, which unsets it: remove the setting instead"
    if any(unicodedata.category(character) == "Cc" for character in value):
        return "has a line break or another control character, which a kong.conf cannot hold: leave it out"
    if value != value.strip(BLANKS):
        return "begins or ends with a blank, which the gateway trims: leave the blank out"
    if FORBIDDEN_WORD in value:
        return f"contains {FORBIDDEN_WORD!r}, which the gateway cannot read: choose another value"
    if value.endswith("\\"):
        return "ends with a backslash, which would swallow the next line: choose another value"
    try:
        raw = as_file_text(value)
    except UnicodeEncodeError:
        return "cannot be written as UTF-8: choose another value"
    if normalised(raw) != raw:
        return f"would be read as the number {normalised(raw)}: write it like that or choose another value"
    return None


def _lines_of(document: Document, name: str) -> list[Statement]:
    """The logical lines that set the setting or were meant to, including ignored ones and those below sections."""
    return [each for each in document.statements if each.name == name and each.kind in (ASSIGNMENT, IGNORED)]


def _home(document: Document, name: str, lines: list[Statement]) -> Statement | None:
    """The line that will carry the setting, None if it needs a new one."""
    at_top = [line for line in lines if line.section is None]
    assignments = [line for line in at_top if line.kind == ASSIGNMENT]
    return next(iter(assignments or at_top), None) or _commented_default(document, name)


def _commented_default(document: Document, name: str) -> Statement | None:
    """The line ``#name = …``, if uncommenting it makes the gateway read it."""
    reach, inside = _reach(document), _inside_continuations(document)
    for index, line in enumerate(document.lines[:reach]):
        found = _COMMENTED_DEFAULT.match(line)
        if found and found["name"] == name and index not in inside and not is_continued(line):
            return Statement(COMMENTED, name, take_apart(line), (index,), section=None, complete=True)
    return None


def _with_value(document: Document, line: Statement, raw: str) -> str:
    """The line as an assignment of this value."""
    key = line.parts.key[1:] if line.kind == COMMENTED else line.parts.key
    text = _composed(line.parts, key, raw, _comment_column(document, line))
    return text.rstrip(BLANKS + "\\") if is_continued(text) else text


def _without_value(document: Document, line: Statement) -> str | None:
    """The line as a commented default without a value; None if it has no comment to keep."""
    if not line.parts.comment:
        return None
    return _composed(line.parts, "#" + line.parts.key.lstrip(BLANKS), "", _comment_column(document, line))


def _comment_column(document: Document, line: Statement) -> int:
    """Where the inline comment belongs: above the next line if it continues there, else where it is."""
    following = "".join(document.lines[line.lines[-1] + 1 : line.lines[-1] + 2])
    if following.startswith(" ") and following.lstrip(" ").startswith("#"):
        return following.index("#")
    return len(line.parts.key + line.parts.separator + line.parts.raw + line.parts.gap)


def _composed(parts: Parts, key: str, raw: str, column: int) -> str:
    """The parts as an assignment with a new key and value, the comment in its column if there is room."""
    separator = parts.separator if "=" in parts.separator else " = "
    if not parts.raw and separator[0] in BLANKS:
        separator = " = "
    start = key + separator + raw
    if not parts.comment:
        return start
    if parts.gap.strip(" "):
        return start + parts.gap + parts.comment
    return start.rstrip(" ").ljust(column - 1) + " " + parts.comment


def _replaced(document: Document, line: Statement, text: str | None, named: set[str]) -> Changes:
    """The changes of the physical lines when this text, or nothing, replaces a logical line."""
    first, *rest = line.lines
    for before, index in zip(line.lines, rest):
        swallowed = take_apart(document.lines[index])
        name = swallowed.key.strip(BLANKS)
        if "=" in swallowed.separator and _SETTING.fullmatch(name) and name not in named:
            raise InvalidInput(
                f"Line {before + 1} ends with a backslash that joins line {index + 1} ({name}) to {line.name}: "
                "remove the backslash or the line."
            )
    if text is not None:
        text = text.rstrip("\r\n") + _line_end(document.lines[first])
    return {first: text, **dict.fromkeys(rest)}


def _line_end(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""


def _reach(document: Document) -> int:
    """The index of the line from which the gateway reads no new setting: a section, or a backslash at the end."""
    ends = (each.lines[0] for each in document.statements if each.kind == SECTION or not each.complete)
    return min(ends, default=len(document.lines))


def _inside_continuations(document: Document) -> set[int]:
    """The lines before which a new line would become part of another value."""
    return {index for each in document.statements for index in range(each.lines[0] + 1, each.lines[-1] + 1)}


def _carried_out(document: Document, changes: Changes, additions: list[str]) -> bytes:
    lines = document.lines
    ending = "\r\n" if sum(line.endswith("\r\n") for line in lines) * 2 > len(lines) else "\n"
    position, block = _place(document)
    before = _changed(lines, changes, range(position))
    after = _changed(lines, changes, range(position, len(lines)))
    if additions and before and not before[-1].endswith("\n"):
        before[-1] += ending
    new = additions if block or not additions else [BEGIN, *additions, END]
    return "".join(_without_empty_block(before + [line + ending for line in new] + after)).encode("latin-1")


def _changed(lines: list[str], changes: Changes, indices: range) -> list[str]:
    return [line for line in (changes.get(index, lines[index]) for index in indices) if line is not None]


def _place(document: Document) -> tuple[int, bool]:
    """The index of the line before which new settings go, and whether that is inside a marked block."""
    reach, inside = _reach(document), _inside_continuations(document)
    for index, line in enumerate(document.lines[:reach]):
        if line.strip(BLANKS) == END and index not in inside:
            return index, True
    return reach, False


def _without_empty_block(lines: list[str]) -> list[str]:
    marks = [line.strip(BLANKS) for line in lines]
    for index in range(len(marks) - 1):
        if marks[index : index + 2] == [BEGIN, END]:
            return lines[:index] + lines[index + 2 :]
    return lines


def _prove(before: Document, after: Document, assign: Mapping[str, str], remove: Collection[str]) -> None:
    """Compare what the gateway would read from the result with what was asked for."""
    expected = {name: value for name, value in before.settings.items() if name not in remove}
    expected.update(assign)
    for name in sorted({*expected, *after.settings}):
        if after.settings.get(name) != expected.get(name):
            raise InvalidInput(_obstacle(before, name))


def _obstacle(document: Document, name: str) -> str:
    for statement in document.statements:
        if statement.name == name and FORBIDDEN_WORD in statement.parts.comment:
            return (
                f"The comment of {name} in line {statement.lines[0] + 1} contains {FORBIDDEN_WORD}, so the"
                " gateway cannot read the setting: remove the comment."
            )
        if statement.kind == SECTION and statement.name == name:
            return f"Line {statement.lines[0] + 1} begins a section that removes the setting {name}: remove that line."
    return f"{name} would not read as intended after the edit: check the lines around it for a section or a backslash."
