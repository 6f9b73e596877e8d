# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarative configurations: read, judged as the gateway judges them, and written (facts 3.4, 3.8)."""

from __future__ import annotations

import functools
import json
import re
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .configuration_hash import EMPTY_HASH, configuration_hash
from .entities import BUNDLED_PLUGINS, KINDS, complete
from .entities import errors as entity_errors
from .settings import Settings

_FORMAT_VERSIONS = ("1.1", "2.1", "3.0")
_DIRECTIVES = {"_format_version", "_transform", "_comment", "_ignore", "_workspace"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAMESPACE = uuid.UUID("fd02801f-0957-4a15-a55a-c8d9606f30b5")
_PLAIN_PATH = re.compile(r"[a-zA-Z0-9._~/%-]*")
_SPEAKABLE = {"name", "username", "prefix"}
_NOT_PROXIED = {"workspaces", "parameters", "licenses"}

Entity = dict[str, Any]
Entities = dict[str, list[Entity]]


class Refused(Exception):
    """The gateway does not take this configuration; the text holds every reason."""


@dataclass(frozen=True)
class Configuration:
    """Flat entities by collection, defaults filled in, references as ids.

    ``received_hash`` is that of the document it came in, where it came in one.
    """

    entities: Mapping[str, list[Entity]] = field(default_factory=dict)
    received_hash: str | None = field(default=None, compare=False)

    @cached_property
    def hash(self) -> str:
        """The hash that the gateway shows (fact 3.11); all zero for an empty configuration."""
        if self.is_empty:
            return EMPTY_HASH
        return self.received_hash or configuration_hash(document(self))

    @cached_property
    def is_empty(self) -> bool:
        """Whether there is nothing that concerns a request."""
        return not any(entities for collection, entities in self.entities.items() if collection not in _NOT_PROXIED)

    def of(self, collection: str) -> list[Entity]:
        """The entities of ``collection``."""
        return self.entities.get(collection, [])


class Current:
    """The configuration that a node has now; threads wait here for the next one."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = configuration or Configuration()
        self._changed = threading.Condition()

    def get(self) -> Configuration:
        """The configuration now."""
        return self._configuration

    def set(self, configuration: Configuration) -> None:
        """Replace the configuration and wake everybody who waits."""
        with self._changed:
            self._configuration = configuration
            self._changed.notify_all()

    def wait_for_other(self, than: str, timeout: float | None) -> Configuration:
        """The configuration as soon as its hash is not ``than``, or after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._configuration.hash != than, timeout)
            return self._configuration


def enabled_plugins(settings: Settings) -> frozenset[str]:
    """The plugin names that the setting ``plugins`` enables."""
    names = frozenset(settings.items("plugins")) - {"off"}
    return names - {"bundled"} | BUNDLED_PLUGINS if "bundled" in names else names


def document(configuration: Configuration) -> dict[str, Any]:
    """``configuration`` as the gateway exports it: flat, with ids (fact 3.4)."""
    return {"_format_version": "3.0", "_transform": False, **configuration.entities}


def snapshot(configuration: Configuration, stray_ws_id: bool = False) -> bytes:
    """The JSON text of a snapshot, on request with the ``ws_id`` that no gateway imports (fact 3.8)."""
    written = document(configuration)
    if stray_ws_id and configuration.of("ca_certificates"):
        workspace = next((each["id"] for each in configuration.of("workspaces")), str(uuid.UUID(int=0)))
        written["ca_certificates"] = [{**each, "ws_id": workspace} for each in configuration.of("ca_certificates")]
    return json.dumps(written, separators=(",", ":")).encode()


def db_export(configuration: Configuration) -> str:
    """The YAML text that ``kong config db_export`` writes: no nulls, no workspaces."""
    import yaml

    without = {
        collection: [{name: value for name, value in entity.items() if value is not None and name != "ws_id"}
                     for entity in entities]
        for collection, entities in configuration.entities.items()
        if collection not in _NOT_PROXIED and entities
    }  # fmt: skip
    return str(yaml.safe_dump(document(Configuration(without)), sort_keys=True, default_flow_style=False))


def parse_json(content: bytes) -> Any:
    """The value of a JSON text; raises Refused for what is not JSON (``NaN`` included)."""
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(f"failed parsing declarative configuration: {error}") from error


def parse_yaml(content: bytes) -> Any:
    """The value of a YAML text; raises Refused for what is not YAML."""
    import yaml

    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise Refused(f"failed parsing declarative configuration: {error}") from error


def accept(value: Any, plugins: frozenset[str]) -> Configuration:
    """The configuration in ``value``, nested or flat; raises Refused with the reasons why the gateway refuses it."""
    errors = list(_document_errors(value))
    if errors:
        raise Refused("; ".join(errors))
    flat = _Flattened(_with_paths_of_now(value))
    errors = flat.errors
    for collection, entities in flat.entities.items():
        for entity in entities:
            found = entity_errors(collection, entity, plugins)
            if entity.get("ws_id") is not None and not KINDS[collection].workspaced:
                found.append("ws_id: unknown field")
            errors += [f"in '{collection}' {_label(collection, entity)}: {each}" for each in found]
    errors += _duplicates(flat.entities)
    if errors:
        raise Refused("; ".join(errors[:20]))
    return Configuration(flat.entities, configuration_hash(value))


