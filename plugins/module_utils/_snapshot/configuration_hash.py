# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration hash as a gateway shows it, computed from a configuration (fact 3.11)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import too_deep

_COLLECTIONS = ("routes", "services", "plugins", "upstreams", "targets")
_MISSING = "0" * 32
_MOST_GATHERED = 1_000_000
_MOST_SEPARATED = 5
_MOST_DIGITS = 10**14
"""Integers below this are written with all their digits."""
_NULL = "/null/"
_ONLY_TEXTS = {str}
_KEY = itemgetter(0)
_TOGETHER = 500
"""Entities whose texts are written at once: few enough for all of them to stay in the cache of the processor."""
_FEW_DIFFERENT = {type(None), bool, int}
"""Types with few distinct values per field, where equal values have the same text; for floats 0 and -0 are equal."""


def configuration_hash(configuration: Mapping[str, Any]) -> str:
    """The 32 hexadecimal digits that a gateway with this configuration shows as ``configuration_hash`` (fact 3.11).

    ``configuration`` is the declarative configuration as JSON reads it, unchanged: the hash covers its text,
    so a filled-in default or a nested entity changes it. Raises Unreadable for what is nested too deeply.
    """
    rest = {name: value for name, value in configuration.items() if name not in _COLLECTIONS}
    try:
        digests = [_digest(configuration[name]) if name in configuration else _MISSING for name in _COLLECTIONS]
        return _md5("".join([*digests, _digest(rest)]).encode()).hexdigest()
    except RecursionError:
        raise too_deep() from None


def _digest(value: Any) -> str:
    gathered = _Gathered()
    gathered.add(value)
    return _md5(gathered.content).hexdigest()


class _Gathered:
    """The text of a value so far, replaced by its MD5 whenever it is too long before the next value."""

    def __init__(self) -> None:
        self.content = bytearray()

    def add(self, value: Any) -> None:
        """Append the text of one value."""
        if len(self.content) > _MOST_GATHERED:
            self.content[:] = _md5(self.content).digest()
        if isinstance(value, list) and value:
            self._add_list(value)
        elif isinstance(value, dict) and value:
            self._add_mapping(value)
        else:
            self.content += _bytes(_text(value))

    def _add_list(self, elements: list[Any]) -> None:
        """Each text is added in one piece if it cannot become too long inside: all but one in a megabyte."""
        many = len(elements) > _MOST_SEPARATED
        parts = (elements[at : at + _TOGETHER] for at in range(0, len(elements), _TOGETHER))
        texts = chain.from_iterable(map(_texts, parts))
        for position, (element, text) in enumerate(zip(elements, map(_bytes, texts))):
            if position and not many:
                self.content += b";"
            if len(self.content) + len(text) <= _MOST_GATHERED:
                self.content += text
            else:
                self.add(element)
            if many:
                self.content += b";"

    def _add_mapping(self, mapping: Mapping[str, Any]) -> None:
        for key in sorted(mapping):
            self.content += _bytes(f"{key}:")
            self.add(mapping[key])
            self.content += b";"


def _texts(values: Sequence[Any]) -> Sequence[str]:
    """The text of each value, none of them shortened.

    An exporter writes the same fields for all entities of a collection, so each field is written for all of them at
    once, which takes half the time.
    """
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    if kinds == {dict} and len(set(map(tuple, values))) == 1:
        keys = sorted(values[0])
        columns = [_texts(list(map(itemgetter(key), values))) for key in keys]
        pattern = "".join([f"{key.replace('%', '%%')}:%s;" for key in keys])
        return list(map(pattern.__mod__, zip(*columns))) if keys else ["{}"] * len(values)
    if len(kinds) == 1 and kinds <= _FEW_DIFFERENT:
        text_of = {value: _text(value) for value in set(values)}
        return list(map(text_of.__getitem__, values))
    return list(map(_text, values))


def _text(value: Any) -> str:
    """The text of one value, not shortened anywhere."""
    kind = type(value)
    if kind is dict:
        fields = sorted(value.items(), key=_KEY)
        # Without a function call for strings and nulls, which most fields are, this takes two thirds of the time.
        texts = [
            f"{key}:{field if field.__class__ is str else _NULL if field is None else _text(field)};"
            for key, field in fields
        ]
        return "".join(texts) or "{}"
    if kind is list:
        texts = value if _ONLY_TEXTS.issuperset(map(type, value)) else list(map(_text, value))
        return "{}" if not texts else ";".join(texts) if len(texts) <= _MOST_SEPARATED else ";".join(texts) + ";"
    if kind is int and -_MOST_DIGITS < value < _MOST_DIGITS:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is str:
        return str(value)
    if value is None:
        return _NULL
    return f"{float(str(value)):.14g}"  # through its text, because an integer may be too large for a float


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _md5(content: bytes | bytearray) -> hashlib._Hash:
    return hashlib.md5(content, usedforsecurity=False)
