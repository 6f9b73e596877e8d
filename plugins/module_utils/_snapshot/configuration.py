# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declarative configuration as bytes and as data.

Reading is stricter than the gateway's: a key that stands twice or a number that is none means that the file was
damaged or made by hand, and nobody can say which half was meant.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
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
_WORD = re.compile(r"[a-z_]{1,40}")
_MOST_NODES = 20_000_000


class Unreadable(InvalidInput):
    """The bytes are no configuration; ``finding`` says why, without a word of their content."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, ERROR, message)


@dataclass(frozen=True)
class Configuration:
    """A declarative configuration.

    ``digest`` is a SHA-256 in hexadecimal that is the same for every spelling of the same configuration: it does not
    depend on blanks, on the order of keys, on how a number is written, or on the order of the entities in a top-level
    collection, which follows the exporter's database and means nothing to the gateway. Any other list keeps its order.
    """

    document: Mapping[str, Any]
    digest: str


def read_json(body: bytes) -> Configuration:
    """Read a snapshot as the gateway writes it (fact 3.4); raises Unreadable."""
    if body.startswith(_GZIP):
        raise Unreadable("compressed", "The snapshot is compressed, and the gateway reads plain JSON only.")
    text = _text(body)
    try:
        document = json.loads(
            text, object_pairs_hook=_mapping, parse_float=_number, parse_int=_integer, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise _broken_json(error, text) from None
    except RecursionError:
        raise Unreadable("too-deep", "The snapshot is nested too deeply to be a configuration.") from None
    return _configuration(document)


def read_yaml(body: bytes) -> Configuration:
    """Read YAML as ``kong config db_export`` writes it; raises Unreadable, and InvalidInput where PyYAML is missing."""
    if not HAS_YAML:
        raise InvalidInput("The configuration is YAML, and PyYAML is not installed here: install it, or give JSON.")
    try:
        # A subclass of the safe loader, which makes plain data only.
        document = yaml.load(_text(body), Loader=_loader())  # noqa: S506
        if _size(document, {}) > _MOST_NODES:
            raise Unreadable("too-big", "The configuration's YAML aliases unfold to more data than any gateway holds.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Unreadable("not-yaml", f"The configuration is no valid YAML{where}.") from None
    except (yaml.YAMLError, ValueError):
        raise Unreadable("not-yaml", "The configuration is no valid YAML.") from None
    except RecursionError:
        raise Unreadable("too-deep", "The configuration is nested too deeply, or contains itself.") from None
    return _configuration(document)


def read(body: bytes) -> Configuration:
    """Read JSON, or YAML where the first character is not one of JSON's; raises as ``read_json`` and ``read_yaml``."""
    return read_json(body) if body.lstrip()[:1] in (b"{", b"[", b"") else read_yaml(body)


def to_json(configuration: Configuration) -> bytes:
    """The configuration as compact JSON in UTF-8, the form of a snapshot (fact 3.4)."""
    return _compact(configuration.document, sort_keys=False)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("not-utf8", f"The snapshot is no UTF-8 text from byte {error.start} on.") from None


def _configuration(document: Any) -> Configuration:
    if not isinstance(document, dict):
        raise Unreadable("not-a-mapping", "The snapshot is no mapping of collections, so it is no configuration.")
    try:
        return Configuration(document, _digest(document))
    except UnicodeEncodeError:
        raise Unreadable("not-utf8", "The snapshot has half of a character (a lone surrogate) in a string.") from None
    except RecursionError:
        raise Unreadable("too-deep", "The snapshot is nested too deeply to be a configuration.") from None


def _digest(document: Mapping[str, Any]) -> str:
    whole = hashlib.sha256()
    for name in sorted(document):
        whole.update(_compact(name))
        value = document[name]
        if isinstance(value, list):
            whole.update(f"[{len(value)}]".encode())
            for one in sorted(hashlib.sha256(_compact(entity)).digest() for entity in value):
                whole.update(one)
        else:
            whole.update(_compact(value))
    return whole.hexdigest()


def _compact(value: Any, sort_keys: bool = True) -> bytes:
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _broken_json(error: json.JSONDecodeError, text: str) -> Unreadable:
    if not text.strip():
        return Unreadable("truncated", "The snapshot is an object of no bytes at all.")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return Unreadable("truncated", f"The snapshot is cut off: it ends in the middle, after {len(text)} characters.")
    return Unreadable("not-json", f"The snapshot is no valid JSON at line {error.lineno}, column {error.colno}.")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _stands_twice([key for key, value in pairs])
    return mapping


def _stands_twice(keys: list[Any]) -> Unreadable:
    twice = next(str(key) for index, key in enumerate(keys) if key in keys[:index])
    # A key that is not one of the gateway's words may be somebody's secret.
    name = f"'{twice}'" if _WORD.fullmatch(twice) else "of a mapping"
    return Unreadable("duplicate-key", f"The key {name} stands twice, and one of its values is lost.")


def _number(text: str) -> float | int:
    return _as_held(float(text))


def _as_held(value: float) -> float | int:
    """A number as the gateway holds it: ``1.0`` is ``1``."""
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
        "not-finite", "The snapshot has a number that is none (NaN or infinite), which JSON does not allow."
    )


def _loader() -> Any:
    """A safe YAML loader that refuses keys that stand twice and reads timestamps as the gateway does: as text."""
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc,valid-type]
        yaml_implicit_resolvers: ClassVar = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            own = [self.construct_object(key, deep=True) for key, value in node.value]
            if not all(isinstance(key, str) for key in own):
                raise ConstructorError(problem="a key is no text", problem_mark=node.start_mark)
            if len(set(own)) != len(own):
                raise _stands_twice(own)
            self.flatten_mapping(node)
            return {self.construct_object(key): self.construct_object(value, deep=deep) for key, value in node.value}

        def construct_yaml_float(self, node: Any) -> float | int:
            return _as_held(super().construct_yaml_float(node))

    Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
    return Loader


def _size(value: Any, known: dict[int, int]) -> int:
    """How many nodes the value has when aliases are unfolded; raises Unreadable for what JSON cannot hold."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return 1
    if not isinstance(value, (list, dict)):
        raise Unreadable("not-yaml", "The configuration has a YAML value that JSON does not know, such as a set.")
    if id(value) not in known:
        children = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(child, known) for child in children)
    return known[id(value)]
