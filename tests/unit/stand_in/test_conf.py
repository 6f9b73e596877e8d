# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.stand_in.conf import Unreadable, read

READ = {
    "plain": (b"a = 1x", {"a": "1x"}),
    "no final newline, CR": (b"a=x\r\nb=y\r", {"a": "x", "b": "y"}),
    "comments": (b"# a=1\n  ; b=2\n\nc=x;y # no\n", {"c": "x;y"}),
    "comment in quotes": (b'a = "x#y"', {"a": '"x'}),
    "escaped octothorpe": (b"a = x\\#y # z", {"a": "x#y"}),
    "first equals sign": (b"a = b = c", {"a": "b = c"}),
    "colon": (b"cluster_fallback_config: on\nb = x", {"b": "x"}),
    "odd key": (b"cluster-fallback.config import = on", {"cluster_fallback_config_import": "on"}),
    "case": (b"A = x\na = y", {"A": "x", "a": "y"}),
    "byte-order mark": (b"\xef\xbb\xbfa = x", {"___a": "x"}),
    "empty value": (b"a =\nb = # c", {"a": "", "b": ""}),
    "duplicate": (b"a = x\na = y", {"a": "y"}),
    "numbers": (b"a=0123\nb=1e3\nc=60 kB\nd=0x10\ne=-0", {"a": "123", "b": "1000", "c": "60", "d": "16", "e": "-0"}),
    "a number with a comment stays text": (b"a = 0123 # x", {"a": "0123"}),
    "no number": (b"a = 10.0.0.1:80\nb=+x\nc=-\nd=1_000", {"a": "10.0.0.1:80", "b": "+x", "c": "-", "d": "1_000"}),
    "big number": (b"a = 1e20\nb=123456789012345678", {"a": "1e+20", "b": "1.2345678901235e+17"}),
    "continuation": (b"a = x\\\n# comment\n\n b = y\nc = z", {"a": "x b = y", "c": "z"}),
    "continuation at the end": (b"a = x\\\n", {}),
    "two backslashes": (b"a = x\\\\ \ny", {"a": "x\\y"}),
    "section": (b"a = x\n[s]\na = y\nb = z", {"a": "x"}),
    "indented bracket": (b"a = x\n [s]\nb = z", {"a": "x", "b": "z"}),
    "section named like a setting": (b"prefix = x\nb = y\n[prefix]\n", {"b": "y"}),
    "other bytes": (b"a = \xff\x80", {"a": "\xff\x80"}),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), READ.values(), ids=READ.keys())
def test_reads_as_the_gateway(content: bytes, expected: dict[str, str]) -> None:
    assert read(content) == expected


@pytest.mark.parametrize("content", [b"a = x_blank_y", b"[", b"a = x\n[]"])
def test_breaks_where_the_gateway_breaks(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read(content)
