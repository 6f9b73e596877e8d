# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a gateway is ready, from what its status listener answers."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import (
    EMPTY_HASH,
    Answer,
    has_ready,
    health_of_answers,
    status_url,
)

CONFIGURED = Answer(200, json.dumps({"configuration_hash": "5f3c"}))
EMPTY = Answer(200, json.dumps({"configuration_hash": EMPTY_HASH}))


@pytest.mark.parametrize(
    ("status_listen", "url"),
    [
        ("127.0.0.1:8007 reuseport backlog=16384", "http://127.0.0.1:8007"),
        ("0.0.0.0:8100, 0.0.0.0:8543 ssl", "http://127.0.0.1:8100"),
        ("0.0.0.0:8543 ssl", "https://127.0.0.1:8543"),
        ("[::]:8100", "http://[::1]:8100"),
        ("kong.internal:8100", "http://kong.internal:8100"),
        ("unix:/run/kong.sock", None),
        ("off", None),
        ("", None),
    ],
)
def test_the_status_listener_is_asked_from_the_host_itself(status_listen: str, url: str | None) -> None:
    assert status_url(status_listen) == url


def test_the_gateway_itself_says_whether_it_is_ready() -> None:
    waiting = Answer(503, json.dumps({"message": "no configuration available (empty configuration present)"}))

    assert health_of_answers(CONFIGURED, Answer(200, json.dumps({"message": "ready"}))).ready is True
    health = health_of_answers(EMPTY, waiting)
    assert (health.ready, health.message) == (False, "no configuration available (empty configuration present)")


def test_a_gateway_that_says_ready_before_it_has_a_configuration_is_not_ready() -> None:
    health = health_of_answers(EMPTY, Answer(200, json.dumps({"message": "ready"})))
    assert (health.ready, health.message) == (False, "no configuration available")
    control_plane = Answer(200, json.dumps({"database": {"reachable": True}}))
    assert health_of_answers(control_plane, Answer(200, json.dumps({"message": "ready"}))).ready is True


def test_a_gateway_that_does_not_answer_is_not_ready_and_the_reason_is_kept() -> None:
    nobody = Answer(0, "Connection refused")
    assert health_of_answers(nobody, nobody).ready is False
    assert health_of_answers(nobody, nobody).message == "Connection refused"
    assert health_of_answers(nobody, None).message == "Connection refused"


def test_before_3_3_the_hash_of_the_configuration_decides() -> None:
    assert not has_ready(parse_version("3.2.2.5"))
    assert has_ready(parse_version("3.3.0.0"))
    assert health_of_answers(CONFIGURED, None).ready is True
    assert health_of_answers(EMPTY, None).ready is False
    assert health_of_answers(Answer(200, "{}"), None).ready is False
    assert health_of_answers(Answer(200, "no JSON"), None).ready is False
