# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status listener says of a data plane that has no configuration yet (fact 4.7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_in import status
from tests.stand_in.declarative import Current
from tests.stand_in.installation import Installation
from tests.stand_in.servers import Request
from tests.stand_in.settings import load
from tests.stand_in.status import StatusApi

READY = Request("GET", "/status/ready", {})


@pytest.mark.parametrize(("version", "then"), [("3.11.0.14", 503), ("3.12.0.10", 200), ("3.12.0.11", 503)])
def test_a_release_with_that_fault_says_ready_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, then: int
) -> None:
    conf = tmp_path / "kong.conf"
    conf.write_text("role = data_plane\ndatabase = off\n")
    api = StatusApi(load(Installation(version), {}, conf), Current())
    assert api.respond(READY).status == then
    now = status.time.monotonic() + status.EARLY_SECONDS
    monkeypatch.setattr(status.time, "monotonic", lambda: now)
    assert api.respond(READY).status == 503
