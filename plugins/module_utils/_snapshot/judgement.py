# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a snapshot is one that a new data plane can live on.

A judgement is a list of findings; the outcome is that of the gravest one. What the gateway would surely refuse makes a
snapshot ``unimportable``; what it might refuse is a warning, because a false alarm teaches people not to look.
No sentence repeats a value of the configuration, which holds credentials (fact 3.5).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import route as _route
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Configuration,
    Unreadable,
    read_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.entities import (
    CHILDREN,
    KINDS,
    OTHERS,
    UNKNOWN,
    Kind,
    faults,
)

OK = "ok"
MISSING = "missing"
DENIED = "denied"
UNREACHABLE = "unreachable"
CORRUPT = "corrupt"
UNIMPORTABLE = "unimportable"
EMPTY = "empty"
SHRUNK = "shrunk"
STALE = "stale"
UNENCRYPTED = "unencrypted"

_CODES = {
    UNREACHABLE: ("unreachable",),
    DENIED: ("denied",),
    MISSING: ("missing",),
    CORRUPT: (
        "compressed",
        "duplicate-key",
        "not-a-mapping",
        "not-finite",
        "not-json",
        "not-utf8",
        "not-yaml",
        "too-big",
        "too-deep",
        "truncated",
    ),
    UNIMPORTABLE: (
        "bad-id",
        "bad-reference",
        "bad-value",
        "dangling-reference",
        "duplicate-id",
        "duplicate-name",
        "format-version",
        "missing-field",
        "not-a-list",
        "not-an-entity",
        "plugin-not-allowed",
        "transform",
        "unknown-collection",
        "workspace-id",
    ),
    EMPTY: ("empty", "no-routes"),
    SHRUNK: ("below-minimum", "shrunk"),
    STALE: ("stale",),
    UNENCRYPTED: ("unencrypted",),
}
OUTCOME_OF = {code: outcome for outcome, codes in _CODES.items() for code in codes}
"""The outcome that a snapshot has by an error of this code."""
OUTCOMES = (*_CODES, OK)
"""All outcomes, the gravest first."""

_FORMAT_VERSIONS = ("1.1", "2.1", "3.0")
_HEADER = ("_format_version", "_transform", "_comment", "_ignore")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHOWN_OF_A_CODE = 5


@dataclass(frozen=True)
class Rules:
    """What a snapshot is judged by, besides the gateway's own rules.

    ``gateway_version`` decides about ``ws_id`` (fact 3.8), ``allowed_plugins`` are the plugins that the data planes
    have (None: not known), ``custom_collections`` the collections that plugins of one's own bring,
    ``minimum_entities`` says how many entities a collection must have at least.
    """

    gateway_version: GatewayVersion
    allowed_plugins: frozenset[str] | None = None
    minimum_entities: Mapping[str, int] = field(default_factory=dict)
    custom_collections: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judgement:
    """What was found in one snapshot; ``entities`` counts each collection, nested ones included.

    ``digest`` is that of ``_configuration.Configuration``; None when the snapshot cannot be read. ``route`` is a
    request that a gateway serves from a good snapshot; None where there is no simple one.
    """

    findings: tuple[Finding, ...]
    entities: Mapping[str, int] = field(default_factory=dict)
    digest: str | None = None
    route: _route.Request | None = None

    @property
    def outcome(self) -> str:
        """One word of OUTCOMES, ``ok`` when nothing stands in the way of an import."""
        return outcome_of(self.findings)


@dataclass(frozen=True)
class _Entity:
    """One entity with its JSON pointer; ``parent`` is the field that nesting fills in."""

    collection: str
    kind: Kind
    pointer: str
    values: Mapping[str, Any]
    parent: str | None

    @property
    def name(self) -> str | None:
        """The unique name that others may refer to it by."""
        name = self.values.get(self.kind.name_field) if self.kind.name_field else None
        return name if isinstance(name, str) else None


def outcome_of(findings: Iterable[Finding]) -> str:
    """The outcome that the gravest error has; ``ok`` without errors."""
    found = {OUTCOME_OF[finding.code] for finding in errors(findings)}
    return next((outcome for outcome in OUTCOMES if outcome in found), OK)


def judge_body(body: bytes, rules: Rules) -> Judgement:
    """Judge the bytes of a stored snapshot; never raises."""
    try:
        configuration = read_json(body)
    except Unreadable as error:
        return Judgement((error.finding,))
    return judge(configuration, rules)


