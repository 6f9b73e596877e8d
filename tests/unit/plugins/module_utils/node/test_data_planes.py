# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data planes that a control plane lists."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._node.data_planes import data_planes_of_answer, list_url
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer

LISTED = {"hostname": "dp1", "version": "3.11.0.14", "config_hash": "5f3c" * 8, "last_seen": 1764060000}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://127.0.0.1:8001/"])
def test_the_list_is_asked_for_once(url: str) -> None:
    assert list_url(url) == "http://127.0.0.1:8001/clustering/data-planes?size=1000"


def test_of_each_data_plane_is_kept_what_tells_its_configuration() -> None:
    told = {"data": [{**LISTED, "ip": "10.0.0.7", "id": "a-node"}, "nonsense", {}], "next": None}
    assert data_planes_of_answer(Answer(200, json.dumps(told))) == [LISTED, dict.fromkeys(LISTED)]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(0, "Connection refused"),
        Answer(401, '{"data": []}'),
        Answer(200, "<html>"),
        Answer(200, "[]"),
        Answer(200, '{"data": {"dp1": 1}}'),
        Answer(200, '{"message": "no list"}'),
    ],
)
def test_anything_else_is_no_list(answer: Answer) -> None:
    assert data_planes_of_answer(answer) is None
