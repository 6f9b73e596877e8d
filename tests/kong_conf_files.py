# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kong.conf files to try a reader on: the examples of docs/kong-facts.md §5, and strategies that make others."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

FIXTURES = Path(__file__).parent / "unit" / "fixtures" / "kong_conf"

# What the gateway reads from a file, by the behaviour that it shows.
EXAMPLES: dict[str, tuple[bytes, dict[str, str]]] = {
    # 5.1
    "lf_ends_a_line": (b"a = 1\nb = x\n", {"a": "1", "b": "x"}),
    "cr_at_the_end_is_blank": (b"a = x\r\nb = y\r\n", {"a": "x", "b": "y"}),
    "cr_alone_ends_no_line": (b"a = x\rb = y", {"a": "x\rb = y"}),
    "last_line_needs_no_end": (b"a = x", {"a": "x"}),
    "blank_lines_are_skipped": (b"\n \t\r\n\x0b\x0c\na = x\n\n", {"a": "x"}),
    "hash_and_semicolon_begin_comment_lines": (b"# a = x\n ; b = y\n\t#c = z\n", {}),
    "semicolon_is_no_inline_comment": (b"a = x ; y", {"a": "x ; y"}),
    # 5.2
    "hash_begins_a_comment_without_blank": (b"a = x#y", {"a": "x"}),
    "hash_begins_a_comment_in_quotes": (b'a = "x # y"', {"a": '"x'}),
    "blanks_before_the_comment_go": (b"a = x \t # y", {"a": "x"}),
    "backslash_escapes_a_hash": (rb"a = x\#y\# # z", {"a": "x#y#"}),
    "escaped_hash_behind_a_comment_goes_with_it": (rb"a = x # y \# z", {"a": "x"}),
    "two_backslashes_escape_too": (rb"a = x\\#y", {"a": "x\\#y"}),
    # 5.3
    "first_equals_separates": (b"a = b = c", {"a": "b = c"}),
    "colon_line_is_ignored": (b"a: x\nb : y\n", {}),
    "line_of_words_is_ignored": (b"a x\nb\n", {}),
    "colon_line_with_equals_has_a_spoilt_key": (b"a: x=y", {"a__x": "y"}),
    "no_key_is_a_key": (b"= x", {"": "x"}),
    # 5.4
    "other_bytes_of_a_key_become_underscores": (b"a-b.c d = x", {"a_b_c_d": "x"}),
    "every_byte_of_a_letter_counts": ("ä = x".encode(), {"__": "x"}),
    "keys_are_case_sensitive": (b"A = x\na = y", {"A": "x", "a": "y"}),
    "byte_order_mark_spoils_the_first_key": (b"\xef\xbb\xbfa = x\nb = y", {"___a": "x", "b": "y"}),
    # 5.5
    "values_are_trimmed": (b"a =  \t x y \t\r\n", {"a": "x y"}),
    "quotes_stay": (b"a = \"x\"\nb = 'y'", {"a": '"x"', "b": "'y'"}),
    "empty_value_is_unset": (b"a =\nb = # x\n", {"a": "", "b": ""}),
    "leading_zeros_go": (b"a = 0123", {"a": "123"}),
    "exponents_are_written_out": (b"a = 1e3", {"a": "1000"}),
    "kilobytes_lose_their_unit": (b"a = 60 kB\nb = 60 kB x kB", {"a": "60", "b": "60 x"}),
    "kilobytes_before_a_blank_keep_it": (b"a = 60 kB \n", {"a": "60 kB"}),
    "hexadecimal_and_binary_are_decimal": (b"a = 0x1F\nb = -0b11\nc = 0x1.8p3", {"a": "31", "b": "-3", "c": "12"}),
    "fourteen_digits_are_kept": (b"a = 3.14159265358979\nb = 2e14", {"a": "3.1415926535898", "b": "2e+14"}),
    "signed_words_are_numbers": (b"a = +inf\nb = -NaN\nc = inf", {"a": "inf", "b": "nan", "c": "inf"}),
    "minus_zero_stays": (b"a = -0", {"a": "-0"}),
    "exponent_beyond_reason_is_no_number": (b"a = 1e1048576\nb = 1e400", {"a": "1e1048576", "b": "inf"}),
    "hexadecimal_beyond_reason_is_infinite": (b"a = 0x1p1024\nb = -0x1p1024", {"a": "inf", "b": "-inf"}),
    "long_binary_loses_digits": (b"a = 0b" + b"1" * 64, {"a": "1.844674407371e+19"}),
    "long_binary_is_no_number": (b"a = 0b" + b"1" * 65, {"a": "0b" + "1" * 65}),
    "number_with_more_is_text": (b"a = 0123m\nb = 0.0.0.0:80\nc = 1_0", {"a": "0123m", "b": "0.0.0.0:80", "c": "1_0"}),
    "number_before_a_comment_is_text": (b"a = 0123 # x", {"a": "0123"}),
    "blank_word_breaks_the_value": (b"a = x_blank_y\nb = z", {"b": "z"}),
    "blank_word_takes_an_earlier_value_away": (b"a = x\na = _blank_", {}),
    # 5.6
    "backslash_joins_the_next_line": (b"a = x \\\ny\n", {"a": "x y"}),
    "blanks_behind_the_backslash_do_not_count": (b"a = x\\ \t\r\n  y\n", {"a": "x  y"}),
    "backslash_joins_across_comments_and_blanks": (b"a = x\\\n\n# c\n ; d\ny\n", {"a": "xy"}),
    "backslash_swallows_a_setting": (b"a = x \\\nb = y\nc = z\n", {"a": "x b = y", "c": "z"}),
    "backslash_in_a_comment_line_joins_nothing": (b"# a \\\nb = x\n", {"b": "x"}),
    "backslash_in_an_inline_comment_joins": (b"a = x # c \\\nb = y\n", {"a": "x"}),
    "only_the_last_backslash_goes": (b"a = x\\\\\ny\n", {"a": "x\\y"}),
    "backslash_at_the_end_loses_the_setting": (b"a = x\nb = y \\\n# c\n", {"a": "x"}),
    "backslash_alone_joins_nothing": (b"\\\n[s]\na = x\n", {}),
    "joined_number_is_a_number": (b"a = 0\\\n12\n", {"a": "12"}),
    # 5.7
    "section_hides_what_follows": (b"a = x\n[s]\nb = y\n", {"a": "x"}),
    "section_counts_at_column_0_only": (b" [s]\nb = y\n", {"b": "y"}),
    "section_line_may_go_on": (b"[s] a = x\nb = y\n", {}),
    "section_takes_the_setting_of_its_name": (b"a-b = x\n[a.b]\n", {}),
    "sections_do_not_nest": (b"a = x\n[s]\n[a]\n", {}),
    # 5.8
    "last_duplicate_wins": (b"a = x\na = y\n", {"a": "y"}),
    "empty_duplicate_unsets": (b"a = x\na =\n", {"a": ""}),
    # 5.12
    "variables_stay": (b"a = $HOME\nb = ${HOME}\nc = {vault://env/x}", {"a": "$HOME", "b": "${HOME}", "c": "{vault://env/x}"}),
    # Bytes.
    "any_bytes_are_kept": (b"a = \xff\x00\xc3\xa4", {"a": "\udcff\x00ä"}),
    "nothing_is_read_from_nothing": (b"", {}),
}  # fmt: skip

