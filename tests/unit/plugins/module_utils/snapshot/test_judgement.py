# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Unreadable,
    read_configuration,
    read_json,
    read_yaml,
    to_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import (
    Judgement,
    Rules,
    judge_body,
    judge_configuration,
    shrinkage,
)
from tests.examples import examples
from tests.snapshots import WORKSPACE, body, flat, identity, large, nested, route, service

OLD = Rules(parse_version("3.11.0.3"))
FIXED = Rules(parse_version("3.11.0.14"))


def _judge(document: Any, rules: Rules = OLD) -> Judgement:
    return judge_body(document if isinstance(document, bytes) else body(document), rules)


def _raw(old: str, new: str) -> bytes:
    """The bytes of a valid snapshot with one piece replaced."""
    text = body(flat()).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


DERIVED_ID_OF_ORDERS = "580c8aca-d632-5804-b307-a24326e1e2d5"
"""Worked out with sha1sum: of the name, in the namespace that is of ``services`` in the gateway's own."""

GOOD: dict[str, Any] = {
    "flat as the exporter writes it": flat(),
    "one service and one route": flat(1, 1),
    "nested as a person writes it": nested(),
    "format version 1.1": {**nested(), "_format_version": "1.1"},
    "format version 2.1": {**nested(), "_format_version": "2.1"},
    "transform true": {**flat(), "_transform": True},
    "transform null": {**flat(), "_transform": None},
    "a comment": {**flat(), "_comment": "made by hand"},
    "ignored things": {**flat(), "_ignore": [{"anything": 1}]},
    "an empty collection": flat(consumers=[]),
    "an empty collection in the gateway's own spelling": flat(consumers={}),
    "a null collection": flat(consumers=None),
    "a route without a service": flat(routes=[route(service=None)]),
    "a reference by name": flat(routes=[route(service="service-0")]),
    "a reference as a mapping with an id": flat(routes=[route(service={"id": identity("service", 0)})]),
    "a service with url instead of host": flat([{"id": identity("service", 0), "url": "http://a"}], [route()]),
    "a route by host only": flat(routes=[route(paths=None, hosts=["example.com"])]),
    "a route by expression": flat(routes=[route(paths=None, expression='http.path == "/"')]),
    "a stream route": flat(routes=[route(paths=None, protocols=["tcp"], destinations=[{"port": 9000}])]),
    "the same name in two collections": flat(upstreams=[{"id": identity("u"), "name": "service-0"}]),
    "the same id in two collections": flat(consumers=[{"id": identity("service", 0), "username": "a"}]),
    "the same name in two workspaces": flat(
        services=[service(0), service(1, name="service-0", ws_id=identity("w"))],
        routes=[route()],
        workspaces=[{"id": WORKSPACE, "name": "default"}, {"id": identity("w"), "name": "b"}],
    ),
    "two nameless routes": flat(routes=[route(0, name=None), route(1, name=None)]),
    "nested targets": flat(upstreams=[{"name": "up", "targets": [{"target": "127.0.0.1:80"}]}]),
    "the same target in two upstreams": flat(
        upstreams=[
            {"name": "a", "targets": [{"target": "127.0.0.1:80"}]},
            {"name": "b", "targets": [{"target": "127.0.0.1:80"}]},
        ]
    ),
    "nested names of a certificate": flat(certificates=[{"cert": "c", "key": "k", "snis": [{"name": "example.com"}]}]),
    "a consumer group and its member": flat(
        consumers=[{"id": identity("c"), "username": "c"}],
        consumer_groups=[{"id": identity("g"), "name": "gold"}],
        consumer_group_consumers=[{"consumer": identity("c"), "consumer_group": identity("g")}],
    ),
    "a certificate authority without ws_id": flat(ca_certificates=[{"id": identity("ca"), "cert": "c"}]),
    "a certificate authority with a null ws_id": flat(
        ca_certificates=[{"id": identity("ca"), "cert": "c", "ws_id": None}]
    ),
    "a vault reference": flat(vaults=[{"id": identity("v"), "name": "env", "prefix": "my-env"}]),
    "tags and a rare collection": flat(
        [service(tags=["a", "b"])], [route(tags={})], oauth2_tokens=[{"id": identity("x"), "access_token": "t"}]
    ),
    "a route by server name": flat(routes=[route(paths=None, snis=["example.com"])]),
    "a route by regular expression": flat(routes=[route(paths=["~/orders/\\d+$"])]),
    "a gRPC route": flat(routes=[route(protocols=["grpc"])]),
    "an upper-case id": flat(upstreams=[{"id": identity("u").upper(), "name": "u"}]),
    "an unknown collection that is null": flat(my_things=None),
    "no counters of rate limits and no data planes": flat(ratelimiting_metrics=[], clustering_data_planes=[]),
    "an empty list for an empty entity": flat(key_sets=[[]]),
    "a reference to the id that the gateway derives from a name": {
        "_format_version": "3.0",
        "services": [{"name": "orders", "host": "a"}],
        "routes": [{"name": "orders", "paths": ["/"], "service": DERIVED_ID_OF_ORDERS}],
    },
    "the same plugin on two routes": nested(
        services=[
            {"name": "a", "host": "a", "routes": [{"paths": [p], "plugins": [{"name": "cors"}]} for p in ("/a", "/b")]},
        ],
        routes=[],
    ),
    "the same plugin twice with names of its own": nested(
        plugins=[{"name": "cors", "instance_name": "a"}, {"name": "cors", "instance_name": "b"}]
    ),
    "the same plugin twice with ids": flat(plugins=[{"id": identity(n), "name": "cors"} for n in "ab"]),
    "a custom id in two workspaces": flat(
        consumers=[{"custom_id": "a", "ws_id": WORKSPACE}, {"custom_id": "a", "ws_id": identity("w")}],
    ),
    "local rate limits": flat(plugins=[{"name": "rate-limiting", "config": {"minute": 5, "policy": "local"}}]),
    "another plugin's policy": flat(plugins=[{"name": "my-own", "config": {"policy": "cluster"}}, {"name": "cors"}]),
    "an old regular expression": {**flat(routes=[route(paths=["/orders/\\d+$"])]), "_format_version": "2.1"},
    "an old path with a plain ~": {**flat(routes=[route(paths=["~/orders"])]), "_format_version": "2.1"},
    "blanks around": b" \n" + body(flat()) + b"\n",
    "a number with a fraction": _raw('"port":8080', '"port":8080.0'),
    "characters outside of ASCII": json.dumps(
        flat(services=1, routes=1, _comment="Zürich 😀"), ensure_ascii=False
    ).encode(),
}