def received(value: Mapping[str, Any], known_hash: str | None = None) -> Configuration:
    """The configuration in a ``document`` that comes from a gateway, or from a cache that knows its hash."""
    entities = {name: entities for name, entities in value.items() if not name.startswith("_")}
    return Configuration(entities, known_hash or configuration_hash(value))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _document_errors(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield "expected a declarative configuration: a mapping"
        return
    if value.get("_format_version") not in _FORMAT_VERSIONS:
        yield f"_format_version: expected one of: {', '.join(_FORMAT_VERSIONS)}"
    if not isinstance(value.get("_transform"), (bool, type(None))):
        yield "_transform: expected a boolean"
    for name in sorted(set(value) - set(KINDS) - _DIRECTIVES, key=str):
        if value[name] is not None:
            yield f"{name}: unknown field"
    for name in sorted(set(value) & set(KINDS)):
        yield from _list_errors(name, value[name], name)


def _list_errors(collection: str, value: Any, place: str) -> Iterator[str]:
    if value in (None, {}):
        return  # the gateway's language has one empty table
    if not isinstance(value, list):
        yield f"{place}: expected an array"
        return
    for number, entity in enumerate(value):
        if entity == []:
            continue  # the one empty table, again
        if not isinstance(entity, dict):
            yield f"{place}[{number}]: expected a record"
            continue
        for child in set(entity) & _children(collection):
            yield from _list_errors(child, entity[child], f"{place}[{number}].{child}")


class _Flattened:
    """Entities of a document with every nested child in its own collection and every reference an id."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.entities: Entities = {}
        self.errors: list[str] = []
        for collection in KINDS:
            for number, entity in enumerate(value.get(collection) or ()):
                self._add(collection, entity or {}, f"{collection}[{number}]", {})
        names: dict[str, dict[str, str]] = {
            collection: {**self._by_key(collection), **{each["id"]: each["id"] for each in entities}}
            for collection, entities in self.entities.items()
        }
        for collection, entities in self.entities.items():
            for name, target in KINDS[collection].references.items():
                for entity in entities:
                    self._resolve(collection, entity, name, names.get(target, {}))

    def _add(self, collection: str, given: Entity, place: str, parent: Entity) -> None:
        children = {name for name in set(given) & _children(collection) if isinstance(given[name], list)}
        entity = complete(collection, {**{k: v for k, v in given.items() if k not in children}, **parent})
        key = KINDS[collection].key
        if entity.get("id") is not None and not _is_uuid(entity["id"]):
            self.errors.append(f"in '{collection}' {_label(collection, entity)}: id: expected a valid UUID")
            entity["id"] = None
        if entity.get("id") is None:
            derived_from = (key and entity.get(key)) or _identity(collection, entity) or place
            entity["id"] = str(uuid.uuid5(uuid.uuid5(_NAMESPACE, collection), str(derived_from)))
        self.entities.setdefault(collection, []).append(entity)
        for child in sorted(children):
            reference = _reference(child, collection)
            for number, each in enumerate(given[child]):
                self._add(child, each or {}, f"{place}.{child}[{number}]", {reference: entity["id"]})

    def _by_key(self, collection: str) -> dict[str, str]:
        key = KINDS[collection].key
        entities = self.entities[collection]
        return {each[key]: each["id"] for each in entities if isinstance(each.get(key), str)} if key else {}

    def _resolve(self, collection: str, entity: Entity, name: str, known: Mapping[str, str]) -> None:
        value = entity.get(name)
        if isinstance(value, dict):
            value = value.get("id", value)
        if value is None:
            return
        if isinstance(value, str) and value in known:
            entity[name] = known[value]
        else:
            target = KINDS[collection].references[name]
            self.errors.append(f"in '{collection}' {_label(collection, entity)}: {name}: no such entity in '{target}'")


def _with_paths_of_now(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with the paths of its routes as 3.0 has them: before, a regular expression had no mark."""
    if value.get("_format_version") == "3.0":
        return value
    services = [
        {**each, "routes": _routes_of_now(each["routes"])} if isinstance(each, dict) and each.get("routes") else each
        for each in value.get("services") or ()
    ]
    return {**value, "services": services, "routes": _routes_of_now(value.get("routes") or ())}


def _routes_of_now(routes: Any) -> list[Any]:
    return [
        {**each, "paths": [_path_of_now(path) for path in each["paths"]]}
        if isinstance(each, dict) and isinstance(each.get("paths"), list)
        else each
        for each in routes
    ]


def _path_of_now(path: Any) -> Any:
    return f"~{path}" if isinstance(path, str) and not _PLAIN_PATH.fullmatch(path) else path


def _identity(collection: str, entity: Entity) -> str:
    """What the id of an entity without a key is derived from; empty where there is nothing."""
    values = [entity.get(name) for name in KINDS[collection].identified_by]
    texts = [value.get("id", value) if isinstance(value, dict) else value for value in values]
    return ":".join("" if text is None else str(text) for text in texts)


@functools.cache
def _children(collection: str) -> set[str]:
    return {name for name, kind in KINDS.items() if collection in kind.references.values()}


def _reference(child: str, parent: str) -> str:
    return next(name for name, target in KINDS[child].references.items() if target == parent)


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _label(collection: str, entity: Entity) -> str:
    """What names ``entity`` in a message: never a credential's key, which is a secret."""
    key = KINDS[collection].key
    return repr((key in _SPEAKABLE and entity.get(str(key))) or entity.get("id"))


def _duplicates(entities: Entities) -> list[str]:
    found = []
    for collection, members in entities.items():
        key = KINDS[collection].key
        ids = [each["id"] for each in members]
        found += [f"in '{collection}': duplicate id '{each}'" for each in _repeated(ids)]
        for name in filter(None, (key, KINDS[collection].also_unique)):
            values = [(str(each.get("ws_id")), each[name]) for each in members if isinstance(each.get(name), str)]
            found += [f"in '{collection}': duplicate {name}" for _again in _repeated(values)]
    return found


def _repeated(values: list[Any]) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]
