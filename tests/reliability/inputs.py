# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may lie in a store, or in a secret store, where a module looks for its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

DEEP = 200_000

SHAPES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t",
    "null": b"null",
    "a number": b"7",
    "a text": b'"text"',
    "a list": b"[]",
    "an object": b"{}",
    "a list of lists": b"[" * DEEP + b"]" * DEEP,
    "lists without an end": b"[" * DEEP,
    "objects without an end": b'{"a":' * DEEP,
    "an endless number": b"[" + b"9" * 100_000 + b"]",
    "a number beyond all": b'{"a": 1e99999}',
    "not a number": b'{"a": NaN}',
    "NUL": b"\0" * 4096,
    "a lone surrogate": b'{"\\ud800": "\\udfff"}',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a mark of order": b"\xef\xbb\xbf{}",
    "compressed": gzip.compress(b"{}" * 1000, mtime=0),
    "a web page": b"<!DOCTYPE html><html><body>Please log in</body></html>",
    "XML": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "YAML": b"a: !!python/object/apply:os.system ['true']",
    "two documents": b"{} {}",
    "a key twice": b'{"a": 1, "a": 2}',
}

_VALUES: tuple[Any, ...] = (None, -1, 1e308, "", "\u0000", [[]], {"": {}})


def inputs(true: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents: those that nobody would write, and the true one with each of its values replaced."""
    yield from SHAPES.items()
    for place in (len(true) // 3, len(true) - 1):
        yield f"the true one, cut off after {place} bytes", true[:place]
    document = json.loads(true)
    for path in _paths(document):
        for value in _VALUES:
            yield f"{'.'.join(map(str, path))} is {value!r:.20}", json.dumps(_replaced(document, path, value)).encode()


def _paths(document: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All places in a document, of a list only the first."""
    names = list(document) if isinstance(document, dict) else [0] if isinstance(document, list) and document else []
    for name in names:
        yield (*above, name)
        yield from _paths(document[name], (*above, name))


def _replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = list(document) if isinstance(document, list) else dict(document)
    copy[path[0]] = _replaced(document[path[0]], path[1:], value)
    return copy