BAD: dict[str, tuple[Any, str, str]] = {
    "nothing": (b"", "corrupt", "truncated"),
    "blanks only": (b" \n", "corrupt", "truncated"),
    "half of it": (body(flat())[:700], "corrupt", "truncated"),
    "all but the last brace": (body(flat())[:-1], "corrupt", "truncated"),
    "cut in a string": (body(flat())[: body(flat()).index(b"service-0") + 3], "corrupt", "truncated"),
    "more after the end": (body(flat()) + b"}", "corrupt", "not-json"),
    "two documents": (body(flat()) * 2, "corrupt", "not-json"),
    "YAML": (yaml.safe_dump(flat()).encode(), "corrupt", "not-json"),
    "an error page": (b"<html><body>503</body></html>", "corrupt", "not-json"),
    "a trailing comma": (_raw('"_transform":false,', '"_transform":false,,'), "corrupt", "not-json"),
    "single quotes": (_raw('"3.0"', "'3.0'"), "corrupt", "not-json"),
    "compressed": (b"\x1f\x8b\x08" + bytes(40), "corrupt", "compressed"),
    "a byte-order mark": (b"\xef\xbb\xbf" + body(flat()), "corrupt", "not-json"),
    "UTF-16": (body(flat()).decode().encode("utf-16"), "corrupt", "not-utf8"),
    "zeros": (bytes(100), "corrupt", "not-json"),
    "not UTF-8": (body(flat()).replace(b"service-0", b"service-\xff", 1), "corrupt", "not-utf8"),
    "a lone surrogate": (_raw("service-0", "\\ud800"), "corrupt", "not-utf8"),
    "a raw control character": (_raw("service-0", "a\x01b"), "corrupt", "not-json"),
    "a list": (b"[]", "corrupt", "not-a-mapping"),
    "a string": (b'"ok"', "corrupt", "not-a-mapping"),
    "null": (b"null", "corrupt", "not-a-mapping"),
    "NaN": (_raw("8080", "NaN"), "corrupt", "not-finite"),
    "minus infinity": (_raw("8080", "-Infinity"), "corrupt", "not-finite"),
    "a number beyond all numbers": (_raw("8080", "1e999"), "corrupt", "not-finite"),
    "a number of a thousand digits": (_raw("8080", "9" * 1000), "corrupt", "not-finite"),
    "a collection twice": (_raw('"routes":', '"services":'), "corrupt", "duplicate-key"),
    "a field twice": (_raw('"port":8080', '"port":8080,"port":8081'), "corrupt", "duplicate-key"),
    "nested without end": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "corrupt", "too-deep"),
    "an empty mapping": ({}, "unimportable", "format-version"),
    "no format version": ({**flat(), "_format_version": None}, "unimportable", "format-version"),
    "a format version of the future": ({**flat(), "_format_version": "4.0"}, "unimportable", "format-version"),
    "a format version that is a number": ({**flat(), "_format_version": 3.0}, "unimportable", "format-version"),
    "transform as text": ({**flat(), "_transform": "false"}, "unimportable", "transform"),
    "a collection that is a mapping": (flat(consumers={"a": {}}), "unimportable", "not-a-list"),
    "a collection that is text": (flat(consumers="none"), "unimportable", "not-a-list"),
    "a custom collection that is a number": (flat(custom_things=1), "unimportable", "not-a-list"),
    "an entity that is text": (flat(consumers=["shop"]), "unimportable", "not-an-entity"),
    "an entity that is null": (flat(consumers=[None]), "unimportable", "not-an-entity"),
    "an id that is not a UUID": (flat(upstreams=[{"id": "u", "name": "u"}]), "unimportable", "bad-id"),
    "an id that is a number": (flat(upstreams=[{"id": 1, "name": "u"}]), "unimportable", "bad-id"),
    "an id twice": (flat(upstreams=[{"id": WORKSPACE, "name": n} for n in "ab"]), "unimportable", "duplicate-id"),
    "a service name twice": (
        flat([service(0), service(1, name="service-0")], [route()]),
        "unimportable",
        "duplicate-name",
    ),
    "a route name twice": (flat(routes=[route(0), route(1, name="route-0")]), "unimportable", "duplicate-name"),
    "a nested route name twice": (
        nested(routes=[{"name": "orders", "paths": ["/"]}]),
        "unimportable",
        "duplicate-name",
    ),
    "a consumer twice": (flat(consumers=[{"username": "a"}, {"username": "a"}]), "unimportable", "duplicate-name"),
    "a key twice": (
        nested(consumers=[{"username": n, "keyauth_credentials": [{"key": "same"}]} for n in "ab"]),
        "unimportable",
        "duplicate-name",
    ),
    "a custom id twice": (
        flat(consumers=[{"id": identity(n), "username": n, "custom_id": "same"} for n in "ab"]),
        "unimportable",
        "duplicate-name",
    ),
    "a plugin twice on one route": (
        nested(routes=[{"name": "r", "paths": ["/"], "plugins": [{"name": "cors"}, {"name": "cors", "config": {}}]}]),
        "unimportable",
        "duplicate-id",
    ),
    "a plugin twice for everything": (nested(plugins=[{"name": "cors"}] * 2), "unimportable", "duplicate-id"),
    "a target twice": (
        nested(upstreams=[{"name": "u", "targets": [{"target": "a:80"}, {"target": "a:80", "weight": 1}]}]),
        "unimportable",
        "duplicate-id",
    ),
    "a group twice": (
        nested(consumers=[{"username": "shop", "acls": [{"group": "gold"}, {"group": "gold"}]}]),
        "unimportable",
        "duplicate-id",
    ),
    "rate limits counted in a database": (
        flat(plugins=[{"name": "rate-limiting", "config": {"minute": 5, "policy": "cluster"}}]),
        "unimportable",
        "bad-value",
    ),
    "a marked path before the mark was there": (
        {**flat(routes=[route(paths=["~/orders/\\d+$"])]), "_format_version": "2.1"},
        "unimportable",
        "bad-value",
    ),
    "an empty list for an entity that needs a name": (flat(consumers=[[]]), "unimportable", "missing-field"),
    "a list for an entity": (flat(key_sets=[["x"]]), "unimportable", "not-an-entity"),
    "a route into nowhere": (flat(routes=[route(service=identity("gone"))]), "unimportable", "dangling-reference"),
    "a route to a missing name": (flat(routes=[route(service="gone")]), "unimportable", "dangling-reference"),
    "a plugin of no route": (
        flat(plugins=[{"name": "cors", "route": identity("gone")}]),
        "unimportable",
        "dangling-reference",
    ),
    "a target of no upstream": (
        flat(targets=[{"target": "a:80", "upstream": "gone"}]),
        "unimportable",
        "dangling-reference",
    ),
    "a credential of no consumer": (
        flat(keyauth_credentials=[{"key": "k", "consumer": identity("gone")}]),
        "unimportable",
        "dangling-reference",
    ),
    "a reference to an id of another collection": (
        flat(routes=[route(service=identity("route", 0))]),
        "unimportable",
        "dangling-reference",
    ),
    "a reference as a mapping with a name": (
        flat(routes=[route(service={"name": "service-0"})]),
        "unimportable",
        "bad-reference",
    ),
    "a reference that is a number": (flat(routes=[route(service=1)]), "unimportable", "bad-reference"),
    "a service without a host": (flat([service(host=None)], [route()]), "unimportable", "missing-field"),
    "a route that matches nothing": (flat(routes=[route(paths=[])]), "unimportable", "missing-field"),
    "a plugin without a name": (flat(plugins=[{"config": {}}]), "unimportable", "missing-field"),
    "a nameless consumer": (flat(consumers=[{"tags": ["a"]}]), "unimportable", "missing-field"),
    "a target without an upstream": (flat(targets=[{"target": "a:80"}]), "unimportable", "missing-field"),
    "tags that are a text": (flat([service(tags="a")], [route()]), "unimportable", "bad-value"),
    "a tag that is a number": (flat(routes=[route(tags=[1])]), "unimportable", "bad-value"),
    "a name that is a number": (flat([service(name=1)], [route()]), "unimportable", "bad-value"),
    "a workspace that is a number": (flat(routes=[route(ws_id=1)]), "unimportable", "bad-value"),
    "a port that is a text": (flat([service(port="80")], [route()]), "unimportable", "bad-value"),
    "a port beyond all ports": (flat([service(port=65536)], [route()]), "unimportable", "bad-value"),
    "half a port": (flat([service(port=80.5)], [route()]), "unimportable", "bad-value"),
    "a plugin's config that is a text": (flat(plugins=[{"name": "cors", "config": "x"}]), "unimportable", "bad-value"),
    "a prefix that is a list": (flat(vaults=[{"name": "env", "prefix": ["a"]}]), "unimportable", "bad-value"),
    "a path that does not begin with a slash": (flat(routes=[route(paths=["orders"])]), "unimportable", "bad-value"),
    "paths that are a text": (flat(routes=[route(paths="/orders")]), "unimportable", "bad-value"),
    "protocols that do not go together": (
        flat(routes=[route(protocols=["http", "tcp"])]),
        "unimportable",
        "bad-value",
    ),
    "no protocols": (flat(routes=[route(protocols=[])]), "unimportable", "bad-value"),
    "null for protocols": (flat(routes=[route(protocols=None)]), "unimportable", "bad-value"),
    "a stream route by path": (flat(routes=[route(protocols=["tcp"])]), "unimportable", "missing-field"),
    "a plain route by server name": (
        flat(routes=[route(paths=None, protocols=["http"], snis=["example.com"])]),
        "unimportable",
        "missing-field",
    ),
    "an empty host": (flat([service(host="")], [route()]), "unimportable", "missing-field"),
    "a group of no name": (
        flat(consumers=[{"username": "a", "acls": [{"tags": None}]}]),
        "unimportable",
        "missing-field",
    ),
    "a certificate without a key": (flat(certificates=[{"cert": "c"}]), "unimportable", "missing-field"),
    "ws_id on a certificate authority": (
        flat(ca_certificates=[{"id": identity("ca"), "cert": "c", "ws_id": WORKSPACE}]),
        "unimportable",
        "workspace-id",
    ),
    "ws_id on a group's member": (
        flat(
            consumers=[{"id": identity("c"), "username": "c"}],
            consumer_groups=[{"id": identity("g"), "name": "gold"}],
            consumer_group_consumers=[
                {"consumer": identity("c"), "consumer_group": identity("g"), "ws_id": WORKSPACE},
            ],
        ),
        "unimportable",
        "workspace-id",
    ),
    "no entities": ({"_format_version": "3.0"}, "empty", "empty"),
    "no entities but a workspace": (
        {"_format_version": "3.0", "_transform": False, "workspaces": flat()["workspaces"]},
        "empty",
        "empty",
    ),
    "empty collections": ({"_format_version": "3.0", "services": [], "routes": {}}, "empty", "empty"),
    "services without routes": (flat(routes=[]), "empty", "no-routes"),
    "plugins alone": ({"_format_version": "3.0", "plugins": [{"name": "cors"}]}, "empty", "no-routes"),
}


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_a_good_snapshot_is_ok(document: Any) -> None:
    judgement = _judge(document)
    assert judgement.findings == ()
    assert judgement.outcome == "ok"
    assert judgement.digest is not None