def judge(configuration: Configuration, rules: Rules) -> Judgement:
    """Judge a configuration as the import of a gateway would, and by ``rules``."""
    shape: list[Finding] = list(_header(configuration.document, rules.custom_collections))
    entities = list(_walk(configuration.document, shape))
    counts = Counter(entity.collection for entity in entities)
    findings = [
        *shape,
        *_workspace_ids(entities),
        *_faults(entities),
        *_identities(entities),
        *_references(entities),
        *_plugins(entities, rules.allowed_plugins),
        *_emptiness(counts),
        *_minimum(counts, rules.minimum_entities),
    ]
    route = None if errors(findings) else _route.pick(configuration.document)
    return Judgement(tuple(_shortened(findings)), dict(sorted(counts.items())), configuration.digest, route)


def shrinkage(before: Mapping[str, int], now: Mapping[str, int], max_shrink_percent: int) -> list[Finding]:
    """A finding when all entities, or the routes alone, became fewer by more than so many per cent."""
    return [
        Finding(
            "shrunk",
            ERROR,
            f"Only {new} of {old} {what} are left since the last good snapshot, "
            f"and at most {max_shrink_percent} % may go at once (max_shrink_percent).",
        )
        for what, old, new in (
            ("entities", _total(before), _total(now)),
            ("routes", before.get("routes", 0), now.get("routes", 0)),
        )
        if (old - new) * 100 > old * max_shrink_percent
    ]


def _total(counts: Mapping[str, int]) -> int:
    return sum(number for collection, number in counts.items() if collection != "workspaces")


def _header(document: Mapping[str, Any], custom: frozenset[str]) -> Iterator[Finding]:
    version = document.get("_format_version")
    if version not in _FORMAT_VERSIONS:
        yield Finding(
            "format-version",
            ERROR,
            "_format_version must be the text '3.0' (or '2.1', '1.1'); the gateway refuses a configuration without it.",
            pointer="/_format_version",
            fact="3.4",
        )
    if not isinstance(document.get("_transform"), (bool, type(None))):
        yield Finding("transform", ERROR, "_transform must be true or false.", pointer="/_transform", fact="3.4")
    for name in document:
        if name not in _HEADER and name not in KINDS and name not in OTHERS | custom:
            yield Finding(
                "unknown-collection",
                ERROR,
                "The gateway refuses a snapshot with this top-level key, unless a plugin of your own brings it: "
                "name it in custom_collections then.",
                pointer=_pointer(name),
                fact="3.4",
            )


def _walk(document: Mapping[str, Any], findings: list[Finding]) -> Iterator[_Entity]:
    """All entities, parents before their children; what is no entity becomes a finding."""
    for name, value in document.items():
        if name not in _HEADER:
            yield from _collection(name, value, _pointer(name), None, findings)


def _collection(name: str, value: Any, pointer: str, parent: str | None, findings: list[Finding]) -> Iterator[_Entity]:
    # The gateway's language has one word for the empty mapping and the empty list.
    if value is None or value == {}:
        return
    if not isinstance(value, list):
        findings.append(
            Finding("not-a-list", ERROR, "A collection must be a list of entities.", pointer=pointer, fact="3.4")
        )
        return
    kind = KINDS.get(name, UNKNOWN)
    children = CHILDREN.get(name, {})
    for index, entity in enumerate(value):
        at = f"{pointer}/{index}"
        if not isinstance(entity, dict):
            findings.append(Finding("not-an-entity", ERROR, "An entity must be a mapping.", pointer=at, fact="3.4"))
            continue
        yield _Entity(name, kind, at, entity, parent)
        for child in children.keys() & entity.keys():
            yield from _collection(child, entity[child], f"{at}/{child}", children[child], findings)


def _workspace_ids(entities: list[_Entity]) -> Iterator[Finding]:
    for entity in entities:
        if not entity.kind.workspace and entity.values.get("ws_id") is not None:
            yield Finding(
                "workspace-id",
                ERROR,
                f"{entity.collection} belong to no workspace, and every gateway refuses a snapshot where they carry"
                " ws_id: export from a control plane, or upgrade the data plane that exports.",
                pointer=f"{entity.pointer}/ws_id",
                fact="3.8",
            )