# A section without a name: the gateway cannot read the file.
UNREADABLE = [b"a = x\n[\n", b"[]\n", b"[", b"a = x\n\\\n[s\n"]

NAMES = [
    "role",
    "database",
    "pg_host",
    "cluster_cert_key",
    "cluster_fallback_config_import",
    "cluster_fallback_config_storage",
]

_AWKWARD = b"ab1 \t\r\x0b\x0c\x00=:#;\\[]\"'-+._\xef\xbb\xbf\xff\xc3\xa4"
_awkward_bytes = st.lists(st.sampled_from(_AWKWARD), max_size=8).map(bytes)
_keys = st.one_of(
    st.sampled_from([name.encode() for name in NAMES]),
    st.sampled_from([b"a", b"A", b"a-b", b"a b", b"", b"0", b"\xef\xbb\xbfrole", "ä".encode()]),
    _awkward_bytes,
)
_numbers = st.one_of(
    st.from_regex(
        rb"[+-]?(0[xXbB])?[0-9a-fA-F]{0,4}\.?[0-9]{0,3}([eEpP][+-]?[0-9]{1,4})?( kB)?[ \t\r]?", fullmatch=True
    ),
    st.lists(st.sampled_from(b"0123456789+-.eExXpPbBaAfFiInNkB \t"), min_size=1, max_size=7).map(bytes),
    st.integers().map(lambda number: b"%d" % number),
    st.floats().map(lambda number: str(number).encode()),
)
_values = st.one_of(
    st.sampled_from(
        [b"on", b"off", b"", b"s3://bucket/prefix", b"x_blank_y", b"a b", b'"on"', rb"a\#b", rb"a\\#b", b"'a#b'"]
    ),
    _numbers,
    _awkward_bytes,
)
_separators = st.sampled_from([b"=", b" = ", b"\t=\t", b":", b": ", b" ", b"=="])
_tails = st.sampled_from([b"", b"", b" ", b" # c", b"#c", b"\t# c", b" \\", b"\\ \t", b" # c \\", b" ; c"])
_assignments = st.builds(
    lambda *parts: b"".join(parts), st.sampled_from([b"", b"", b" ", b"#", b"# "]), _keys, _separators, _values, _tails
)
_lines = st.one_of(
    _assignments,
    _assignments,
    st.sampled_from(
        [b"", b" \t", b"# c", b"; c", b"   # more", b"\\", b"[s]", b" [s]", b"[role]", b"[]", b"plain words", b"#"]
    ),
    st.sampled_from([b"# BEGIN kongops.fallback", b"# END kongops.fallback"]),
    _awkward_bytes,
)
_ends = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])