@pytest.mark.parametrize(("document", "outcome", "code"), BAD.values(), ids=BAD)
def test_a_bad_snapshot_has_its_outcome_and_its_reason(document: Any, outcome: str, code: str) -> None:
    judgement = _judge(document)
    assert judgement.outcome == outcome
    assert code in [finding.code for finding in judgement.findings]
    assert all(finding.message.endswith(".") for finding in judgement.findings)


def test_the_table_is_as_large_as_promised() -> None:
    assert len(GOOD) + len(BAD) >= 60


def test_a_stray_workspace_id_is_refused_for_a_fixed_version_too() -> None:
    document = flat(ca_certificates=[{"id": identity("ca"), "cert": "c", "ws_id": WORKSPACE}])
    assert _judge(document, FIXED).outcome == "unimportable"


def test_only_allowed_plugins_pass_when_a_list_is_given() -> None:
    document = flat(plugins=[{"name": "cors"}, {"name": "my-own"}])
    assert _judge(document, Rules(OLD.gateway_version, frozenset({"cors", "my-own"}))).outcome == "ok"
    judgement = _judge(document, Rules(OLD.gateway_version, frozenset({"cors"})))
    assert judgement.outcome == "unimportable"
    assert [finding.pointer for finding in judgement.findings] == ["/plugins/1/name"]


