# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a new data plane can use a snapshot.

A judgement is a list of findings; the outcome is that of the most serious one. What the gateway would certainly refuse
makes a snapshot ``unimportable``; what it might refuse is a warning, because a false alarm teaches people not to look.
No sentence repeats a value of the configuration, which holds credentials (fact 3.5).
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import repeat
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Configuration,
    Unreadable,
    read_json,
    without_garbage_collection,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.entities import (
    CHILDREN,
    KINDS,
    OTHERS,
    UNKNOWN,
    Entity,
    Kind,
    columns,
    faults,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.route import SimpleRequest, servable_request

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

UNSEEN = (DENIED, UNREACHABLE)
"""Outcomes that say something of the way of the one who looks to the storage, and of the snapshot nothing."""

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
"""The outcome of a snapshot with an error of this code."""
OUTCOMES = (*_CODES, OK)
"""All outcomes, most serious first."""

_FORMAT_VERSIONS = ("1.1", "2.1", "3.0")
_HEADER = ("_format_version", "_transform", "_comment", "_ignore")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ANY_DIGIT = bytes.maketrans(b"123456789abcdefABCDEF", b"0" * 21)
_UUID_OF_ZEROS = b"00000000-0000-0000-0000-000000000000"
_MAPPING = {dict}
_TEXT = {str}
_TEXT_OR_NONE = {str, type(None)}
_SHOWN_OF_A_CODE = 5
_DERIVED_IDS = uuid.UUID("fd02801f-0957-4a15-a55a-c8d9606f30b5")
"""The namespace of the ids that the gateway derives from names."""
_PLAIN_PATH = re.compile(r"[a-zA-Z0-9._~/%-]*")
"""A path that the gateway does not treat as a regular expression if the format has no mark for them."""


@dataclass(frozen=True)
class Rules:
    """What a snapshot is judged by, apart from the gateway's own rules.

    ``allowed_plugins`` are the plugins that the data planes have (None: not known), ``custom_collections`` the
    collections that custom plugins bring, ``minimum_entities`` says how many entities a collection must have at least.
    """

    gateway_version: GatewayVersion
    allowed_plugins: frozenset[str] | None = None
    minimum_entities: Mapping[str, int] = field(default_factory=dict)
    custom_collections: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judgement:
    """What was found in one snapshot; ``entities`` counts each collection, including nested entities.

    ``digest`` is that of the ``Configuration``; None if the snapshot cannot be read. ``route`` is a request that a
    gateway serves from a good snapshot; None if there is no simple one. ``plugins`` are the names of the plugins in it.
    """

    findings: tuple[Finding, ...]
    entities: Mapping[str, int] = field(default_factory=dict)
    digest: str | None = None
    route: SimpleRequest | None = None
    plugins: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """One word of OUTCOMES, ``ok`` if nothing prevents an import."""
        return outcome_of(self.findings)


@dataclass(frozen=True)
class _Group:
    """The entities of a top-level collection, or all of one collection that are nested in those of the group ``above``.

    For each entity ``places`` has its index in its list, and ``parents`` the position of its parent in the group above;
    a pointer is built from them if there is something to point to. ``parent`` is the field that nesting fills in.
    """

    collection: str
    above: _Group | None = None
    parent: str | None = None
    entities: list[Entity] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        """The rules of the collection."""
        return KINDS.get(self.collection, UNKNOWN)

    @cached_property
    def _columns(self) -> dict[str, Sequence[Any]]:
        return columns(self.entities, self.kind.fields)

    def column(self, name: str) -> Sequence[Any]:
        """For each entity the value of a field, or None."""
        if name not in self._columns:
            self._columns.update(columns(self.entities, [name]))
        return self._columns[name]

    def names(self) -> list[str | None]:
        """For each entity the unique name that others may refer to it by."""
        return self.texts(self.kind.name_field) if self.kind.name_field else [None] * len(self.entities)

    def texts(self, name: str) -> list[str | None]:
        """For each entity the value of a field, None if it is not a string."""
        return [value if isinstance(value, str) else None for value in self.column(name)]

    def pointer(self, position: int, name: str | None = None) -> str:
        """The JSON pointer of an entity, or of one of its fields."""
        entity = f"{self.pointer_of_list(self.parents[position])}/{self.places[position]}"
        return entity if name is None else f"{entity}/{name}"

    def pointer_of_list(self, parent: int) -> str:
        """The JSON pointer of the list, or of the one that is nested in this parent."""
        return ("" if self.above is None else self.above.pointer(parent)) + _pointer(self.collection)


class _Findings:
    """The first few findings of each kind, and how many there are: a bad snapshot may have millions of one."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], list[Finding]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
        """Take all of them into account."""
        for finding in findings:
            kind = (finding.code, finding.severity)
            self._counts[kind] += 1
            if self._counts[kind] <= _SHOWN_OF_A_CODE:
                self._first.setdefault(kind, []).append(finding)

    def shortened(self) -> tuple[Finding, ...]:
        """The first few of each kind; the last one says how many more there are."""
        return tuple(
            finding for kind, first in self._first.items() for finding in self._told(first, self._counts[kind])
        )

    @staticmethod
    def _told(first: list[Finding], count: int) -> list[Finding]:
        more = count - len(first)
        if more == 0:
            return first
        *others, last = first
        return [*others, replace(last, message=f"{last.message} The same applies in {more} more places.")]


def outcome_of(findings: Iterable[Finding]) -> str:
    """The outcome of the most serious error; ``ok`` without errors."""
    found = {OUTCOME_OF[finding.code] for finding in errors(findings)}
    return next((outcome for outcome in OUTCOMES if outcome in found), OK)


@without_garbage_collection()
def judge_body(body: bytes, rules: Rules) -> Judgement:
    """Judge the bytes of a stored snapshot; never raises."""
    try:
        configuration = read_json(body)
    except Unreadable as error:
        return Judgement((error.finding,))
    return judge_configuration(configuration, rules)


@without_garbage_collection()
def judge_configuration(configuration: Configuration, rules: Rules) -> Judgement:
    """Judge a configuration as the import of a gateway would, and by ``rules``."""
    found = _Findings()
    found.add(_header(configuration.document, rules.custom_collections))
    groups = list(_groups(configuration.document, found))
    counts: Counter[str] = Counter()
    for group in groups:
        counts[group.collection] += len(group.entities)
    found.add(_workspace_ids(groups))
    found.add(_faults(groups))
    found.add(_marked_paths(configuration.document.get("_format_version"), groups))
    found.add(_ids(groups))
    found.add(_names(groups))
    found.add(_references(groups))
    found.add(_plugins(groups, rules.allowed_plugins))
    found.add(_emptiness(counts))
    found.add(_minimum(counts, rules.minimum_entities))
    findings = found.shortened()
    route = None if errors(findings) else servable_request(configuration.document)
    counted = dict(sorted(counts.items()))
    return Judgement(findings, counted, configuration.digest, route, _plugin_names(groups))


def shrinkage(before: Mapping[str, int], now: Mapping[str, int], max_shrink_percent: int) -> list[Finding]:
    """A finding if the number of all entities, or of the routes, shrank by more than so many per cent."""
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
            "_format_version must be the string '3.0' ('2.1', '1.1'); the gateway refuses a configuration without it.",
            pointer="/_format_version",
            fact="3.4",
        )
    if not isinstance(document.get("_transform"), (bool, type(None))):
        yield Finding("transform", ERROR, "_transform must be true or false.", pointer="/_transform", fact="3.4")
    for name, value in document.items():
        if value is not None and name not in _HEADER and name not in KINDS and name not in OTHERS | custom:
            yield Finding(
                "unknown-collection",
                ERROR,
                "The gateway refuses a snapshot with this top-level key, unless one of your own plugins defines it: "
                "if so, name it in custom_collections.",
                pointer=_pointer(name),
                fact="3.4",
            )


def _groups(document: Mapping[str, Any], findings: _Findings) -> Iterator[_Group]:
    """All entities, parents before their children; what is not an entity becomes a finding."""
    for name, value in document.items():
        if name not in _HEADER:
            yield from _filled(_Group(name), [(0, value)], findings)


def _filled(group: _Group, lists: list[tuple[int, Any]], findings: _Findings) -> Iterator[_Group]:
    """The group with the entities of these lists, each with the position of its parent; then those nested in it."""
    for parent, value in lists:
        # The gateway's language has only one empty table, for mappings and lists.
        if isinstance(value, list):
            _fill(group, parent, value, findings)
        elif value is not None and value != {}:
            pointer = group.pointer_of_list(parent)
            findings.add([_refused("not-a-list", "A collection must be a list of entities.", pointer)])
    if group.entities:
        yield group
    for child, parent_field in CHILDREN.get(group.collection, {}).items():
        nested = [(position, entity[child]) for position, entity in enumerate(group.entities) if child in entity]
        yield from _filled(_Group(child, group, parent_field), nested, findings)


def _fill(group: _Group, parent: int, entities: list[Any], findings: _Findings) -> None:
    if _MAPPING.issuperset(map(type, entities)):
        group.entities.extend(entities)
        group.places.extend(range(len(entities)))
        group.parents.extend(repeat(parent, len(entities)))
        return
    for index, entity in enumerate(entities):
        if isinstance(entity, dict):
            group.entities.append(entity)
            group.places.append(index)
            group.parents.append(parent)
        elif entity == []:
            # The gateway's empty table, again.
            _fill(group, parent, [{}], findings)
            group.places[-1] = index
        else:
            pointer = f"{group.pointer_of_list(parent)}/{index}"
            findings.add([_refused("not-an-entity", "An entity must be a mapping.", pointer)])


def _refused(code: str, message: str, pointer: str) -> Finding:
    """Something that the gateway does not import."""
    return Finding(code, ERROR, message, pointer=pointer, fact="3.4")


def _workspace_ids(groups: Iterable[_Group]) -> Iterator[Finding]:
    for group in groups:
        if group.kind.workspace:
            continue
        for position, workspace in enumerate(group.column("ws_id")):
            if workspace is not None:
                yield Finding(
                    "workspace-id",
                    ERROR,
                    f"{group.collection} do not belong to a workspace, and every gateway refuses a snapshot"
                    " in which they have ws_id: export from a control plane, or upgrade the data plane that exports.",
                    pointer=group.pointer(position, "ws_id"),
                    fact="3.8",
                )


def _faults(groups: Iterable[_Group]) -> Iterator[Finding]:
    for group in groups:
        for position, fault in faults(group.collection, group.entities, group.column, group.parent):
            yield _refused(fault.code, fault.message, group.pointer(position, fault.field))


def _marked_paths(format_version: Any, groups: Iterable[_Group]) -> Iterator[Finding]:
    """Before 3.0 a regular expression had no mark, and the gateway adds one to each path that looks like one."""
    if format_version == "3.0":
        return
    for group in groups:
        if group.collection != "routes":
            continue
        for position, paths in enumerate(group.column("paths")):
            for path in paths if isinstance(paths, list) else ():
                if isinstance(path, str) and path.startswith("~") and not _PLAIN_PATH.fullmatch(path):
                    message = (
                        "A path with ~ needs _format_version '3.0': with an older one the gateway adds a"
                        " ~ itself, and refuses the second one."
                    )
                    yield _refused("bad-value", message, group.pointer(position, "paths"))


def _ids(groups: Iterable[_Group]) -> Iterator[Finding]:
    ids: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        taken = ids[group.collection]
        identities = group.column("id")
        if _are_uuids(identities) and _are_new(identities, taken):
            continue
        yield from _derived_twice(group)
        for position, identity in enumerate(identities):
            if identity is None:
                continue
            if not isinstance(identity, str) or not _UUID.fullmatch(identity):
                yield _refused("bad-id", "An id must be a UUID.", group.pointer(position, "id"))
            elif _is_taken(identity, taken):
                message = f"An id occurs twice in {group.collection}."
                yield _refused("duplicate-id", message, group.pointer(position, "id"))


def _derived_twice(group: _Group) -> Iterator[Finding]:
    """Entities of one parent, without id and name, to which the gateway would give the same id."""
    if not group.kind.identified_by:
        return
    taken: set[str] = set()
    fields = zip(group.parents, *map(group.column, group.kind.identified_by))
    for position, (identity, name, values) in enumerate(zip(group.column("id"), group.names(), fields)):
        if identity is None and name is None and _is_taken(repr(values), taken):
            message = f"An entity of {group.collection} occurs twice here, and both would get the same id."
            yield _refused("duplicate-id", message, group.pointer(position))


def _are_uuids(values: Sequence[Any]) -> bool:
    """Whether every value is a UUID, tested on all at once, because testing each of a million takes a second."""
    if not _TEXT.issuperset(map(type, values)):
        return False
    zeros = "\n".join(values).encode("utf-8", "surrogatepass").translate(_ANY_DIGIT)
    return zeros == b"\n".join([_UUID_OF_ZEROS] * len(values))


def _names(groups: Iterable[_Group]) -> Iterator[Finding]:
    names: dict[tuple[str, str], set[tuple[str | None, str]]] = defaultdict(set)
    names_without_id: dict[str, set[str]] = defaultdict(set)
    unique = [(group, name_field) for group in groups for name_field in group.kind.unique_fields]
    for group, name_field in unique:
        taken, taken_without_id = names[group.collection, name_field], names_without_id[group.collection]
        identities, own_names, workspaces = group.column("id"), group.texts(name_field), group.column("ws_id")
        if None not in identities and _TEXT_OR_NONE.issuperset(map(type, workspaces)):
            named = [pair for pair in zip(workspaces, own_names) if pair[1] is not None]
            if _are_new(named, taken):
                continue
        for position, (identity, name, workspace) in enumerate(zip(identities, own_names, workspaces)):
            if name is None:
                continue
            # Where there is no id, the gateway derives one from the name, whatever the workspace.
            derives_id = identity is None and name_field == group.kind.name_field
            has_same_id = derives_id and _is_taken(name, taken_without_id)
            if _is_taken((None if workspace is None else str(workspace), name), taken) or has_same_id:
                message = f"A {name_field} occurs twice in {group.collection} of one workspace, or without ids."
                yield _refused("duplicate-name", message, group.pointer(position, name_field))


def _are_new(values: Sequence[Any], taken: set[Any]) -> bool:
    """Whether all values are different and new; if so, they are added."""
    different = set(values)
    if len(different) < len(values) or not taken.isdisjoint(different):
        return False
    taken |= different
    return True


def _is_taken(value: Any, taken: set[Any]) -> bool:
    """Whether the value was there before; it is added."""
    if value in taken:
        return True
    taken.add(value)
    return False


def _references(groups: Sequence[_Group]) -> Iterator[Finding]:
    known = _referable(groups)
    for group in groups:
        for name, collection in group.kind.foreign.items():
            targets = known[collection]
            values = group.column(name)
            references = [
                value.get("id") if isinstance(value, dict) else value for value in values if value is not None
            ]
            if _TEXT.issuperset(map(type, references)) and targets.issuperset(references):
                continue
            targets = targets | _derived_ids(groups, collection)
            for position, value in enumerate(values):
                if value is None:
                    continue
                reference = value.get("id") if isinstance(value, dict) else value
                if not isinstance(reference, str):
                    message = f"{name} must be the id or the name of an entity in {collection}."
                    yield _refused("bad-reference", message, group.pointer(position, name))
                elif reference not in targets:
                    message = f"{name} points to nothing in {collection}."
                    yield _refused("dangling-reference", message, group.pointer(position, name))


def _referable(groups: Iterable[_Group]) -> Mapping[str, set[str]]:
    """For each collection the ids and names by which others may refer to its entities."""
    known: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        known[group.collection].update([identity for identity in group.column("id") if isinstance(identity, str)])
        known[group.collection].update([name for name in group.names() if name is not None])
    return known


def _derived_ids(groups: Iterable[_Group], collection: str) -> set[str]:
    """The ids that the gateway derives from the names of entities without id."""
    namespace = uuid.uuid5(_DERIVED_IDS, collection)
    return {
        str(uuid.uuid5(namespace, name))
        for group in groups
        if group.collection == collection
        for identity, name in zip(group.column("id"), group.names())
        if identity is None and name is not None
    }


def _plugins(groups: Iterable[_Group], allowed: frozenset[str] | None) -> Iterator[Finding]:
    if allowed is None:
        return
    for group in groups:
        if group.collection == "plugins":
            for position, name in enumerate(group.column("name")):
                if isinstance(name, str) and name not in allowed:
                    message = "The data planes do not have this plugin (allowed_plugins)."
                    yield _refused("plugin-not-allowed", message, group.pointer(position, "name"))


def _plugin_names(groups: Iterable[_Group]) -> tuple[str, ...]:
    named = {name for group in groups if group.collection == "plugins" for name in group.texts("name")}
    return tuple(sorted(name for name in named if name))


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


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
