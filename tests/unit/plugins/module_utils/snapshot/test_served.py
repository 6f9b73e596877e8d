# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether gateways serve what their snapshot holds: said, warned of, or refused, and when which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import EMPTY_HASH
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import read_yaml
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration_hash import configuration_hash
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import (
    archive_findings,
    configuration_findings,
    grace_of,
    served,
    trusted_hashes,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.uploader import UPLOADER
from tests.snapshots import flat
from tests.stand_in.declarative import accept, db_export
from tests.stand_in.entities import BUNDLED_PLUGINS

VERSION = "3.11.0.14"
OURS, THEIRS = "5f3c" * 8, "a0b1" * 8
HOURS = 7200


def node(host: str, shown: str | None = OURS, age: int | None = HOURS, version: str = VERSION) -> KnownNode:
    """A data plane that shows a hash."""
    return KnownNode(host, "read", asked=True, gateway_version=version, configuration_hash=shown, configuration_age=age)


def listed(host: str, shown: str = OURS, version: str = f"{VERSION}-enterprise-edition", seen: int = 1000) -> Any:
    """A data plane as the control plane lists it."""
    return {"hostname": host, "config_hash": shown, "version": version, "last_seen": seen}


def snapshot(**changed: Any) -> dict[str, Any]:
    """A snapshot as config_snapshot_info reports it."""
    known = {"outcome": "ok", "configuration_hash": OURS, "age_seconds": HOURS, "uploader": "a-node"}
    return {"gateway_version": VERSION, **known, **changed}


def found(
    *nodes: KnownNode, of: dict[str, Any] | None = None, others: tuple[Any, ...] = (), grace: int = 300
) -> list[Finding]:
    """The findings on one snapshot; the control plane lists the ``others``."""
    control_plane = KnownNode("cp1", "write", asked=True, gateway_version=VERSION, data_planes=others)
    return list(configuration_findings([control_plane, *nodes], [of or snapshot()], grace))


def test_equal_hashes_say_that_the_snapshot_is_what_the_fleet_serves() -> None:
    (finding,) = found(node("dp1"), node("dp2"))
    assert (finding.severity, finding.code) == ("info", "configuration-served")
    assert finding.message == f"The snapshot for {VERSION} holds what these gateways serve now: dp1, dp2 (hash {OURS})."


NOTHING_TO_COMPARE = {
    "a node that shows nothing": (node("dp1", None), snapshot()),
    "a node without a configuration": (node("dp1", EMPTY_HASH), snapshot()),
    "a node of another version": (node("dp1", THEIRS, version="3.12.0.9"), snapshot()),
    "a node that nobody asked": (
        KnownNode("dp1", "read", gateway_version=VERSION, configuration_hash=THEIRS),
        snapshot(),
    ),
    "a bad snapshot": (node("dp1", THEIRS), snapshot(outcome="unimportable")),
    "a snapshot that was not read": (node("dp1", THEIRS), snapshot(configuration_hash=None)),
}


@pytest.mark.parametrize("case", NOTHING_TO_COMPARE)
def test_nothing_is_said_where_there_is_nothing_to_compare(case: str) -> None:
    one, of = NOTHING_TO_COMPARE[case]
    assert found(one, of=of) == []


DIFFERENCES: dict[str, tuple[list[KnownNode], dict[str, Any], str, str]] = {
    "just now": ([node("dp1", THEIRS, 5), node("dp2")], {}, "warning", "verify again after the exporter's delay"),
    "a new snapshot": ([node("dp1", THEIRS), node("dp2")], {"age_seconds": 5}, "warning", "verify again"),
    "for how long is not known": ([node("dp1", THEIRS, None), node("dp2")], {}, "warning", "verify again"),
    "exactly the grace": ([node("dp1", THEIRS, 300), node("dp2")], {}, "warning", "verify again"),
    "for long, and another gateway serves it": (
        [node("dp1", THEIRS, 301), node("dp2")],
        {},
        *("error", "look for [fallback config] in the exporter's error log (fact 4.9)"),
    ),
    "for long, and none serves it": ([node("dp1", THEIRS)], {}, "warning", "which an outage drill shows"),
    "for long, none serves it, and an earlier run has seen one that did": (
        [replace(node("dp1", THEIRS), trusted_hashes=("3.12.0.9", VERSION))],
        {},
        *("error", "and an earlier run has shown that hashes of this release can be compared"),
    ),
    "for long, and an earlier run has seen another version": (
        [replace(node("dp1", THEIRS), trusted_hashes=("3.12.0.9",))],
        {},
        *("warning", "which an outage drill shows"),
    ),
    "just now, though trusted": (
        [replace(node("dp1", THEIRS, 5), trusted_hashes=(VERSION,))],
        {},
        *("warning", "verify again"),
    ),
    "published by hand": (
        [node("dp1", THEIRS), node("dp2")],
        {"uploader": UPLOADER},
        *("warning", "published by hand, so its text differs"),
    ),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_a_difference_is_an_error_only_if_it_lasts_and_the_hash_is_trusted(case: str) -> None:
    nodes, changed, severity, words = DIFFERENCES[case]
    (finding,) = found(*nodes, of=snapshot(**changed))
    assert (finding.code, finding.severity) == ("configuration-differs", severity)
    assert words in finding.message
    assert OURS in finding.message
    assert f"dp1 ({THEIRS}" in finding.message
    assert "dp2" not in finding.message


def test_what_a_gateway_shows_is_trusted_from_then_on() -> None:
    before = replace(node("dp1", THEIRS), trusted_hashes=("3.10.0.2",))
    assert trusted_hashes([before], [snapshot()]) == ["3.10.0.2"]
    assert trusted_hashes([before, node("dp2")], [snapshot()]) == ["3.10.0.2", VERSION]
    assert trusted_hashes([replace(before, data_planes=(listed("dp2"),))], [snapshot()]) == ["3.10.0.2", VERSION]
    assert trusted_hashes([node("dp2")], [snapshot(outcome="unimportable")]) == []


def test_a_difference_tells_both_ages_and_the_grace_is_the_operators() -> None:
    nodes = [node("dp1", THEIRS, 400), node("dp2")]
    (finding,) = found(*nodes)
    assert (
        f"{VERSION}, 7200 s old, holds a configuration ({OURS}) that differs from what is served by dp1 ({THEIRS},"
        " for 400 s)" in finding.message
    )
    assert finding.severity == "error"
    assert found(*nodes, grace=400)[0].severity == "warning"


def test_of_hundreds_some_are_named() -> None:
    (finding,) = found(*[node(f"dp{number}", THEIRS) for number in range(100)])
    assert "dp4" in finding.message
    assert "dp5" not in finding.message
    assert "and 95 more" in finding.message


def test_the_control_plane_tells_of_data_planes_that_nobody_asked() -> None:
    (finding,) = found(others=(listed("scaled-1"), listed("scaled-2")))
    assert "serve now: scaled-1 (by the control plane), scaled-2 (by the control plane)" in finding.message
    (finding,) = found(node("dp1"), others=(listed("scaled-1", THEIRS), listed("dp1")))
    assert (finding.code, finding.severity) == ("configuration-differs", "warning")
    assert "scaled-1 (by the control plane)" in finding.message


@pytest.mark.parametrize(
    "other",
    [
        listed("gone", THEIRS, seen=600),
        listed("new", ""),
        listed("empty", EMPTY_HASH),
        listed("old", THEIRS, "3.9.0.1"),
        listed("odd", THEIRS, ""),
        {},
    ],
)
def test_data_planes_that_are_gone_or_say_nothing_do_not_count(other: Any) -> None:
    assert [finding.code for finding in found(node("dp1"), others=(listed("dp1"), other))] == ["configuration-served"]


def test_a_data_plane_that_two_control_planes_list_counts_as_it_was_heard_last() -> None:
    moved = (listed("dp1", THEIRS, seen=990), listed("dp1", OURS, seen=1000))
    assert [finding.code for finding in found(others=moved)] == ["configuration-served"]
    assert [finding.code for finding in found(others=moved[::-1])] == ["configuration-served"]


@pytest.mark.parametrize(
    ("seconds", "delay", "grace"), [(0, 0, 300), (0, 60, 300), (0, 120, 360), (0, 1, 300), (7, 120, 7)]
)
def test_three_delays_of_the_exporter_are_no_error_unless_the_operator_says_so(
    seconds: int, delay: int, grace: int
) -> None:
    assert grace_of(seconds, delay) == grace


def test_an_export_by_hand_has_another_hash_than_the_gateway_that_serves_the_same() -> None:
    """Why the drill and verify do not hold it against the running gateway."""
    serving = accept(flat(), BUNDLED_PLUGINS)
    exported = read_yaml(db_export(serving).encode())
    imported = accept(exported.document, BUNDLED_PLUGINS)
    assert len(imported.of("routes")) == len(serving.of("routes"))
    assert imported.hash == configuration_hash(exported.document) != serving.hash


DIGEST = "c4" * 32
ARCHIVING = {
    "a gateway serves it": ([node("dp1"), node("dp2", THEIRS)], {}, {}, None),
    "another version serves it": (
        [node("dp1", version="3.12.0.9")],
        {},
        {},
        "no gateway of this version shows",
    ),
    "no gateway shows it": (
        [node("dp1", None)],
        {},
        {},
        "set status_listen on its data planes",
    ),
    "it is new": (
        [node("dp1", THEIRS)],
        {"age_seconds": 60},
        {},
        "written by a-node 60 s ago): dp1 serve",
    ),
    "it stays alone": ([node("dp1", THEIRS)], {}, {}, "dp1 serve a different configuration: find out who wrote it"),
    "the archive vouches": ([node("dp1", THEIRS)], {}, {VERSION: {DIGEST}}, None),
    "it is bad anyway": ([node("dp1", THEIRS)], {"outcome": "corrupt"}, {}, None),
}


@pytest.mark.parametrize(("nodes", "changed", "vouched", "words"), ARCHIVING.values(), ids=ARCHIVING)
def test_a_snapshot_goes_into_the_archive_only_if_a_gateway_serves_it(
    nodes: list[KnownNode], changed: dict[str, Any], vouched: dict[str, set[str]], words: str | None
) -> None:
    live = snapshot(sha256=DIGEST, **changed)
    findings = list(archive_findings(nodes, [live], vouched, 300))
    assert [finding.code for finding in findings] == (["archive-unconfirmed"] if words else [])
    assert all(words in finding.message for finding in findings if words)
    assert all((finding.severity == "warning") == (live["age_seconds"] == 60) for finding in findings)


def test_what_gateways_serve_is_told_by_its_digest() -> None:
    live = snapshot(sha256=DIGEST)
    assert served([node("dp1")], [live]) == {VERSION: DIGEST}
    assert served([node("dp1", THEIRS)], [live]) == {}