def test_fewer_than_the_expected_entities_is_shrunk() -> None:
    judgement = _judge(flat(2, 3), Rules(OLD.gateway_version, minimum_entities={"routes": 4, "services": 2}))
    assert judgement.outcome == "shrunk"
    assert [finding.pointer for finding in judgement.findings] == ["/routes"]


def test_the_gravest_finding_decides() -> None:
    document = flat(routes=[], consumers=[{"id": "no-uuid", "username": "a"}])
    assert {finding.code for finding in _judge(document).findings} == {"bad-id", "no-routes"}
    assert _judge(document).outcome == "unimportable"


def test_a_collection_that_only_a_plugin_of_ones_own_can_bring_has_to_be_named() -> None:
    document = flat(my_things=[{"id": identity("x"), "whatever": 1}])
    refused = _judge(document)
    assert refused.outcome == "unimportable"
    assert [finding.pointer for finding in refused.findings] == ["/my_things"]
    assert _judge(document, replace(OLD, custom_collections=frozenset({"my_things"}))).outcome == "ok"


def test_nested_entities_count_and_are_pointed_at() -> None:
    judgement = _judge(nested())
    assert judgement.entities == {"consumers": 1, "keyauth_credentials": 1, "plugins": 1, "routes": 2, "services": 1}
    broken = nested()
    broken["services"][0]["routes"][0]["plugins"] = ["cors"]
    assert _judge(broken).findings[0].pointer == "/services/0/routes/0/plugins/0"