def _faults(entities: list[_Entity]) -> Iterator[Finding]:
    for entity in entities:
        for fault in faults(entity.collection, entity.values, entity.parent):
            pointer = entity.pointer if fault.field is None else f"{entity.pointer}/{fault.field}"
            yield Finding(fault.code, ERROR, fault.message, pointer=pointer, fact="3.4")


def _identities(entities: list[_Entity]) -> Iterator[Finding]:
    seen: set[tuple[str, ...]] = set()
    for entity in entities:
        collection, identity, name = entity.collection, entity.values.get("id"), entity.name
        if identity is not None:
            if not isinstance(identity, str) or not _UUID.fullmatch(identity):
                yield _at(entity, "bad-id", "id", "An id must be a UUID.")
            elif _seen(seen, collection, "id", identity):
                yield _at(entity, "duplicate-id", "id", f"An id stands twice in {collection}.")
        if name is not None:
            twice = _seen(seen, collection, "name", str(entity.values.get("ws_id")), name)
            # Where there is no id, the gateway makes one of the name, whatever the workspace.
            if (identity is None and _seen(seen, collection, "id", "of", name)) or twice:
                message = f"A name stands twice in {collection} of one workspace, or without ids."
                yield _at(entity, "duplicate-name", str(entity.kind.name_field), message)


def _seen(seen: set[tuple[str, ...]], *what: str) -> bool:
    if what in seen:
        return True
    seen.add(what)
    return False


def _at(entity: _Entity, code: str, name: str, message: str) -> Finding:
    return Finding(code, ERROR, message, pointer=f"{entity.pointer}/{name}", fact="3.4")


def _references(entities: list[_Entity]) -> Iterator[Finding]:
    known = _referable(entities)
    for entity in entities:
        for name, collection in entity.kind.foreign.items():
            value = entity.values.get(name)
            if value is None:
                continue
            reference = value.get("id") if isinstance(value, dict) else value
            if not isinstance(reference, str):
                yield _at(
                    entity, "bad-reference", name, f"{name} must be the id or the name of an entity in {collection}."
                )
            elif reference not in known.get(collection, ()):
                yield _at(entity, "dangling-reference", name, f"{name} points at nothing in {collection}.")


def _referable(entities: list[_Entity]) -> dict[str, set[str]]:
    """For each collection the ids and names by which others may refer to its entities."""
    known: dict[str, set[str]] = {}
    for entity in entities:
        for reference in (entity.values.get("id"), entity.name):
            if isinstance(reference, str):
                known.setdefault(entity.collection, set()).add(reference)
    return known


def _plugins(entities: list[_Entity], allowed: frozenset[str] | None) -> Iterator[Finding]:
    if allowed is None:
        return
    for entity in entities:
        name = entity.values.get("name")
        if entity.collection == "plugins" and isinstance(name, str) and name not in allowed:
            yield _at(
                entity, "plugin-not-allowed", "name", "The data planes do not have this plugin (allowed_plugins)."
            )


def _emptiness(counts: Mapping[str, int]) -> Iterator[Finding]:
    if not _total(counts):
        yield Finding(
            "empty", ERROR, "The snapshot has no entities: the exporter had no configuration yet.", fact="3.6"
        )
    elif not counts.get("routes"):
        yield Finding(
            "no-routes",
            ERROR,
            "The snapshot has no route, so a data plane would answer every request with 404.",
            fact="3.6",
        )


def _minimum(counts: Mapping[str, int], minimum: Mapping[str, int]) -> Iterator[Finding]:
    for collection, least in sorted(minimum.items()):
        if counts.get(collection, 0) < least:
            yield Finding(
                "below-minimum",
                ERROR,
                f"The snapshot has {counts.get(collection, 0)} {collection} where at least {least} are expected "
                "(minimum_entities).",
                pointer=_pointer(collection),
                fact="3.6",
            )


def _shortened(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first few findings of each code, the last of them saying how many more there are."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    for alike in by_code.values():
        yield from alike[: _SHOWN_OF_A_CODE - 1]
        more = len(alike) - _SHOWN_OF_A_CODE
        for last in alike[_SHOWN_OF_A_CODE - 1 : _SHOWN_OF_A_CODE]:
            yield (
                replace(last, message=f"{last.message[:-1]}, and so it is in {more} more places.") if more > 0 else last
            )


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
