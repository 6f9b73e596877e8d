# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of snapshots and the importer of the gateway stand-in share no code, and here they are held together.

What the judge calls ``ok``, the stand-in imports; what the judge calls ``unimportable``, it refuses.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import Rules, judge_body
from tests.examples import examples
from tests.snapshots import WORKSPACE, body, flat, identity, nested
from tests.stand_in.declarative import Refused, accept, parse_json
from tests.stand_in.entities import BUNDLED_PLUGINS
from tests.unit.plugins.module_utils.snapshot.test_judgement import BAD, GOOD

VERSIONS = ("3.10.0.14", "3.11.0.3", "3.11.0.14", "3.15.0.0")


def _refusal(snapshot: bytes, version: str) -> str | None:
    """Why the stand-in refuses the snapshot; None when it imports it."""
    try:
        accept(parse_json(snapshot), BUNDLED_PLUGINS)
    except Refused as refused:
        return str(refused)
    return None


def _agree(snapshot: bytes, version: str) -> None:
    judgement = judge_body(snapshot, Rules(parse_version(version), allowed_plugins=BUNDLED_PLUGINS))
    refusal = _refusal(snapshot, version)
    if judgement.outcome == "ok":
        assert refusal is None
    if judgement.outcome == "unimportable":
        assert refusal is not None, judgement.findings


def _bytes(document: Any) -> bytes:
    return document if isinstance(document, bytes) else body(document)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", [*GOOD.values(), *(row[0] for row in BAD.values())], ids=[*GOOD, *BAD])
def test_they_agree_on_the_table(document: Any, version: str) -> None:
    _agree(_bytes(document), version)


RICH = flat(
    plugins=[{"id": identity("p"), "name": "cors", "route": identity("route", 0), "config": {"max_age": 5}}],
    consumers=[{"id": identity("c"), "username": "shop", "custom_id": None, "ws_id": WORKSPACE}],
    keyauth_credentials=[{"id": identity("k"), "key": "a-key", "consumer": identity("c")}],
    acls=[{"id": identity("a"), "group": "shops", "consumer": identity("c")}],
    upstreams=[{"id": identity("u"), "name": "orders.internal"}],
    targets=[{"id": identity("t"), "target": "127.0.0.1:8080", "upstream": identity("u")}],
    certificates=[{"id": identity("x"), "cert": "c", "key": "k"}],
    snis=[{"id": identity("s"), "name": "example.com", "certificate": identity("x")}],
    ca_certificates=[{"id": identity("y"), "cert": "c"}],
    vaults=[{"id": identity("v"), "name": "env", "prefix": "my-env"}],
)
"""A flat configuration with an entity of most kinds."""

ODD = st.sampled_from(
    [
        *(None, "", "x", "service-0", "/", 0, -1, 65536, 1.5),
        *([], ["x"], ["/x"], ["tcp"], ["http"], [1]),
        *({}, {"id": 1}, {"id": identity("service", 0)}, {"name": "service-0"}),
        *(identity("service", 0), identity("gone"), WORKSPACE),
    ]
).map(copy.deepcopy)


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A good configuration after one to three changes, each of the kind that people and programs make."""
    document = copy.deepcopy(draw(st.sampled_from([RICH, nested(), flat(1, 1)])))
    for _change in range(draw(st.integers(1, 3))):
        _change_one(draw, document)
    return body(document)


def _change_one(draw: st.DrawFn, document: dict[str, Any]) -> None:
    collections = sorted(name for name, value in document.items() if isinstance(value, list) and value)
    if not collections or draw(st.integers(0, 9)) == 0:
        document[draw(st.sampled_from(["_format_version", "_transform", "routes", "consumers", "ca_certificates"]))] = (
            draw(ODD)
        )
        return
    entities = document[draw(st.sampled_from(collections))]
    index = draw(st.integers(0, len(entities) - 1))
    entity = entities[index]
    how = draw(st.sampled_from(["set", "remove", "drop", "copy", "replace"]))
    if how == "drop":
        del entities[index]
    elif how == "copy":
        entities.append(copy.deepcopy(entity))
    elif how == "replace":
        entities[index] = draw(ODD)
    elif isinstance(entity, dict) and entity:
        name = draw(st.sampled_from(sorted({*entity, "id", "name", "tags", "ws_id", "service"})))
        if how == "set":
            entity[name] = draw(ODD)
        else:
            entity.pop(name, None)


@given(snapshot=_damaged(), version=st.sampled_from(VERSIONS))
@examples(500)
def test_they_agree_on_damaged_configurations(snapshot: bytes, version: str) -> None:
    _agree(snapshot, version)


def test_the_rich_configuration_is_good() -> None:
    assert judge_body(body(RICH), Rules(parse_version("3.11.0.3"))).findings == ()