def test_many_findings_of_one_kind_are_summed_up() -> None:
    judgement = _judge(flat([], [route(number) for number in range(100)]))
    dangling = [finding for finding in judgement.findings if finding.code == "dangling-reference"]
    assert len(dangling) == 5
    assert dangling[-1].message.endswith("The same applies in 95 more places.")


def test_no_value_of_the_configuration_is_repeated() -> None:
    secret = "canary-7f3a91"
    documents = [
        nested(consumers=[{"username": n, "keyauth_credentials": [{"key": secret}]} for n in "ab"]),
        flat(routes=[route(service=secret)]),
        flat(upstreams=[{"id": secret, "name": secret}]),
        _raw("service-0", f"{secret}\x01"),
        _raw('"port"', f'"{secret}":1,"{secret}":2,"port"'),
    ]
    for document in documents:
        judgement = _judge(document)
        assert judgement.outcome != "ok"
        assert secret not in repr(judgement)


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ({"services": 10, "routes": 10}, {"services": 5, "routes": 5}, 0),
        ({"services": 10, "routes": 10}, {"services": 4, "routes": 4}, 2),
        ({"services": 1, "routes": 10}, {"services": 100, "routes": 1}, 1),
        ({"routes": 10}, {"routes": 20}, 0),
        ({}, {"routes": 1}, 0),
        ({"workspaces": 9, "routes": 1}, {"workspaces": 1, "routes": 1}, 0),
    ],
)
def test_shrinkage_is_of_all_entities_or_of_the_routes(before: Any, now: Any, found: int) -> None:
    assert len(shrinkage(before, now, 50)) == found


