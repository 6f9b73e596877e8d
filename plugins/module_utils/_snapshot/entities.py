# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gateway knows about the entities in a declarative configuration.

Only what is certain enough to call a snapshot unimportable is here; an unlisted collection (a custom plugin may bring
its own) is not an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any


@dataclass(frozen=True)
class Kind:
    """The rules of one collection.

    ``name_field`` is the unique name that others may refer to it by, ``foreign`` maps a field to the collection that it
    points into, of each tuple in ``required`` one field must be set, ``texts`` are fields that are lists of texts, and
    ``workspace`` says whether ``ws_id`` belongs here. ``also_unique`` is a further field that is unique like the name.
    The gateway derives the id of an entity that has neither id nor name from the fields in ``identified_by``.
    """

    name_field: str | None = None
    foreign: Mapping[str, str] = field(default_factory=dict)
    required: tuple[tuple[str, ...], ...] = ()
    texts: tuple[str, ...] = ()
    workspace: bool = True
    also_unique: str | None = None
    identified_by: tuple[str, ...] = ()

    @property
    def unique_fields(self) -> list[str]:
        """The fields whose values must be unique among the entities of a workspace."""
        return [name for name in (self.name_field, self.also_unique) if name]

    @property
    def fields(self) -> list[str]:
        """All fields in the rules, including those of every entity."""
        required = {name for alternatives in self.required for name in alternatives}
        return sorted({"id", "tags", "ws_id", *required, *self.texts, *self.foreign, *self.words})

    @property
    def words(self) -> set[str]:
        """The fields that are single strings, according to the rules."""
        required = {name for alternatives in self.required for name in alternatives}
        return {"ws_id", *(required - self.foreign.keys()), *([self.name_field] if self.name_field else [])}


@dataclass(frozen=True)
class Fault:
    """Why the gateway refuses an entity: a finding's code, the field (None: all of it), a sentence without values."""

    code: str
    field: str | None
    message: str


def _credential(name_field: str | None = None, *required: str, **foreign: str) -> Kind:
    return Kind(name_field, {"consumer": "consumers", **foreign}, (("consumer",), *((name,) for name in required)))


_SCOPES = {"service": "services", "route": "routes", "consumer": "consumers", "consumer_group": "consumer_groups"}

KINDS: Mapping[str, Kind] = {
    "workspaces": Kind("name", required=(("name",),), workspace=False),
    "services": Kind("name", {"client_certificate": "certificates"}, (("host", "url"),), ("ca_certificates",)),
    "routes": Kind("name", {"service": "services"}, texts=("protocols", "methods", "hosts", "paths", "snis")),
    "consumers": Kind("username", required=(("username", "custom_id"),), also_unique="custom_id"),
    "consumer_groups": Kind("name", required=(("name",),)),
    "consumer_group_consumers": Kind(
        foreign={"consumer": "consumers", "consumer_group": "consumer_groups"},
        required=(("consumer",), ("consumer_group",)),
        workspace=False,
    ),
    "consumer_group_plugins": Kind(None, {"consumer_group": "consumer_groups"}, (("consumer_group",), ("name",))),
    "plugins": Kind("instance_name", _SCOPES, (("name",),), ("protocols",), identified_by=("name", *_SCOPES)),
    "upstreams": Kind("name", {"client_certificate": "certificates"}, (("name",),)),
    "targets": Kind(
        None, {"upstream": "upstreams"}, (("target",), ("upstream",)), identified_by=("target", "upstream")
    ),
    "certificates": Kind(required=(("cert",), ("key",))),
    "snis": Kind("name", {"certificate": "certificates"}, (("name",), ("certificate",))),
    "ca_certificates": Kind(required=(("cert",),), workspace=False),
    "key_sets": Kind("name"),
    "keys": Kind("name", {"set": "key_sets"}, (("kid",),)),
    "vaults": Kind("prefix", required=(("name",), ("prefix",))),
    "filter_chains": Kind("name", {"service": "services", "route": "routes"}, (("service", "route"),)),
    "licenses": Kind(required=(("payload",),), workspace=False),
    "acls": replace(_credential(None, "group"), identified_by=("group", "consumer")),
    "basicauth_credentials": _credential("username", "username"),
    "hmacauth_credentials": _credential("username"),
    "jwt_secrets": _credential("key"),
    "keyauth_credentials": _credential("key"),
    "keyauth_enc_credentials": _credential("key"),
    "mtls_auth_credentials": _credential(None, "subject_name", ca_certificate="ca_certificates"),
    "oauth2_credentials": _credential("client_id", "name"),
}

