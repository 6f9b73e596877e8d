# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration_hash import configuration_hash
from tests.snapshots import body, large
from tests.stand_in import configuration_hash as stand_in

NOTHING = "0" * 32
TEXTS: dict[str, tuple[Any, bytes]] = {
    "null": (None, b"/null/"),
    "text": ("shop", b"shop"),
    "empty text": ("", b""),
    "not ASCII": ("caf\u00e9", b"caf\xc3\xa9"),
    "true": (True, b"true"),
    "false": (False, b"false"),
    "integer": (8000, b"8000"),
    "fraction": (0.1, b"0.1"),
    "whole fraction": (60.0, b"60"),
    "fifteen digits": (123456789012345, b"1.2345678901234e+14"),
    "beyond every float": (10**400, b"inf"),
    "empty list": ([], b"{}"),
    "empty mapping": ({}, b"{}"),
    "one element": (["a"], b"a"),
    "five elements": (["a", "b", "c", "d", "e"], b"a;b;c;d;e"),
    "six elements": (["a", "b", "c", "d", "e", "f"], b"a;b;c;d;e;f;"),
    "mapping": ({"b": 1, "a": None, "B": [True]}, b"B:true;a:/null/;b:1;"),
    "entities": ([{"name": "shop", "tags": ["x", "y"]}, {"id": 2}], b"name:shop;tags:x;y;;id:2;"),
    "entities with the same fields": ([{"%s": 1, "b": None}, {"%s": 2, "b": "x"}], b"%s:1;b:/null/;;%s:2;b:x;"),
    "equal values of two types": (
        [{"a": 1}, {"a": True}, {"a": 1.0}, {"a": -0.0}, {"a": 0.0}],
        b"a:1;;a:true;;a:1;;a:-0;;a:0;",
    ),
    "many entities": (
        [{"a": number} for number in range(1_001)],
        b"".join(b"a:%d;;" % number for number in range(1_001)),
    ),
}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _of_routes(text: bytes) -> str:
    """The hash of a configuration that has nothing but routes with this text."""
    return _md5((_md5(text) + NOTHING * 4 + _md5(b"{}")).encode())


@pytest.mark.parametrize(("routes", "text"), TEXTS.values(), ids=TEXTS)
def test_a_value_counts_by_its_text(routes: Any, text: bytes) -> None:
    assert configuration_hash({"routes": routes}) == _of_routes(text)


def test_the_collections_count_in_their_order_and_all_else_together() -> None:
    configuration = {
        "_format_version": "3.0",
        "_transform": False,
        "consumers": [{"username": "ann"}],
        **{name: [{"id": name}] for name in ("targets", "upstreams", "plugins", "services", "routes")},
    }
    parts = [f"id:{name};".encode() for name in ("routes", "services", "plugins", "upstreams", "targets")]
    rest = b"_format_version:3.0;_transform:false;consumers:username:ann;;"
    assert configuration_hash(configuration) == _md5("".join(map(_md5, [*parts, rest])).encode())


def test_a_small_snapshot_has_the_hash_that_md5sum_gives() -> None:
    # Of "id:r1;name:/null/;paths:/a;/b;strip_path:true;", "host:a;port:8080;", three times nothing, and
    # "_format_version:3.0;_transform:false;".
    snapshot = {
        "_format_version": "3.0",
        "_transform": False,
        "routes": [{"id": "r1", "name": None, "paths": ["/a", "/b"], "strip_path": True}],
        "services": [{"host": "a", "port": 8080}],
    }
    assert configuration_hash(snapshot) == "3714a233774b2af10c8d235b5d039454"


def test_an_empty_configuration_has_a_hash_that_is_not_zero() -> None:
    assert configuration_hash({}) == _md5((NOTHING * 5 + _md5(b"{}")).encode())


def test_more_than_a_million_bytes_are_shortened_before_the_next_value() -> None:
    long = b"x" * 1_000_001
    shortened = hashlib.md5(long + b";", usedforsecurity=False).digest()
    assert configuration_hash({"routes": [long.decode(), "y"]}) == _of_routes(shortened + b"y")


def test_a_million_bytes_are_not_shortened() -> None:
    assert configuration_hash({"routes": ["x" * 999_999, "y"]}) == _of_routes(b"x" * 999_999 + b";y")


def test_thirty_megabytes_take_less_than_twice_the_time_of_reading_them() -> None:
    snapshot = body(large(30_000))
    assert len(snapshot) > 30_000_000
    assert any(_times_reading(snapshot) < 2 for _attempt in range(3))


def _times_reading(snapshot: bytes) -> float:
    """How many times the processor time of reading a configuration its hash takes."""
    started = time.process_time()
    configuration = json.loads(snapshot)
    read = time.process_time()
    configuration_hash(configuration)
    return (time.process_time() - read) / (read - started)


NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)
ALIKE = st.lists(st.fixed_dictionaries({"name": JSON, "%": JSON}), max_size=8)


@given(
    st.dictionaries(st.sampled_from(["routes", "services", "plugins", "consumers", "_format_version"]), JSON),
    ALIKE,
    st.lists(st.integers(0, 400_000), max_size=8),
)
def test_it_is_what_the_stand_in_computes(
    configuration: dict[str, Any], alike: list[dict[str, Any]], lengths: list[int]
) -> None:
    long = [{"name": "n" * length, "paths": ["/", None]} for length in lengths]
    configuration = {**configuration, "targets": long, "upstreams": alike}
    assert configuration_hash(configuration) == stand_in.configuration_hash(configuration)