# The digest


def _shuffled(value: Any, random_: random.Random) -> Any:
    if isinstance(value, dict):
        items = [(key, _shuffled(item, random_)) for key, item in value.items()]
        random_.shuffle(items)
        return dict(items)
    return [_shuffled(item, random_) for item in value] if isinstance(value, list) else value


@given(st.randoms())
def test_the_digest_does_not_depend_on_the_order_of_keys(random_: random.Random) -> None:
    assert read_json(body(_shuffled(nested(), random_))).digest == read_json(body(nested())).digest


def test_the_digest_does_not_depend_on_spelling_or_on_the_order_of_entities() -> None:
    digest = read_json(body(flat())).digest
    other = flat()
    other["routes"].reverse()
    assert read_json(json.dumps(other, indent=2).encode()).digest == digest
    assert read_json(_raw('"port":8080', '"port":8.08e3')).digest == digest
    assert read_yaml(yaml.safe_dump(flat()).encode()).digest == digest


def test_the_digest_depends_on_the_order_inside_an_entity() -> None:
    one, other = (flat(routes=[route(paths=paths)]) for paths in (["/a", "/b"], ["/b", "/a"]))
    assert read_json(body(one)).digest != read_json(body(other)).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["services"].pop(),
        lambda document: document["services"].append(service(9)),
        lambda document: document["services"].append(document["services"][0]),
        lambda document: document["routes"][0].update(tags=[]),
        lambda document: document["routes"][0].update(strip_path=1),
        lambda document: document.update(consumers=[]),
        lambda document: document.update(routes=document.pop("services"), services=document.pop("routes")),
    ],
)
def test_any_change_of_the_configuration_changes_the_digest(change: Callable[[dict[str, Any]], object]) -> None:
    document = flat()
    change(document)
    assert read_json(body(document)).digest != read_json(body(flat())).digest


def test_the_digest_is_the_same_with_every_python() -> None:
    document = flat(1, 1, _comment="Zürich 😀", plugins=[{"name": "x", "config": {"n": [1, 2**40, 0.5, True, None]}}])
    assert read_json(body(document)).digest == "e8e4a999be1525b39a6a0fecc8f9661b1f8804d5fa043ef3d4384cef7a85b9b3"


def test_a_configuration_deeper_than_a_digest_goes_is_too_deep() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        judgement = _judge(b'{"a":' * 3000 + b"1" + b"}" * 3000)
    finally:
        sys.setrecursionlimit(before)
    assert [finding.code for finding in judgement.findings] == ["too-deep"]


# Damage

VALID = body(flat())


@given(position=st.integers(0, len(VALID) - 1), value=st.integers(0, 255))
@examples(500)
def test_a_changed_byte_is_never_ok_with_the_old_digest(position: int, value: int) -> None:
    damaged = bytearray(VALID)
    if damaged[position] == value:
        return
    damaged[position] = value
    judgement = _judge(bytes(damaged))
    assert judgement.outcome != "ok" or judgement.digest != read_json(VALID).digest


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_is_never_ok_with_the_old_digest(bit: int) -> None:
    digest = read_json(VALID).digest
    for position in range(0, len(VALID), 7):
        damaged = bytearray(VALID)
        damaged[position] ^= 1 << bit
        judgement = _judge(bytes(damaged))
        assert judgement.outcome != "ok" or judgement.digest != digest, (position, bit)


