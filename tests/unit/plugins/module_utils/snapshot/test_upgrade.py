# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the snapshots of a cluster do for what runs, and for what shall run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.upgrade import (
    running_versions,
    upgrade_findings,
    verification_findings,
)

STORAGE = "s3://kong/prod"
NEW = "3.12.0.9"


def node(host: str, version: str | None, **more: Any) -> KnownNode:
    """A node that was asked for its version."""
    return KnownNode(host, "write" if host.startswith("cp") else "read", asked=True, gateway_version=version, **more)


def snapshot(version: str, outcome: str = "ok") -> dict[str, Any]:
    """A snapshot as config_snapshot_info reports it."""
    return {"gateway_version": version, "outcome": outcome, "message": f"The snapshot for {version} is {outcome}."}


CP, DP = node("cp1", "3.11.0.14"), node("dp1", "3.11.0.14")
OLD = node("dp2", "3.9.0.1")
GOOD, PROMOTED = snapshot("3.11.0.14"), snapshot(NEW)
MISSING = snapshot(NEW, "missing")

UPGRADES: list[tuple[str, list[KnownNode], list[dict[str, Any]], list[tuple[str, str, str]]]] = [
    ("the snapshot is promoted", [CP, DP], [GOOD, PROMOTED], []),
    (
        "it is not yet",
        [CP, DP],
        [GOOD, MISSING],
        [("error", "upgrade-promote", "run promote with kong_fallback_from_version=3.11.0.14 and")],
    ),
    (
        "the backup node's snapshot is the newest",
        [CP, OLD],
        [snapshot("3.9.0.1"), GOOD, MISSING],
        [
            ("error", "upgrade-promote", "from_version=3.11.0.14"),
            ("info", "upgrade-behind", "dp2 runs 3.9.0.1, which is older"),
        ],
    ),
    (
        "another version's snapshot does where the newest is bad",
        [CP, OLD],
        [snapshot("3.9.0.1"), snapshot("3.11.0.14", "empty"), MISSING],
        [
            ("error", "upgrade-promote", "from_version=3.9.0.1"),
            ("error", "snapshot-not-ok", "The snapshot for 3.11.0.14 is empty."),
            ("info", "upgrade-behind", "dp2"),
        ],
    ),
    (
        "nothing can be promoted",
        [CP],
        [snapshot("3.11.0.14", "corrupt"), MISSING],
        [
            ("error", "upgrade-no-source", f"No snapshot of {STORAGE} can be promoted to {NEW}"),
            ("error", "snapshot-not-ok", "3.11.0.14 is corrupt"),
        ],
    ),
    (
        "a node is silent",
        [CP, node("dp1", None)],
        [GOOD, PROMOTED],
        [("error", "node-silent", "dp1 did not report its gateway version: fix it, or take it out")],
    ),
    ("a node that nobody asked is not silent", [CP, KnownNode("dp1", "read")], [GOOD, PROMOTED], []),
    (
        "a node is newer, by number and not by letter",
        [CP, node("dp1", "3.12.0.10")],
        [GOOD, snapshot("3.12.0.10"), PROMOTED],
        [
            ("error", "upgrade-to-older", f"dp1 runs a newer version than {NEW}: upgrade to 3.12.0.10"),
            ("info", "upgrade-behind", "cp1"),
        ],
    ),
    (
        "draft names become released ones",
        [CP, node("dp1", "3.11.0.14", draft_names=True)],
        [GOOD, PROMOTED],
        [("info", "upgrade-draft-names", "The draft names of dp1 become the released ones")],
    ),
    (
        "draft names stay",
        [CP, node("dp1", "3.11.0.14", draft_names=True, keeps_draft_names=True)],
        [GOOD, PROMOTED],
        [("error", "upgrade-draft-names", "dp1 keeps its draft names, which no release reads")],
    ),
    ("a wish for draft names alone is none", [node("cp1", "3.11.0.14", keeps_draft_names=True)], [GOOD, PROMOTED], []),
]


