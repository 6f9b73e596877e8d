# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short form of `make reliability`: each module and each lie once, and all that have ended in a traceback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ansible import run_module
from tests.reliability.faults import LIES
from tests.reliability.matrix import SUBJECTS, World, told, world_of
from tests.servers import S3Server

# None of these lies takes longer than an answer, however busy the machine is.
PATIENCE = 120
PORTAL, REDIRECT = "captive portal", "captive portal that redirects"
# Those that the deadline of the module ends belong to the long form.
QUICK = [lie for lie in LIES if lie not in ("409", "500", "503", "trickled body")]
ONCE = [(list(SUBJECTS)[number % len(SUBJECTS)], lie) for number, lie in enumerate(QUICK)]
TRACEBACKS = [
    ("cluster_lock", "no ETag"),
    ("config_snapshot", PORTAL),
    ("config_snapshot", "no ETag"),
    ("storage_bucket", PORTAL),
    ("storage_access_info", REDIRECT),
    ("storage_credentials", PORTAL),
    ("storage_credentials", REDIRECT),
    ("storage_credentials", "truncated answer"),
    ("storage_credentials", "301 to a region"),
    ("storage_credentials_info", PORTAL),
]


@pytest.fixture(scope="module")
def world(moto_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_of(moto_server, tmp_path_factory.mktemp("world"), PATIENCE) as found:
        yield found


@pytest.mark.parametrize(("subject", "lie"), list(dict.fromkeys(ONCE + TRACEBACKS)))
def test_a_server_that_lies_is_named_or_does_no_harm(world: World, subject: str, lie: str) -> None:
    outcome = told(world, subject, lie, run_module)
    assert not outcome.is_bad, outcome


def test_a_portal_is_not_taken_for_a_key_that_may_do_too_much(world: World) -> None:
    outcome = told(world, "storage_access_info", PORTAL, run_module)
    assert "the answer is a web page instead of one of the service" in outcome.said