def test_any_truncation_is_corrupt() -> None:
    for length in range(len(VALID)):
        assert _judge(VALID[:length]).outcome == "corrupt", length


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(data: bytes) -> None:
    assert _judge(data).outcome == "corrupt"


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["_format_version", "_transform", "services", "routes", "consumers", "plugins", "any/~thing"]),
        _values
        | st.lists(st.dictionaries(st.sampled_from(["id", "name", "service", "routes", "ws_id", "paths"]), _values)),
    )
)
def test_any_mapping_is_judged(document: dict[str, Any]) -> None:
    assert _judge(json.dumps(document).encode("utf-8")).outcome in {"unimportable", "corrupt", "empty", "ok"}


# YAML, as `kong config db_export` writes it

EXPORTED = """\
_format_version: '3.0'
_transform: false
services:
- id: 7d4f2d3e-95a0-5d4e-8c7f-0d3c5b7c6f11
  name: orders
  host: 127.0.0.1
  port: 8080
  connect_timeout: 60000.0
  tags: &1
  - team-a
  - 2026-01-01
routes:
- name: orders
  paths:
  - ~/orders/\\d+$
  service: 7d4f2d3e-95a0-5d4e-8c7f-0d3c5b7c6f11
  tags: *1
  methods: null
"""


def test_an_export_is_read_and_becomes_the_snapshot() -> None:
    configuration = read_configuration(EXPORTED.encode())
    assert judge_configuration(configuration, OLD).findings == ()
    assert configuration.document["services"][0]["tags"] == ["team-a", "2026-01-01"]
    snapshot = to_json(configuration)
    assert snapshot.startswith(b'{"_format_version":"3.0","_transform":false,"routes":[')
    assert read_configuration(snapshot).digest == configuration.digest


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1", "not-yaml"),
        ("a: 1\nb: 2\na: 3\n", "duplicate-key"),
        ("1: a\n", "not-yaml"),
        ("a: .nan\n", "not-finite"),
        ("a: .inf\n", "not-finite"),
        ("a: !!set {b}\n", "not-yaml"),
        ("a: !!python/object:os.system x\n", "not-yaml"),
        ("a: &x [*x]\n", "too-deep"),
        ("- a\n", "not-a-mapping"),
        ("just text", "not-a-mapping"),
        ("a: 1\n---\nb: 2\n", "not-yaml"),
        ("a: !!binary aGVsbG8=\n", "not-yaml"),
        ('a: "\\uD800"\n', "not-yaml"),
    ],
)
def test_yaml_that_is_no_configuration_is_unreadable(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_yaml(text.encode())
    assert unreadable.value.finding.code == code


def test_yaml_without_a_reader_for_it_is_refused_and_json_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration.HAS_YAML", False
    )
    with pytest.raises(InvalidInput, match="install it, or give JSON"):
        read_configuration(EXPORTED.encode())
    assert read_configuration(body(flat())) == read_json(body(flat()))


def test_yaml_aliases_that_unfold_without_end_are_refused() -> None:
    text = "k0: &k0 [a, b]\n" + "".join(f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]\n" for n in range(1, 60))
    with pytest.raises(Unreadable) as unreadable:
        read_yaml(text.encode())
    assert unreadable.value.finding.code == "too-big"


def test_the_sentence_about_broken_yaml_does_not_quote_it() -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_yaml(b"a: [canary-7f3a91\nb: c")
    assert "canary" not in str(unreadable.value)
    assert "line" in str(unreadable.value)


# Size


def test_thirty_megabytes_are_judged_in_three_seconds() -> None:
    snapshot = body(large(30_000))
    assert len(snapshot) > 30_000_000
    start = time.process_time()
    judgement = judge_body(snapshot, OLD)
    assert time.process_time() - start < 3
    assert judgement.outcome == "ok"
    assert sum(judgement.entities.values()) == 30_001
