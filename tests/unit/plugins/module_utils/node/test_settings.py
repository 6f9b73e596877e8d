# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import (
    DRAFT,
    RELEASED,
    NodeWish,
    names_for,
    settings_for,
)

STORAGE = "s3://kong-fallback/prod"


@pytest.mark.parametrize(
    ("version", "choice", "names"),
    [
        ("3.1.1.6", "auto", DRAFT),
        ("3.2.0.0", "auto", RELEASED),
        ("3.11.0.3", "auto", RELEASED),
        ("3.11.0.3", "draft", DRAFT),
        ("3.1.1.6", "released", RELEASED),
    ],
)
def test_names_go_by_the_release_unless_they_are_chosen(version: str, choice: str, names: object) -> None:
    assert names_for(parse_version(version), choice) is names


@pytest.mark.parametrize(
    ("wish", "names", "settings"),
    [
        (
            NodeWish("backup_node", STORAGE),
            DRAFT,
            {
                "cluster_fallback_config": "on",
                "cluster_fallback_config_storage": STORAGE,
                "cluster_fallback_config_exporter": "on",
            },
        ),
        (
            NodeWish("data_plane", STORAGE),
            DRAFT,
            {
                "cluster_fallback_config": "on",
                "cluster_fallback_config_storage": STORAGE,
                "cluster_fallback_config_exporter": "off",
            },
        ),
        (
            NodeWish("data_plane", STORAGE),
            RELEASED,
            {
                "cluster_fallback_config_import": "on",
                "cluster_fallback_config_storage": STORAGE,
                "cluster_fallback_config_export": "off",
            },
        ),
        (
            NodeWish(
                "backup_node", STORAGE, 10, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}, also_import=True
            ),
            RELEASED,
            {
                "cluster_fallback_config_import": "on",
                "cluster_fallback_config_storage": STORAGE,
                "cluster_fallback_config_export": "on",
                "cluster_fallback_config_export_delay": "10",
                "cluster_fallback_export_s3_config": '{"SSEKMSKeyId":"k","ServerSideEncryption":"aws:kms"}',
            },
        ),
        (
            NodeWish("backup_node", STORAGE),
            RELEASED,
            {
                "cluster_fallback_config_import": "off",
                "cluster_fallback_config_storage": STORAGE,
                "cluster_fallback_config_export": "on",
            },
        ),
    ],
)
def test_a_node_role_gets_its_settings(wish: NodeWish, names: object, settings: dict[str, str]) -> None:
    assert settings_for(wish, names) == settings


@pytest.mark.parametrize(
    ("wish", "names", "reason"),
    [
        (NodeWish("data_plane", STORAGE, export_delay=10), RELEASED, "export_delay is for node_role backup_node"),
        (NodeWish("data_plane", STORAGE, also_import=True), RELEASED, "also_import is for node_role backup_node"),
        (NodeWish("data_plane", STORAGE, s3_config={"a": "b"}), RELEASED, "s3_config is for node_role backup_node"),
        (NodeWish("backup_node", STORAGE, export_delay=10), DRAFT, "The draft names have no setting for export_delay"),
        (
            NodeWish("backup_node", STORAGE, s3_config={"a": "b"}),
            DRAFT,
            "The draft names have no setting for s3_config",
        ),
        (NodeWish("backup_node", STORAGE, export_delay=0), RELEASED, "export_delay is 0"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused(wish: NodeWish, names: object, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        settings_for(wish, names)
