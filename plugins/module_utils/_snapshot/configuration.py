# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declarative configuration as bytes and as data.

Reading is stricter than the gateway's: a duplicate key or a number that is not one means that the file was damaged or
edited by hand, and either half may be the intended one.
"""

from __future__ import annotations

import gc
import hashlib
import json
import marshal
import math
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any, ClassVar

try:
    import yaml
    from yaml.constructor import ConstructorError

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding

_GZIP = b"\x1f\x8b"
_ESCAPE = "\\"
_ESCAPED_CHARACTER = "\\u"
_WORD = re.compile(r"[a-z_]{1,40}")
_MOST_NODES = 20_000_000
_MOST_OF = {b"{": 10_000_000, b"[": 10_000_000, b",": 60_000_000}
"""The most characters of JSON's structure; each stands for a value, which takes up to 250 bytes."""
_FORM_WITHOUT_REFERENCES = 2
_TOGETHER = 5_000


class Unreadable(InvalidInput):
    """The bytes are not a configuration; ``finding`` says why, without quoting their content."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, ERROR, message)


@dataclass(frozen=True)
class Configuration:
    """A declarative configuration; the keys of every mapping in ``document`` are in order.

    ``digest`` is a SHA-256 in hexadecimal that is the same for every form of the same configuration: it does not
    depend on blanks, on the order of keys, on how a number is written, or on the order of the entities in a top-level
    collection, which follows the exporter's database and means nothing to the gateway. Any other list keeps its order.
    """

    document: Mapping[str, Any]
    digest: str


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Create millions of values without garbage collection, which would take a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_json(body: bytes) -> Configuration:
    """Read a snapshot as the gateway writes it (fact 3.4); raises Unreadable."""
    return read_json_text([json_text(body)])


def json_text(body: bytes) -> str:
    """The text of a snapshot; raises Unreadable for bytes that cannot be one, or are too many to read.

    The bytes are no longer needed, so release them: a snapshot takes twice its size in memory as data.
    """
    if body.startswith(_GZIP):
        raise Unreadable("compressed", "The snapshot is compressed, and the gateway reads plain JSON only.")
    for character, most in _MOST_OF.items():
        if len(body) > most and body.count(character) > most:
            raise Unreadable("too-big", "The snapshot has more values than any gateway can hold.")
    return _text(body)


@without_garbage_collection()
def read_json_text(texts: list[str]) -> Configuration:
    """Read the one text of a snapshot, and take it from the list, so that it does not stay in memory; raises
    Unreadable."""
    try:
        text = texts.pop()
        document = _loaded(text)
        if not isinstance(document, dict):
            raise Unreadable("not-a-mapping", "The snapshot is not a mapping of collections.")
        if _ESCAPE in text and _ESCAPED_CHARACTER in text:
            _refuse_half_characters(document)
        del text
        return Configuration(document, _digest(document))
    except (RecursionError, _TooDeepToMarshal):
        raise too_deep() from None


def too_deep() -> Unreadable:
    """The finding about a snapshot that is nested too deeply for Python."""
    return Unreadable("too-deep", "The snapshot is nested too deeply to be a configuration.")


def read_yaml(body: bytes) -> Configuration:
    """Read YAML as ``kong config db_export`` writes it; raises Unreadable, and InvalidInput where PyYAML is missing."""
    if not HAS_YAML:
        raise InvalidInput("The configuration is YAML, and PyYAML is not installed here: install it, or give JSON.")
    try:
        # A subclass of the safe loader, which creates plain data only.
        document = yaml.load(_text(body), Loader=_loader())  # noqa: S506
        if _size(document, {}) > _MOST_NODES:
            raise Unreadable(
                "too-big", "The configuration's YAML aliases expand to more data than any gateway can hold."
            )
        return read_json(_compact(document))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Unreadable("not-yaml", f"The configuration is not valid YAML{where}.") from None
    except (yaml.YAMLError, ValueError):
        raise Unreadable("not-yaml", "The configuration is not valid YAML.") from None
    except RecursionError:
        raise Unreadable("too-deep", "The configuration is nested too deeply, or contains itself.") from None


def read_configuration(body: bytes) -> Configuration:
    """Read JSON, or YAML if the first character is not one of JSON's; raises as ``read_json`` and ``read_yaml``."""
    return read_json(body) if body.lstrip()[:1] in (b"{", b"[", b"") else read_yaml(body)


def to_json(configuration: Configuration) -> bytes:
    """The configuration as compact JSON in UTF-8, the form of a snapshot (fact 3.4)."""
    return _compact(configuration.document)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(
            "not-utf8", f"The snapshot is not UTF-8 text: byte {error.start} is not part of a character."
        ) from None