OTHERS = frozenset(
    (
        "acme_storage",
        "application_instances",
        "applications",
        "clustering_data_planes",
        "custom_plugins",
        "degraphql_routes",
        "developers",
        "event_hooks",
        "files",
        "header_cert_auth_credentials",
        "jwt_signer_jwks",
        "oauth2_authorization_codes",
        "oauth2_tokens",
        "parameters",
        "partials",
        "plugins_partials",
        "ratelimiting_metrics",
        "rbac_role_endpoints",
        "rbac_role_entities",
        "rbac_roles",
        "rbac_users",
        "sessions",
    )
)
"""Collections of the gateway and of its own plugins without rules of their own."""

UNKNOWN = Kind()
"""The rules of every other collection: its entities are mappings, and their ids are UUIDs that occur once."""

_FAMILIES = (
    (("http", "https"), ("methods", "hosts", "headers", "paths")),
    (("ws", "wss"), ("hosts", "headers", "paths")),
    (("grpc", "grpcs"), ("hosts", "headers", "paths")),
    (("tcp", "tls", "udp"), ("sources", "destinations", "snis")),
    (("tls_passthrough",), ("sources", "destinations", "snis")),
)
"""Protocols that a route may combine, and the fields, one of which it then needs."""
_PROTOCOLS_BY_DEFAULT = ["http", "https"]
_WHOLE = {int}
_TEXT = {str}
_MAPPING_OR_NONE = {dict, type(None)}
_TEXT_OR_NONE = {str, type(None)}
_LIST_OR_NONE = {list, type(None)}
_PATH = re.compile(r"~?/")
_WITH_HOST = re.compile(r"[^:/?#]*:?//[^/?#]")
_WITH_NAMES = {"https", "wss", "grpcs"}
"""Protocols that may also match by ``snis``."""


Entity = Mapping[str, Any]
Column = Callable[[str], Sequence[Any]]
"""Returns for each entity the value of a field, or None."""
Located = tuple[int, Fault]
"""A fault of the entity with this position in its list."""


def faults(collection: str, entities: Sequence[Entity], column: Column, parent: str | None) -> list[Located]:
    """What the gateway would refuse in each single entity; ``parent`` is the field that nesting fills.

    There is nearly always nothing, so each rule first asks one quick question about all entities.
    """
    kind = KINDS.get(collection, UNKNOWN)
    found: list[Located] = []
    for alternatives in kind.required:
        if parent not in alternatives and not all(column(alternatives[0])):
            fault = Fault("missing-field", None, f"An entity of {collection} needs {_either(alternatives)}.")
            found += [(at, fault) for at, entity in enumerate(entities) if not _has_one(entity, alternatives)]
    for name in ("tags", *kind.texts):
        found += _unless(_are_texts, _is_texts, name, column, f"{name} must be a list of strings.")
    for name in sorted(kind.words):
        found += _unless(_are_text, _is_text, name, column, f"{name} must be a string.")
    if collection in _FAULTS_OF and (found or not _ARE_USUAL[collection](entities, column)):
        faults_of = _FAULTS_OF[collection]
        found += [(at, fault) for at, entity in enumerate(entities) for fault in faults_of(entity)]
    return sorted(found, key=lambda located: located[0])


def _unless(
    are_right: Callable[[Sequence[Any]], bool], is_right: Callable[[Any], bool], name: str, column: Column, message: str
) -> list[Located]:
    """A fault for each entity whose field is set but wrong; ``are_right`` asks the same about all at once."""
    values = column(name)
    if are_right(values):
        return []
    fault = Fault("bad-value", name, message)
    return [(at, fault) for at, value in enumerate(values) if not is_right(value)]


def columns(entities: Sequence[Entity], names: Sequence[str]) -> dict[str, Sequence[Any]]:
    """For each of these fields its column, in one pass over the entities, which are far apart in memory.

    An exporter writes the same fields for all entities of a collection, so the fields of the first are tried for all.
    Fields that no entity has share one column: there may be dozens of them for millions of entities.
    """
    usual = [name for name in names if name in entities[0]]
    others = [name for name in names if name not in usual]
    try:
        # The last name is repeated, because itemgetter does not return a tuple for a single name.
        found = dict(zip(usual, zip(*map(itemgetter(*usual, *usual[-1:]), entities)))) if usual else {}
    except KeyError:
        found, others = {}, list(names)
    written = set(chain.from_iterable(entities)).intersection(others)
    values = [entity.get(name) for entity in entities for name in written]
    columns_of_written = {name: values[number :: len(written)] for number, name in enumerate(written)}
    return {**found, **dict.fromkeys(others, [None] * len(entities)), **columns_of_written}