@st.composite
def _written(draw: st.DrawFn) -> bytes:
    end = draw(st.one_of(st.none(), _ends))
    lines = draw(st.lists(_lines, max_size=12))
    text = b"".join(line + (end or draw(_ends)) for line in lines)
    return text if draw(st.booleans()) else text.rstrip(b"\r\n")


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A realistic file to which an editor, a template or a disk did something."""
    data = draw(st.sampled_from(sorted(FIXTURES.glob("*.conf")))).read_bytes()
    for _time in range(draw(st.integers(0, 4))):
        data = _damage(draw, data)
    return data


def _damage(draw: st.DrawFn, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    other = draw(st.integers(0, len(lines) - 1))
    place = draw(st.integers(0, len(data)))
    kind = draw(
        st.sampled_from(
            ["swap", "repeat", "uncomment", "insert", "crlf", "cr", "drop", "double", "bytes", "cut", "mark"]
        )
    )
    if kind == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "repeat":
        lines.insert(other, lines[at])
    elif kind == "uncomment":
        lines[at] = lines[at].removeprefix(b"#")
    elif kind == "insert":
        lines.insert(at, draw(_lines))
    else:
        return {
            "crlf": lambda: data.replace(b"\n", b"\r\n"),
            "cr": lambda: data[:place] + data[place:].replace(b"\n", b"\r", 1),
            "drop": lambda: data[:place] + data[place + 1 :],
            "double": lambda: data[:place] + data[place : place + 1] + data[place:],
            "bytes": lambda: data[:place] + draw(st.binary(max_size=3)) + data[place:],
            "cut": lambda: data[:place],
            "mark": lambda: draw(st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe"])) + data,
        }[kind]()
    return b"\n".join(lines)


def files() -> st.SearchStrategy[bytes]:
    """Files as people, templates and accidents write them."""
    return st.one_of(_written(), _damaged(), st.binary(max_size=64))


def setting_names() -> st.SearchStrategy[str]:
    """Names of settings, often such as are in a file of `files`."""
    return st.one_of(
        st.sampled_from(NAMES), st.sampled_from(["a", "a_b", "log_level", "status_listen", "nginx_http_log_format"])
    )


def setting_values() -> st.SearchStrategy[str]:
    """Values that a kong.conf can hold."""
    texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
    likely = st.sampled_from(
        ["on", "off", "60", "s3://bucket/prefix", "a#b", r"a\#b", "#", "a = b", '{"a":"b"}', "[a]", "\udcff"]
    )
    return st.one_of(likely, texts.filter(_can_be_held))


def _can_be_held(value: str) -> bool:
    awkward = value != value.strip(" ") or value.endswith("\\") or "_blank_" in value
    return not awkward and value[0] not in "0123456789+-"
