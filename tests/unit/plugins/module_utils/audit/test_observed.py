# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit says of a node that told nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._audit.observed import SeenNode
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({}, "this run did not ask it"),
        ({"msg": "No route to host"}, "No route to host"),
        ({"skipped": True, "skip_reason": "Conditional result was False"}, "Ansible does not log in to it"),
    ],
)
def test_a_silent_node_has_a_reason(answer: dict[str, Any], why: str) -> None:
    node = SeenNode(KnownNode("dp1", "read"), "s3://kong-fallback/prod", answer)
    assert node.is_silent
    assert node.silence == why