@pytest.mark.parametrize(
    ("nodes", "snapshots", "expected"), [row[1:] for row in UPGRADES], ids=[row[0] for row in UPGRADES]
)
def test_what_stands_against_an_upgrade_and_what_is_good_to_know(
    nodes: list[KnownNode], snapshots: list[dict[str, Any]], expected: list[tuple[str, str, str]]
) -> None:
    found = upgrade_findings(nodes, snapshots, STORAGE, NEW)
    assert [(finding.severity, finding.code) for finding in found] == [row[:2] for row in expected]
    for finding, (_severity, _code, words) in zip(found, expected, strict=True):
        assert words in finding.message


@pytest.mark.parametrize("version", ["3.12", "3.12.0.x", ""])
def test_the_new_version_must_be_a_full_one(version: str) -> None:
    with pytest.raises(InvalidInput, match="not a full version"):
        upgrade_findings([CP], [GOOD], STORAGE, version)


def test_versions_are_sorted_by_number() -> None:
    nodes = [node("dp1", "3.10.0.2"), OLD, CP, DP, node("dp3", None), KnownNode("dp4", "read", gateway_version=NEW)]
    assert running_versions(nodes) == ["3.9.0.1", "3.10.0.2", "3.11.0.14"]


def test_a_verification_without_faults_finds_nothing() -> None:
    assert verification_findings([CP, DP], [GOOD], [GOOD]) == ()


PLUGINS = [
    ("cors", ["cors"], []),
    ("off", ["cors", "my-own"], ["cors, my-own"]),
    ("cors, key-auth", ["key-auth", "my-own"], ["my-own"]),
    ("bundled", ["cors", "of-a-later-release"], []),
    ("", ["cors"], []),
]


@pytest.mark.parametrize(("enabled", "used", "named"), PLUGINS)
def test_a_data_plane_must_enable_the_plugins_of_its_snapshot(enabled: str, used: list[str], named: list[str]) -> None:
    good = {**GOOD, "plugins": used}
    nodes = [node("cp1", "3.11.0.14", plugins="off"), node("dp1", "3.11.0.14", plugins=enabled)]
    found = verification_findings([*nodes, node("dp2", "3.9.0.1", plugins="off")], [good, snapshot("3.9.0.1")], [good])
    bad = [finding for finding in found if finding.code == "plugin-not-allowed"]
    assert [finding.severity for finding in bad] == ["error"] * len(named)
    for finding, names in zip(bad, named, strict=True):
        assert f"dp1 does not enable {names}, which the snapshot for 3.11.0.14 uses" in finding.message


def test_a_verification_names_a_node_that_could_not_import_a_good_snapshot() -> None:
    tried = node(
        "dp1", "3.11.0.14", import_refusal="dp1 would have nothing to serve in an outage: the store denies it."
    )
    found = verification_findings([CP, tried], [GOOD], [GOOD])
    assert [(finding.code, finding.message) for finding in found] == [("node-cannot-import", tried.import_refusal)]
    bad_for_all = verification_findings([CP, tried], [snapshot("3.11.0.14", "missing")], [])
    assert [finding.code for finding in bad_for_all] == ["snapshot-not-ok"]


def test_a_verification_names_data_planes_that_serve_another_configuration() -> None:
    stored = {**GOOD, "configuration_hash": "a" * 32, "age_seconds": 40}
    same, quiet = (node("dp1", "3.11.0.14", configuration_hash=shown) for shown in ("a" * 32, None))
    other = node("dp2", "3.11.0.14", configuration_hash="b" * 32)
    (served,) = verification_findings([CP, same, quiet], [stored], [GOOD])
    assert (served.code, served.severity) == ("configuration-served", "info")
    (found,) = verification_findings([CP, same, other], [stored], [GOOD])
    assert (found.code, found.severity) == ("configuration-differs", "warning")
    assert f"40 s old, holds a configuration ({'a' * 32})" in found.message
    assert f"served by dp2 ({'b' * 32}): if the last change has not been exported yet" in found.message


