# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storages that disturb one another, and exporters that do not go together."""

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._node.clusters import (
    ExportingNode,
    InventoryNode,
    clusters_of,
    exporter_refusals,
    unseen_exporters,
)

PROD = "s3://kong-fallback/prod"
CLUSTERS = {PROD: {"exporters": ["cp1", "cp2"]}}


def exporter(host: str, role: str = "control_plane", election: bool = True) -> ExportingNode:
    return ExportingNode(host, PROD, role, "3.11.0.14" if election else "3.5.0.3", election)


def test_a_cluster_knows_its_exporters_and_leaves_out_those_that_are_taken_out() -> None:
    nodes = [
        InventoryNode("cp2", PROD, is_backup_node=True),
        InventoryNode("cp1", PROD, is_backup_node=True),
        InventoryNode("cp3", PROD, is_backup_node=True, takes_part=False),
        InventoryNode("dp1", PROD, is_backup_node=False),
    ]
    assert clusters_of(nodes) == {PROD: {"exporters": ["cp1", "cp2"], "nested": []}}


@pytest.mark.parametrize(
    ("storages", "nested"),
    [
        ([PROD, f"{PROD}/eu"], f"{PROD}/eu lies inside {PROD}"),
        (
            ["gs://kong-fallback/prod", "gcs://kong-fallback/prod/eu"],
            "gcs://kong-fallback/prod/eu lies inside gs://kong-fallback/prod",
        ),
        ([PROD, f"{PROD}2"], None),
        ([PROD, "s3://other/prod/eu"], None),
        ([PROD, "gcs://kong-fallback/prod/eu"], None),
        (["azure://account1/c11/p", "azure://account2/c11/p/q"], None),
        ([PROD, "not a storage"], None),
    ],
)
def test_a_storage_inside_another_is_told_of_both(storages: list[str], nested: str | None) -> None:
    found = clusters_of(InventoryNode(storage, storage, is_backup_node=False) for storage in storages)
    assert [found[storage]["nested"] for storage in storages] == [[nested] if nested else []] * 2


def test_exporters_of_one_kind_that_elect_a_leader_go_together() -> None:
    assert exporter_refusals([exporter("cp1"), exporter("cp2")], CLUSTERS) == []
    assert exporter_refusals([exporter("cp1", election=False)], {PROD: {"exporters": ["cp1"]}}) == []


@pytest.mark.parametrize(
    ("exporters", "says"),
    [
        ([exporter("cp2", "data_plane"), exporter("cp1")], "cp1 is a control plane, cp2 is a data plane: take"),
        ([exporter("cp1", election=False), exporter("cp2")], "cp1, cp2 would all export to s3://kong-fallback/prod"),
        ([exporter("cp1", election=False)], "exporters of gateway 3.5.0.3 elect no leader"),
    ],
)
def test_exporters_that_would_disturb_one_another_are_refused(exporters: list[ExportingNode], says: str) -> None:
    (refusal,) = exporter_refusals(exporters, CLUSTERS)
    assert says in refusal


def test_exporters_that_were_not_looked_at_are_named() -> None:
    (sentence,) = unseen_exporters([exporter("cp1")], CLUSTERS)
    assert sentence.startswith("cp2 may also export to s3://kong-fallback/prod but takes no part in this run")
    assert unseen_exporters([exporter("cp1"), exporter("cp2")], CLUSTERS) == []
