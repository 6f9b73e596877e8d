# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The traps of a kong.conf: what looks set but is not, or not to that value.

The gateway says nothing about any of them (fact 5.13). A message names settings and never shows a value, which may be a
secret; nor does it show a key that does not look like a setting, which may be a line of a pasted private key.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import (
    ASSIGNMENT,
    BLANKS,
    IGNORED,
    SECTION,
    UTF_16_MARKS,
    Document,
    Statement,
    is_on,
    setting_name,
    take_apart,
    value_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import DRAFT_NAMES

_UTF_8_MARK = b"\xef\xbb\xbf"
_SETTING_LIKE = re.compile(r"[a-z][a-z0-9]*([_.-][a-z0-9]+)+")
_FAMILY = re.compile(
    r"nginx_(main|events|http|upstream|proxy|location|status|admin|stream|supstream|sproxy)_.|pluginserver_.|vault_."
)
_VARIABLE = re.compile(r"\$(\w+|\{\w+\})")
_CLOSE = 0.85
_COMPARED = 200
_SHOWN = 3


def conf_traps(document: Document, known: Collection[str]) -> tuple[Finding, ...]:
    """Every trap in the file, in the order of lines; ``known`` are the names of the settings that the gateway has.

    A trap that keeps the gateway from reading ``role`` or a fallback setting is an error; others are warnings,
    or information if nothing reads differently.
    """
    if document.data.startswith(UTF_16_MARKS):
        message = "The file is UTF-16, which the gateway cannot read: save it as UTF-8 without byte-order mark."
        return (Finding("byte-order-mark", ERROR, message, line=1, fact="5.4"),)
    names = frozenset(known) | DRAFT_NAMES
    checks = (_byte_order_mark, _ignored_lines, _sections, _continuations, _duplicates, _unknown_settings, _values)
    findings = [finding for check in checks for finding in check(document, names)]
    return tuple(sorted(findings, key=lambda finding: finding.line or 0))


def _byte_order_mark(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Fact 5.4: the mark becomes part of the first line."""
    if document.data.startswith(_UTF_8_MARK):
        spoilt = take_apart(document.lines[0].partition(_UTF_8_MARK.decode("latin-1"))[2])
        setting = _shown(spoilt.key, known) if spoilt.separator else None
        what = f"spoils {setting} on this line" if setting else "becomes part of this line"
        message = f"The byte-order mark at the start of the file {what}: save the file without one."
        yield Finding("byte-order-mark", _severity(document, [setting]), message, setting=setting, line=1, fact="5.4")


def _ignored_lines(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Fact 5.3; of several such lines in a row that name no setting only the first is reported."""
    previous = None
    for statement in _at_top(document):
        meant = _meant(statement, known)
        if meant:
            message = f'This line does not set {meant}, because a setting needs "=": write it as {meant} = …'
            yield Finding(
                "ignored-line", _severity(document, [meant]), message, setting=meant, line=_line(statement), fact="5.3"
            )
        elif statement.kind == IGNORED and previous != statement.lines[0] - 1:
            message = (
                "The gateway ignores this line, which is neither a setting nor a comment: remove it or comment it out."
            )
            yield Finding("ignored-line", WARNING, message, line=_line(statement), fact="5.3")
        previous = statement.lines[-1] if statement.kind == IGNORED and not meant else None


def _sections(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Fact 5.7: nothing below a section is read, and a section removes the setting of its own name."""
    earlier: set[str] = set()
    for index, section in enumerate(document.statements):
        if section.kind == ASSIGNMENT and section.section is None:
            earlier.add(section.name)
        if section.kind != SECTION or not section.complete:
            continue
        line = _line(section)
        if not section.name:
            message = "The gateway gives up on the whole file at this line, a section without a name: remove it."
            yield Finding("section", ERROR, message, line=line, fact="5.7")
            continue
        taken = [section.name] if section.name in earlier else []
        swallowed = taken + _settings_below(document, index, known)
        what = _list(swallowed) if swallowed else "everything below it"
        message = f"This section makes the gateway ignore {what}: remove the line."
        yield Finding(
            "section",
            _severity(document, swallowed),
            message,
            setting=next(iter(swallowed), None),
            line=line,
            fact="5.7",
        )


def _settings_below(document: Document, index: int, known: frozenset[str]) -> list[str]:
    """The settings between this section and the next, in order."""
    names: dict[str, None] = {}
    for position in range(index + 1, len(document.statements)):
        statement = document.statements[position]
        if statement.kind == SECTION:
            break
        name = _shown(statement.parts.key, known)
        if name and statement.parts.separator:
            names[name] = None
    return list(names)


def _continuations(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Fact 5.6: a trailing backslash joins the next line, or at the end of the file loses its own."""
    lines = document.lines
    for statement in _at_top(document, complete=None):
        for index, following in zip(statement.lines, statement.lines[1:]):
            name = setting_name(take_apart(lines[following]).key.strip(BLANKS))
            if name in known and name != statement.name:
                message = (
                    f"The backslash at the end of this line joins {name} on line {following + 1} to it: remove it."
                )
                severity = _severity(document, [name, statement.name], set_elsewhere=False)
                yield Finding("continuation", severity, message, setting=name, line=index + 1, fact="5.6")
        if not statement.complete:
            lost = _shown(statement.parts.key, known)
            message = f"The backslash at the end of the file loses {lost or 'this line'}: remove it."
            yield Finding(
                "continuation",
                _severity(document, [lost]),
                message,
                setting=lost,
                line=statement.lines[-1] + 1,
                fact="5.6",
            )


def _duplicates(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Fact 5.8: the last one wins."""
    seen: dict[str, list[Statement]] = {}
    for statement in _at_top(document):
        if statement.kind == ASSIGNMENT and _shown(statement.parts.key, known):
            seen.setdefault(statement.name, []).append(statement)
    for name, same in seen.items():
        if len(same) > 1:
            *others, last = same
            severity = WARNING if len({value_of(each.parts) for each in same}) > 1 else INFO
            where = _list([f"line {_line(each)}" for each in others])
            message = f"{name} is also set on {where}; the gateway takes this last one: remove the others."
            yield Finding("duplicate-setting", severity, message, setting=name, line=_line(last), fact="5.8")


def _unknown_settings(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Fact 5.10: a key that the gateway does not have is dropped. A file with very many is not a kong.conf."""
    compared = 0
    for statement in _at_top(document):
        name = statement.name
        is_spoilt = statement.lines[0] == 0 and document.data.startswith(_UTF_8_MARK)
        if (
            statement.kind != ASSIGNMENT
            or is_spoilt
            or name in known
            or _FAMILY.match(name)
            or _meant(statement, known)
        ):
            continue
        line = _line(statement)
        compared += 1
        if compared > _COMPARED:
            message = "From this line on, unknown settings are no longer listed: is this a kong.conf?"
            yield Finding("unknown-setting", WARNING, message, line=line, fact="5.10")
            return
        close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=_CLOSE)
        if close:
            message = f"The gateway has no setting {name} and drops it: did you mean {close[0]}?"
            yield Finding("unknown-setting", _severity(document, close), message, setting=name, line=line, fact="5.10")
        elif _shown(statement.parts.key, known):
            message = (
                f"The gateway has no setting {name} and drops it: remove it, unless a template of your own uses it."
            )
            yield Finding("unknown-setting", INFO, message, setting=name, line=line, fact="5.10")


def _values(document: Document, known: frozenset[str]) -> Iterator[Finding]:
    """Values that the gateway reads differently from how they look."""
    for statement in _at_top(document):
        name = statement.name
        if statement.kind != ASSIGNMENT or name not in known:
            continue
        value, line = value_of(statement.parts), _line(statement)
        if value is None:
            message = f"The gateway cannot read the value of {name}, because it contains _blank_: choose another."
            yield Finding("unreadable-value", _severity(document, [name]), message, setting=name, line=line, fact="5.5")
            continue
        if statement.parts.raw and statement.parts.comment and not statement.parts.gap:
            message = (
                f"# on line {line} cuts {name} off, because it begins a comment: write \\# if it belongs to the"
                " value, or"
                " put a blank before the comment."
            )
            yield Finding("hash-in-value", WARNING, message, setting=name, line=line, fact="5.2")
        bare = value.strip("\"'")
        if bare.lower() in ("on", "true", "yes") and not is_on(value) and not _is_vital(name):
            message = f"{name} is off: the gateway accepts only on and true, in lower case and without quotes, as on."
            yield Finding("boolean-value", WARNING, message, setting=name, line=line, fact="5.9")
        elif len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            message = f"The quotes are part of the value of {name}: remove them, unless they are meant."
            yield Finding("quoted-value", WARNING, message, setting=name, line=line, fact="5.5")
        if _VARIABLE.fullmatch(bare):
            message = f"The gateway does not replace the variable in {name}: write the value itself."
            yield Finding("variable-in-value", WARNING, message, setting=name, line=line, fact="5.12")
        if "{vault://" in value and not (value.startswith("{vault://") and value.endswith("}")):
            message = f"The gateway does not resolve the vault reference in {name}: it must be the whole value."
            yield Finding("partial-vault-reference", WARNING, message, setting=name, line=line, fact="5.12")


def _at_top(document: Document, complete: bool | None = True) -> Iterator[Statement]:
    """The statements above the first section, without the one that a byte-order mark spoils."""
    spoilt = 0 if document.data.startswith(_UTF_8_MARK) else None
    return (
        each
        for each in document.statements
        if each.section is None
        and each.kind != SECTION
        and complete in (None, each.complete)
        and each.lines[0] != spoilt
    )


def _meant(statement: Statement, known: frozenset[str]) -> str | None:
    """The setting that a line without "=" was meant to set, or one whose "=" comes only in the value."""
    parts = statement.parts if statement.kind == IGNORED else take_apart(statement.parts.key)
    if not parts.separator or "=" in parts.separator:
        return None
    name = setting_name(parts.key.strip(BLANKS))
    return name if name in known or (":" in parts.separator and _shown(parts.key, known)) else None


def _shown(key: str, known: frozenset[str]) -> str | None:
    """The name of a key that is or looks like a setting."""
    bare = key.strip(BLANKS)
    name = setting_name(bare)
    return name if name in known or _SETTING_LIKE.fullmatch(bare) else None


def _severity(document: Document, names: Iterable[str | None], set_elsewhere: bool = True) -> str:
    """ERROR if the gateway does not get a setting that the fallback needs."""
    lost = [name for name in names if name and _is_vital(name) and not (set_elsewhere and name in document.settings)]
    return ERROR if lost else WARNING


def _is_vital(name: str) -> bool:
    return name == "role" or name.startswith("cluster_fallback_")


def _line(statement: Statement) -> int:
    return statement.lines[0] + 1


def _list(names: list[str]) -> str:
    """Such as ``a, b and c`` or ``a, b, c and 4 more``."""
    shown = names[:_SHOWN] if len(names) > _SHOWN + 1 else names
    rest = [f"{len(names) - len(shown)} more"] if len(shown) < len(names) else []
    *heads, last = [*shown, *rest]
    return f"{', '.join(heads)} and {last}" if heads else last