def test_a_verification_notes_that_one_storage_may_serve_two_clusters() -> None:
    one, other = (node(f"dp{number}", "3.11.0.14", control_plane=f"cp{number}:8005") for number in (1, 2))
    assert verification_findings([CP, one, one], [GOOD], [GOOD]) == ()
    (found,) = verification_findings([CP, one, other], [GOOD], [GOOD])
    assert (found.code, found.severity) == ("several-control-planes", "info")
    assert "dp1 from cp1:8005, dp2 from cp2:8005. If these are two clusters, give each its own storage" in found.message


@pytest.mark.parametrize(
    ("others", "severity"),
    [
        ({"configuration_hash": "b" * 32, "configuration_age": 301}, "error"),
        ({"configuration_hash": "b" * 32, "configuration_age": 300}, "info"),
        ({"configuration_hash": "b" * 32}, "info"),
        ({"configuration_hash": "a" * 32, "configuration_age": 301}, "info"),
    ],
)
def test_two_clusters_with_one_storage_are_told_by_what_they_serve(others: dict[str, Any], severity: str) -> None:
    shown = {"configuration_hash": "a" * 32, "configuration_age": 301}
    one = node("dp1", "3.11.0.14", control_plane="cp1:8005", **shown)
    other = node("dp2", "3.11.0.14", control_plane="cp2:8005", **others)
    found = verification_findings([CP, one, other], [GOOD], [GOOD])
    assert [(each.code, each.severity) for each in found] == [("several-control-planes", severity)]
    assert ("so these are two clusters: give each its own storage" in found[0].message) == (severity == "error")


def test_gateways_of_two_versions_may_show_two_hashes() -> None:
    one = node("dp1", "3.11.0.14", control_plane="cp1:8005", configuration_hash="a" * 32, configuration_age=999)
    other = node("dp2", NEW, control_plane="cp2:8005", configuration_hash="b" * 32, configuration_age=999)
    assert [each.severity for each in verification_findings([CP, one, other], [GOOD], [GOOD])] == ["info"]


@pytest.mark.parametrize("outcome", ["denied", "unreachable"])
def test_a_snapshot_that_the_controller_cannot_see_is_not_a_bad_one(outcome: str) -> None:
    reasons = ["Could not list s3://kong/prod.", "Could not list s3://kong/prod."]
    (seen,) = verification_findings([CP], [snapshot("3.11.0.14", outcome)], [], unseen=reasons)
    assert (seen.code, seen.message) == ("snapshot-unseen", f"The snapshot for 3.11.0.14 is {outcome}.")
    (listed,) = verification_findings([CP], [GOOD], [], unseen=reasons)
    assert (listed.code, listed.message) == ("snapshot-unseen", reasons[0])


def test_what_a_node_says_of_a_snapshot_counts_if_the_controller_cannot_see_it() -> None:
    refused = node("dp1", "3.11.0.14", import_refusal="dp1 would have nothing to serve.")
    found = verification_findings([CP, refused], [snapshot("3.11.0.14", "unreachable")], [])
    assert [each.code for each in found] == ["snapshot-unseen", "node-cannot-import"]


def test_a_verification_names_bad_snapshots_silent_nodes_and_unused_snapshots() -> None:
    found = verification_findings([CP, node("dp1", None)], [snapshot("3.11.0.14", "empty")], [GOOD, PROMOTED])
    assert [(finding.code, finding.severity == ERROR) for finding in found] == [
        ("snapshot-not-ok", True),
        ("node-silent", True),
        ("snapshot-unused", False),
    ]
    assert [finding.message for finding in found] == [
        "The snapshot for 3.11.0.14 is empty.",
        "dp1 did not report its gateway version: fix it, or set kong_fallback_gateway_version.",
        f"No node runs gateway {NEW}, but its snapshot is still stored.",
    ]