def _service_faults(service: Entity) -> Iterator[Fault]:
    url = service.get("url")
    if not _is_port(service.get("port", 80)):
        yield Fault("bad-value", "port", "port must be a whole number from 0 to 65535.")
    if isinstance(url, str) and not _is_set(service.get("host")) and not _WITH_HOST.match(url):
        yield Fault("bad-value", "url", "url must name a host, as in http://host:port/path.")


def _plugin_faults(plugin: Entity) -> Iterator[Fault]:
    config = plugin.get("config")
    if not isinstance(config, dict) and config not in (None, []):
        yield Fault("bad-value", "config", "config must be a mapping.")
    if _counts_in_database(plugin.get("name"), config):
        message = "A data plane has no database for rate-limiting with the policy cluster: use local or redis."
        yield Fault("bad-value", "config/policy", message)


def _counts_in_database(name: Any, config: Any) -> bool:
    return name == "rate-limiting" and isinstance(config, dict) and config.get("policy") == "cluster"


def _route_faults(route: Entity) -> Iterator[Fault]:
    protocols = route.get("protocols", _PROTOCOLS_BY_DEFAULT)
    paths = route.get("paths")
    if not _is_texts(protocols) or not _is_texts(paths):
        return
    matchers = _matchers(tuple(protocols or ()))
    if matchers is None:
        yield Fault("bad-value", "protocols", "protocols must be one or more that a route can combine.")
        return
    if not _has_one(route, matchers) and not _is_set(route.get("expression")):
        yield Fault("missing-field", None, f"A route of these protocols needs {_either(matchers)}.")
    if not all(map(_PATH.match, paths or ())):
        yield Fault("bad-value", "paths", "Each path must begin with / or, as a regular expression, with ~/.")


def _are_usual_routes(routes: Sequence[Entity], column: Column) -> bool:
    """Whether each route has a matcher that the protocols of all routes allow."""
    protocols = [route.get("protocols", _PROTOCOLS_BY_DEFAULT) for route in routes]
    if not all(protocols):
        return False
    allowed = [set(_matchers(together) or ()) for together in set(map(tuple, protocols))]
    matchers = set.intersection(*allowed)
    return (
        bool(matchers) and all(map(any, zip(*map(column, matchers)))) and all(map(_PATH.match, _flat(column("paths"))))
    )


def _are_usual_services(services: Sequence[Entity], column: Column) -> bool:
    ports = [service.get("port", 80) for service in services]
    return (
        not any(column("url")) and _WHOLE.issuperset(map(type, ports)) and _is_port(min(ports)) and _is_port(max(ports))
    )


def _are_usual_plugins(_plugins: Sequence[Entity], column: Column) -> bool:
    names, configs = column("name"), column("config")
    if not _MAPPING_OR_NONE.issuperset(map(type, configs)):
        return False
    return "rate-limiting" not in names or not any(map(_counts_in_database, names, configs))


_FAULTS_OF = {"services": _service_faults, "routes": _route_faults, "plugins": _plugin_faults}
"""The rules that only one collection has."""
_ARE_USUAL = {"services": _are_usual_services, "routes": _are_usual_routes, "plugins": _are_usual_plugins}
"""For each of these rules a quick way to be certain that no entity breaks it, if all strings are strings."""


@lru_cache(maxsize=100)
def _matchers(protocols: tuple[str, ...]) -> tuple[str, ...] | None:
    """A route of these protocols needs one of these fields; None if it may not combine them."""
    for family, fields in _FAMILIES:
        if protocols and set(protocols) <= set(family):
            return (*fields, "snis") if _WITH_NAMES & set(protocols) else fields
    return None


def _has_one(entity: Entity, names: Iterable[str]) -> bool:
    return any(map(entity.get, names)) or any(map(_is_set, map(entity.get, names)))


def _is_set(value: Any) -> bool:
    return bool(value) or value not in (None, "", [], {})


def _are_text(values: Iterable[Any]) -> bool:
    return _TEXT_OR_NONE.issuperset(map(type, values))


def _are_texts(values: Sequence[Any]) -> bool:
    return _LIST_OR_NONE.issuperset(map(type, values)) and _TEXT.issuperset(map(type, _flat(values)))


def _flat(lists: Iterable[Any]) -> Iterable[Any]:
    return chain.from_iterable(filter(None, lists))


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_texts(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, list):
        return _TEXT.issuperset(map(type, value))
    # The gateway's language has only one empty table, for mappings and lists.
    return bool(value == {})


def _is_port(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


CHILDREN: Mapping[str, Mapping[str, str]] = {
    parent: {
        child: foreign
        for child, kind in KINDS.items()
        for foreign, reference in kind.foreign.items()
        if reference == parent
    }
    for parent in KINDS
}
"""For each collection the collections that may be nested in its entities, with the field that points back."""
