# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our reading and editing of kong.conf held against the library that the gateway reads it with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.edit import edit_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import redacted_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import known_settings
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.traps import conf_traps
from tests import penlight
from tests.examples import examples
from tests.kong_conf_files import EXAMPLES, FIXTURES, UNREADABLE, files, setting_names, setting_values

MARKS = (b"# BEGIN kongops.fallback", b"# END kongops.fallback")

many = examples(500)


@pytest.fixture(scope="module")
def reference() -> penlight.Reference:
    return penlight.reference()


def _ours(data: bytes) -> dict[str, bytes] | None:
    document = read_conf(data)
    return None if document.unreadable else _as_bytes(document.settings)


def _as_bytes(values: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode("utf-8", "surrogateescape") for name, value in values.items()}


@pytest.mark.parametrize(("data", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_reference_agrees_with_the_facts(reference: penlight.Reference, data: bytes, expected: dict[str, str]) -> None:
    assert reference(data) == _as_bytes(expected)


@pytest.mark.parametrize("data", UNREADABLE)
def test_reference_gives_up_at_a_section_without_a_name(reference: penlight.Reference, data: bytes) -> None:
    assert reference(data) is None


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.conf")), ids=lambda path: path.name)
def test_realistic_files_read_as_the_reference_reads_them(reference: penlight.Reference, path: Path) -> None:
    data = path.read_bytes()
    uncommented = data.replace(b"\n#", b"\n")
    assert _ours(data) == reference(data)
    assert _ours(uncommented) == reference(uncommented)


@pytest.mark.timeout(0)
@many
@given(data=files())
def test_every_file_reads_as_the_reference_reads_it(reference: penlight.Reference, data: bytes) -> None:
    assert _ours(data) == reference(data)


@pytest.mark.timeout(0)
@many
@given(
    data=files(),
    assign=st.dictionaries(setting_names(), setting_values(), max_size=3),
    remove=st.sets(setting_names(), max_size=2),
)
def test_every_edit_does_what_it_says_and_nothing_else(
    reference: penlight.Reference, data: bytes, assign: dict[str, str], remove: set[str]
) -> None:
    remove -= set(assign)
    try:
        edited = edit_conf(read_conf(data), assign, remove).data
    except InvalidInput as error:
        event("refused")
        _check_refusal(reference, data, str(error))
        return
    others = {name: value for name, value in reference(data).items() if name not in remove}
    assert reference(edited) == {**others, **_as_bytes(assign)}
    assert edit_conf(read_conf(edited), assign, remove).data == edited
    assert _untouched(edited, {*assign, *remove}) == _untouched(data, {*assign, *remove})


@pytest.mark.timeout(0)
@many
@given(data=files())
def test_every_file_can_be_judged_and_shown(data: bytes) -> None:
    document = read_conf(data)
    count = len(_lines(data))
    assert all(1 <= finding.line <= count for finding in conf_traps(document, known_settings()))
    assert len(_lines(redacted_conf(document).encode("utf-8", "surrogateescape"))) == count


def _check_refusal(reference: penlight.Reference, data: bytes, reason: str) -> None:
    """An edit is refused only if something in the file prevents it."""
    lines = _lines(data)
    if "section without a name" in reason:
        assert reference(data) is None
    elif "UTF-16" in reason:
        assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    elif "comment of" in reason:
        found = re.fullmatch(r"The comment of (\w+) in line (\d+) contains _blank_, .*: remove the comment\.", reason)
        assert found, reason
        indices = next(indices for indices, key in _logical_lines(lines) if indices[0] == int(found[2]) - 1)
        assert b"_blank_" in b"".join(lines[index] for index in indices).partition(b"#")[2]
    elif "backslash" in reason:
        swallower, swallowed = (lines[int(number) - 1] for number in re.findall(r"ine (\d+)", reason))
        assert swallower.rstrip().endswith(b"\\")
        assert b"=" in swallowed
    else:
        found = re.fullmatch(r"Line (\d+) begins a section that removes the setting \w*: remove that line\.", reason)
        assert found, reason
        assert b"[" in b"".join(lines[int(found[1]) - 1 :])


def _untouched(data: bytes, names: set[str]) -> list[bytes]:
    """The physical lines, without the end of the last, that an edit of these settings must leave alone."""
    lines = _lines(data)
    own = {index for indices, key in _logical_lines(lines) if key in names for index in indices}
    own |= {index for index, line in enumerate(lines) if line.startswith(b"#") and _key(line[1:]) in names}
    own |= {index for index, line in enumerate(lines) if line.strip() in MARKS}
    rest = [line for index, line in enumerate(lines) if index not in own]
    return [*rest[:-1], *(line.rstrip(b"\r\n") for line in rest[-1:])]


def _logical_lines(lines: list[bytes]) -> Iterator[tuple[list[int], str]]:
    """The lines that backslashes join, by index, with the key of what they set or look like setting."""
    indices, joined = [], b""
    for index, line in enumerate(lines):
        bare = line.strip()
        if bare and not bare.startswith((b"#", b";")):
            indices.append(index)
            joined += line.rstrip().removesuffix(b"\\")
            if not bare.endswith(b"\\"):
                yield indices, _key(joined)
                indices, joined = [], b""
    yield indices, _key(joined)


def _key(line: bytes) -> str:
    key = line.partition(b"=")[0] if b"=" in line else re.split(rb"[\s:]", line.strip())[0]
    return re.sub(rb"[^0-9A-Za-z]", b"_", key.strip()).decode()


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)