def _loaded(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_mapping, parse_float=_number, parse_int=_integer, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise _broken_json(error, text) from None


def _refuse_half_characters(document: Mapping[str, Any]) -> None:
    try:
        _compact(document)
    except UnicodeEncodeError:
        message = "The snapshot has half a character (a lone surrogate) in a string."
        raise Unreadable("not-utf8", message) from None


def _digest(document: Mapping[str, Any]) -> str:
    """The digest of a document whose keys are in order."""
    whole = hashlib.sha256()
    for name, value in document.items():
        whole.update(_canonical(name))
        if isinstance(value, list):
            whole.update(_canonical(len(value)))
            for each in sorted(_digests(value)):
                whole.update(each)
        else:
            whole.update(_canonical(value))
    return whole.hexdigest()


def _digests(entities: list[Any]) -> Iterator[bytes]:
    """The digest of each, a few thousand at a time, because all of them in canonical form take as much memory as the
    text."""
    for at in range(0, len(entities), _TOGETHER):
        yield from [hashlib.sha256(form).digest() for form in _all_canonical(entities[at : at + _TOGETHER])]


def _canonical(value: Any) -> bytes:
    return _all_canonical([value])[0]


def _all_canonical(values: list[Any]) -> list[bytes]:
    """For each value the canonical form that equal values share.

    Not JSON, whose encoder looks at every character of every string, which takes longer than everything else combined.
    """
    try:
        return list(map(marshal.dumps, values, repeat(_FORM_WITHOUT_REFERENCES)))
    except ValueError:
        raise _TooDeepToMarshal from None


class _TooDeepToMarshal(Exception):
    """A value that is nested more deeply than ``marshal`` goes."""


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _broken_json(error: json.JSONDecodeError, text: str) -> Unreadable:
    if not text.strip():
        return Unreadable("truncated", "The snapshot is empty.")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return Unreadable("truncated", f"The snapshot is cut off after {len(text)} characters.")
    return Unreadable("not-json", f"The snapshot is not valid JSON at line {error.lineno}, column {error.colno}.")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping with its keys in order."""
    try:
        pairs.sort()
    except TypeError:  # Values are compared only if two keys are the same.
        raise _duplicate_key([key for key, value in pairs]) from None
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _duplicate_key([key for key, value in pairs])
    return mapping


def _duplicate_key(keys: list[Any]) -> Unreadable:
    twice = next(str(key) for key, times in Counter(keys).items() if times > 1)
    # A key that the gateway does not know may be a secret.
    name = f"'{twice}'" if _WORD.fullmatch(twice) else "of a mapping"
    return Unreadable("duplicate-key", f"The key {name} occurs twice, and one of its values is lost.")


def _number(text: str) -> float | int:
    """A number as the gateway holds it: ``1.0`` is ``1``."""
    value = float(text)
    if not math.isfinite(value):
        raise _not_finite()
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _integer(text: str) -> int | float:
    # Python refuses to convert thousands of digits; to the gateway every number is a double anyway.
    return int(text) if len(text) < 300 else _number(text)


def _refuse_constant(name: str) -> Any:
    raise _not_finite()


def _not_finite() -> Unreadable:
    return Unreadable(
        "not-finite", "The snapshot has a value that is not a number (NaN) or infinite, which JSON does not allow."
    )


def _loader() -> Any:
    """A safe YAML loader that refuses duplicate keys and reads timestamps as the gateway does: as text."""
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    # PyYAML is optional, so its classes are known when this runs, not when types are checked.
    class Loader(base):  # type: ignore[misc,valid-type]
        yaml_implicit_resolvers: ClassVar = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            own = [self.construct_object(key, deep=True) for key, value in node.value]
            if not all(isinstance(key, str) for key in own):
                raise ConstructorError(problem="a key is not a string", problem_mark=node.start_mark)
            if len(set(own)) != len(own):
                raise _duplicate_key(own)
            self.flatten_mapping(node)
            return {self.construct_object(key): self.construct_object(value, deep=deep) for key, value in node.value}

    return Loader


def _size(value: Any, known: dict[int, int]) -> int:
    """How many nodes the value has when aliases are expanded; raises Unreadable for what JSON cannot hold."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return 1
    if not isinstance(value, (list, dict)):
        raise Unreadable("not-yaml", "The configuration has a YAML value that does not exist in JSON, such as a set.")
    if id(value) not in known:
        children = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(child, known) for child in children)
    return known[id(value)]
