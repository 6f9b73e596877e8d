# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import snapshots
from tests.examples import examples
from tests.stand_in import declarative
from tests.stand_in.declarative import Configuration, Refused
from tests.stand_in.entities import BUNDLED_PLUGINS, KINDS
from tests.unit.stand_in.gateways import configuration

UUID = "6e3a3ff0-3b2f-4b8e-9d0a-0d8f2a1b3c4d"


def accept(value: Any) -> Configuration:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return declarative.accept(declarative.parse_json(content), BUNDLED_PLUGINS)


def document(**collections: Any) -> dict[str, Any]:
    return {"_format_version": "3.0", **collections}


def test_nested_and_flat_forms_are_one() -> None:
    flat = accept(configuration())
    assert flat.of("routes")[0]["service"] == flat.of("services")[0]["id"]
    assert flat.of("plugins")[0]["route"] == flat.of("routes")[0]["id"]
    again = accept(declarative.document(flat))
    assert again == flat


def test_references_are_ids_names_or_objects() -> None:
    service = {"id": UUID, "name": "s", "host": "h"}
    for reference in (UUID, "s", {"id": UUID}):
        routes = [{"paths": ["/"], "service": reference}]
        assert accept(document(services=[service], routes=routes)).of("routes")[0]["service"] == UUID


def test_what_a_gateway_writes_is_taken() -> None:
    collections = {"services": [snapshots.service()], "routes": [snapshots.route()]}
    assert not accept(document(_transform=False, **collections)).is_empty


def test_null_and_the_empty_mapping_are_an_empty_collection() -> None:
    assert accept(document(services=None, routes={})).is_empty


REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "failed parsing"),
    "NaN": (b'{"_format_version": NaN}', "failed parsing"),
    "other encoding": (b'{"_format_version": "\xff"}', "failed parsing"),
    "too deep": (b"[" * 100_000, "failed parsing"),
    "no mapping": ([], "a mapping"),
    "no format version": ({}, "_format_version"),
    "unknown format version": ({"_format_version": "4.0"}, "_format_version"),
    "format version as a number": ({"_format_version": 3.0}, "_format_version"),
    "transform": (document(_transform="no"), "_transform"),
    "unknown collection": (document(servicez=[]), "servicez: unknown field"),
    "collection of another form": (document(services={"a": 1}), "services: expected an array"),
    "entity of another form": (document(services=["a"]), r"services\[0\]: expected a record"),
    "nested entity of another form": (document(services=[{"host": "h", "routes": [1]}]), "expected a record"),
    "deeply nested entity": (
        document(services=[{"host": "h", "routes": [{"paths": ["/"], "plugins": ["cors"]}]}]),
        r"services\[0\].routes\[0\].plugins\[0\]: expected a record",
    ),
    "id": (document(services=[{"id": "s", "host": "h"}]), "id: expected a valid UUID"),
    "no host": (document(services=[{"name": "s"}]), "host: required field missing"),
    "port": (document(services=[{"host": "h", "port": 99999}]), "port"),
    "dangling reference": (document(routes=[{"paths": ["/"], "service": UUID}]), "service: no such entity"),
    "reference to nothing": (document(routes=[{"paths": ["/"], "service": 3}]), "service: no such entity"),
    "target without upstream": (document(targets=[{"target": "h:1"}]), "upstream: required field missing"),
    "duplicate name": (document(services=[{"name": "s", "host": "h"}] * 2), "duplicate name"),
    "duplicate id": (document(services=[{"id": UUID, "host": "h"}] * 2), "duplicate id"),
    "route that matches nothing": (document(routes=[{"name": "r"}]), "must set one of"),
    "route without slash": (document(routes=[{"paths": ["x"]}]), "should start with"),
    "protocol": (document(routes=[{"paths": ["/"], "protocols": ["htp"]}]), "protocols: unknown"),
    "mixed protocols": (document(routes=[{"paths": ["/"], "protocols": ["http", "tcp"]}]), "or mixed"),
    "hosts as text": (document(routes=[{"hosts": "h"}]), "hosts: expected a set"),
    "plugin": (document(plugins=[{"name": "my-own"}]), "plugin 'my-own' not enabled"),
    "plugin configuration": (document(plugins=[{"name": "cors", "config": ["x"]}]), "config: expected a record"),
    "consumer without a name": (document(consumers=[{}]), "'custom_id', 'username'"),
    "tags": (document(services=[{"host": "h", "tags": "a"}]), "tags: expected a set"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(value: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        accept(value)


def test_a_stray_ws_id_is_refused() -> None:
    with pytest.raises(Refused, match="ws_id"):
        accept(document(ca_certificates=[{"cert": "pem", "ws_id": UUID}]))


def test_a_message_never_names_a_credential() -> None:
    credential = {"key": "canary-7f31", "consumer": "none"}
    with pytest.raises(Refused) as refused:
        accept(document(keyauth_credentials=[credential, credential]))
    assert "canary-7f31" not in str(refused.value)


FIELDS = ["id", "name", "key", "ws_id", "service", "host", "paths", "protocols", "tags", "routes", "plugins", "url"]
ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([UUID, "cors", "/", "http"]) | st.just([]) | st.just({})
)
NESTED = st.recursive(
    ANYTHING,
    lambda inner: st.lists(st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4) | inner, max_size=2),
    max_leaves=20,
)


@examples(300)
@given(st.dictionaries(st.sampled_from(sorted(KINDS)), NESTED, min_size=1, max_size=3))
def test_whatever_it_is_given_it_accepts_or_refuses(collections: dict[str, Any]) -> None:
    try:
        accepted = accept(document(**collections))
    except Refused:
        return
    assert accept(declarative.document(accepted)) == accepted
