# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gateway reads from the bytes of a kong.conf.

The gateway works on bytes, so text in here is latin-1: one character per byte, and every byte survives. Only a value
that leaves the document becomes UTF-8 text (bytes that are not UTF-8 as surrogate escapes). Fact numbers:
docs/kong-facts.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

BLANKS = " \t\n\v\f\r"
FORBIDDEN_WORD = "_blank_"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_PHYSICAL_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SECTION_NAME = re.compile(r"\[([^\]]+)\]")
_COMMENT = re.compile(r"(?<!\\)#.*", re.DOTALL)
_IGNORED = re.compile(
    rf"(?P<key>[{BLANKS}]*(?:export[{BLANKS}]+)?[\w.-]+)(?P<separator>[{BLANKS}]*:|[{BLANKS}])(?P<after>.*)",
    re.ASCII | re.DOTALL,
)
_NUMBER = re.compile(
    rf"""[+-]?
    (?: (?P<word> inf (?:inity)? | nan )
      | 0b (?P<binary> [01]+ )
      | (?P<hexadecimal> 0x (?=\.?[0-9a-f]) [0-9a-f]* (?: \. [0-9a-f]* )? (?: p [+-]? (?P<power> [0-9]+ ) )? )
      | (?P<decimal> (?=\.?[0-9]) [0-9]* (?: \. [0-9]* )? (?: e [+-]? (?P<exponent> [0-9]+ ) )? )
    ) [{BLANKS}]*""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_EXPONENT_LIMIT = 2**20
_BINARY_DIGITS = 64

SECTION = "section"
ASSIGNMENT = "assignment"
IGNORED = "ignored"


@dataclass(frozen=True)
class Assignment:
    """One ``name = value`` of the file, read by the gateway or not.

    ``name`` is the key and ``value`` the value as the gateway would read them (facts 5.2, 5.4, 5.5), ``""`` for unset.
    ``line`` and ``last_line`` (1-based) are its physical lines; ``effective`` is False when the gateway takes the
    setting from elsewhere or not at all: below a section, overridden by a duplicate, a value or line that it cannot
    read.
    """

    name: str
    value: str = field(repr=False)
    line: int
    last_line: int
    effective: bool


@dataclass(frozen=True)
class Parts:
    """The parts of a logical line; together they are its text. A line that sets nothing is all ``key``, without
    separator."""

    key: str
    separator: str
    raw: str
    gap: str
    comment: str


@dataclass(frozen=True)
class Statement:
    """One logical line: physical lines that trailing backslashes join, blank and comment lines skipped (fact 5.6).

    ``lines`` are the indices of the physical lines that carry it, ``section`` that of the section above it.
    ``complete`` is False when the file ends before the joined line does: the gateway never sees it.
    """

    kind: str
    name: str
    parts: Parts = field(repr=False)
    lines: tuple[int, ...]
    section: int | None
    complete: bool

    @property
    def is_read(self) -> bool:
        """Whether the gateway sees the statement and looks for settings there."""
        return self.section is None and self.complete


@dataclass(frozen=True)
class Document:
    """A kong.conf: its bytes, its statements in order, and ``settings``, what the gateway reads from it ("" = unset).

    ``deciding`` is the index of the statement from which the gateway takes a setting. ``unreadable`` is the line
    (1-based) at which the gateway gives up on the whole file: a ``[`` without a section name.
    """

    data: bytes = field(repr=False)
    settings: Mapping[str, str] = field(repr=False)
    deciding: Mapping[str, int] = field(repr=False)
    statements: tuple[Statement, ...] = field(repr=False)
    unreadable: int | None

    def line_of(self, name: str) -> int | None:
        """The first line (1-based) of the assignment from which the gateway takes this setting, None without one."""
        return self.statements[self.deciding[name]].lines[0] + 1 if name in self.deciding else None

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """The assignments in order."""
        return tuple(
            Assignment(
                name=statement.name,
                value=as_text(value_of(statement.parts) or ""),
                line=statement.lines[0] + 1,
                last_line=statement.lines[-1] + 1,
                effective=self.deciding.get(statement.name) == position,
            )
            for position, statement in enumerate(self.statements)
            if statement.kind == ASSIGNMENT
        )

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines with their line ends."""
        return physical_lines(self.data)


def read_conf(data: bytes) -> Document:
    """Read a kong.conf exactly as the gateway does (facts 5.1 to 5.8); accepts any bytes and raises nothing."""
    statements = tuple(_statements(physical_lines(data)))
    unreadable = next((s.lines[0] + 1 for s in statements if s.kind == SECTION and s.complete and not s.name), None)
    winners: dict[str, tuple[int, str]] = {}
    if unreadable is None:
        for position, statement in enumerate(statements):
            _apply(statement, position, winners)
    return Document(
        data=data,
        settings=MappingProxyType({name: as_text(value) for name, (position, value) in winners.items()}),
        deciding=MappingProxyType({name: position for name, (position, value) in winners.items()}),
        statements=statements,
        unreadable=unreadable,
    )


def is_on(value: str) -> bool:
    """Whether the gateway takes this value of a boolean setting as true: only ``on`` and ``true`` (fact 5.9)."""
    return value in ("on", "true")


def physical_lines(data: bytes) -> list[str]:
    """The lines of the file with their line ends; only LF ends a line (fact 5.1)."""
    return _PHYSICAL_LINE.findall(data.decode("latin-1"))


def setting_name(key: str) -> str:
    """The name that the gateway derives from a key: every byte except letters and digits becomes ``_`` (fact 5.4)."""
    return re.sub(r"[^0-9A-Za-z]", "_", key)


def as_text(value: str) -> str:
    """A value of the file (latin-1) as UTF-8 text."""
    return value.encode("latin-1").decode("utf-8", "surrogateescape")


def as_file_text(value: str) -> str:
    """The reverse of `as_text`; raises UnicodeEncodeError for text that did not come from bytes."""
    return value.encode("utf-8", "surrogateescape").decode("latin-1")


def is_skipped(line: str) -> bool:
    """Whether a physical line is blank or a comment (fact 5.1)."""
    return line.lstrip(BLANKS)[:1] in ("", "#", ";")


def is_continued(line: str) -> bool:
    """Whether a physical line ends with the backslash that joins the next one (fact 5.6)."""
    return line.rstrip(BLANKS).endswith("\\")


def take_apart(text: str) -> Parts:
    """The parts of ``key = value # comment``, or of ``key: value`` and ``key value``, which set nothing (fact 5.3).

    A single word is not a key, even if blanks follow it: the CR of a line end would make it one.
    """
    before, equals, after = text.partition("=")
    if equals:
        key = before.rstrip(BLANKS)
        return _parts(key, before[len(key) :] + equals, after)
    words = _IGNORED.fullmatch(text)
    if words:
        parts = _parts(words["key"], words["separator"], words["after"])
        if ":" in parts.separator or (parts.raw and not set(parts.raw) & set(BLANKS)):
            return parts
    return Parts(text, "", "", "", "")


def value_of(parts: Parts) -> str | None:
    """The value that the gateway reads from an assignment, None if it reads no text at all (facts 5.2 and 5.5)."""
    rest = (parts.raw + parts.gap + parts.comment).lstrip(BLANKS)
    return None if FORBIDDEN_WORD in rest else without_comment(normalised(rest))


def normalised(rest: str) -> str:
    """What follows the ``=``, with blanks trimmed and numbers rewritten: ``0123`` is ``123`` (fact 5.5)."""
    if rest[:1] in tuple("0123456789+-"):
        number = _number(rest)
        if number is None and rest.endswith(" kB"):
            rest = rest.replace(" kB", "")
            number = _number(rest)
        if number is not None:
            return number
    return rest.strip(BLANKS)


def without_comment(value: str) -> str:
    r"""The value up to the first ``#`` that no backslash escapes, then ``\#`` as ``#`` (fact 5.2)."""
    comment = _COMMENT.search(value)
    return (value[: comment.start()].rstrip(BLANKS) if comment else value).replace("\\#", "#")


def _statements(lines: list[str]) -> Iterator[Statement]:
    pieces: list[str] = []
    indices: list[int] = []
    section = None
    for index, line in enumerate(lines):
        if is_skipped(line):
            continue
        indices.append(index)
        if is_continued(line):
            pieces.append(line.rstrip(BLANKS)[:-1])
            continue
        statement = _statement("".join(pieces) + line.rstrip("\n"), indices, section, complete=True)
        yield statement
        if statement.kind == SECTION and section is None:
            section = indices[0]
        pieces, indices = [], []
    if indices:
        yield _statement("".join(pieces), indices, section, complete=False)


def _statement(text: str, lines: list[int], section: int | None, complete: bool) -> Statement:
    if text.startswith("["):
        found = _SECTION_NAME.search(text, 0, text.rfind("]") + 1)
        kind, key, parts = SECTION, found[1] if found else "", Parts(text, "", "", "", "")
    else:
        parts = take_apart(text)
        kind = ASSIGNMENT if "=" in parts.separator else IGNORED
        key = parts.key.lstrip(BLANKS) if parts.separator else ""
    return Statement(kind, setting_name(key), parts, tuple(lines), section, complete)


def _apply(statement: Statement, position: int, winners: dict[str, tuple[int, str]]) -> None:
    """What a statement does to the settings so far: the last one wins, a section removes the setting of its name (5.7,
    5.8)."""
    if statement.kind == SECTION and statement.complete:
        winners.pop(statement.name, None)
    if statement.kind == ASSIGNMENT and statement.is_read:
        value = value_of(statement.parts)
        winners.pop(statement.name, None)
        if value is not None:
            winners[statement.name] = (position, value)


def _parts(key: str, separator: str, after: str) -> Parts:
    found = _COMMENT.search(after)
    comment = found[0] if found else ""
    before = after[: len(after) - len(comment)]
    raw = before.strip(BLANKS)
    if not raw:
        return Parts(key, separator, "", before, comment)
    lead = before[: len(before) - len(before.lstrip(BLANKS))]
    return Parts(key, separator + lead, raw, before[len(lead) + len(raw) :], comment)


def _number(text: str) -> str | None:
    """The number as LuaJIT writes it, None if LuaJIT does not read the text as a number."""
    found = _NUMBER.fullmatch(text)
    if not found or float(found["exponent"] or found["power"] or "0") >= _EXPONENT_LIMIT:
        return None
    sign = "-" if text.startswith("-") else ""
    if found["binary"]:
        digits = found["binary"].lstrip("0") or "0"
        return f"{float(sign + str(int(digits, 2))):.14g}" if len(digits) <= _BINARY_DIGITS else None
    if found["hexadecimal"]:
        return f"{_hexadecimal(sign + found['hexadecimal']):.14g}"
    return f"{float(sign + (found['word'] or found['decimal'])):.14g}"


def _hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return float("-inf" if text.startswith("-") else "inf")
