# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node tries the import for all that read alike, and its answer is a sentence about the host."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._node.witness import (
    Answers,
    answers_for,
    import_refusals,
    reader_of,
    witnesses,
)

PROD = "s3://kong-fallback/prod"
GOOD = {"outcome": "ok", "message": "fine", "sha256": "a" * 64, "gateway_version": "3.11.0.14"}
BAD = {**GOOD, "outcome": "denied", "message": "This node could not read it: the store denies it."}


def report(storage: str = PROD, switch: str = "on", version: str = "3.11.0.14", key: str | None = "AKIA1") -> Any:
    settings = {"cluster_fallback_config_import": switch, "cluster_fallback_config_storage": storage}
    return {
        "settings": {name: {"value": value, "source": "file"} for name, value in settings.items() if value},
        "gateway_version": version,
        "access_key_id": key,
    }


def test_one_node_stands_for_all_with_its_storage_version_and_access() -> None:
    reports = {
        "dp1": report(),
        "alike": report(),
        "newer": report(version="3.12.0.9"),
        "elsewhere": report("s3://kong-fallback/other"),
        "other-key": report(key="AKIA2"),
        "role": report(key=None),
        "another-role": report(key=None),
    }
    readers = [reader for host, each in reports.items() for reader in [reader_of(host, each)] if reader]
    assert witnesses(readers) == ["dp1", "newer", "elsewhere", "other-key", "role"]
    assert witnesses(readers, every=True) == list(reports)


@pytest.mark.parametrize(
    "unfit",
    [{}, report(switch="off"), report(switch="yes"), report(storage=""), report("https://b/p")],
)
def test_a_node_that_imports_nothing_is_no_reader(unfit: Any) -> None:
    assert reader_of("dp1", unfit) is None


NOTHING = " would have nothing to serve in an outage: "
ANSWERS: list[tuple[Any, Any, str]] = [
    ({}, {}, ""),
    (GOOD, {}, ""),
    ({}, GOOD, ""),
    (GOOD, GOOD, ""),
    (BAD, {}, f"dp1{NOTHING}{BAD['message']}"),
    ({}, BAD, f"dp1{NOTHING}{BAD['message']}"),
    (GOOD, BAD, f"dp1{NOTHING}{BAD['message']}"),
    ({"msg": "Cannot run kong."}, {}, "dp1 could not try to import the snapshot: Cannot run kong."),
    (
        GOOD,
        {**GOOD, "sha256": "b" * 64},
        (
            "dp1 and the controller read different snapshots of gateway 3.11.0.14 (SHA-256 aaaaaaaaaaaa… and"
            " bbbbbbbbbbbb…): if the next run reports this too, they reach different stores: compare endpoint, "
            "proxy and name resolution."
        ),
    ),
    (GOOD, {**GOOD, "sha256": None}, ""),
]


@pytest.mark.parametrize(("by_node", "by_controller", "sentence"), ANSWERS)
def test_what_node_and_controller_found_is_one_sentence(by_node: Any, by_controller: Any, sentence: str) -> None:
    alike = {"host": "other", "hosts": ["other", "dp1"]}
    tries = [{"item": alike, **BAD}, *([{"item": {"host": "dp1"}, **by_node}] if by_node else [])]
    reads = [{"item": {"hosts": ["dp1", "dp2"]}, "snapshots": [by_controller]}] if by_controller else []
    answers = answers_for("dp1", tries, reads)
    assert import_refusals({"dp1": answers}) == ([sentence] if sentence else [])


def test_hosts_with_one_reason_are_named_together() -> None:
    answers = {f"dp{number}": Answers(controller=BAD) for number in range(1, 8)}
    assert import_refusals(answers) == [f"dp1, dp2, dp3, dp4, dp5 and 2 more{NOTHING}{BAD['message']}"]
