# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make reliability` counts, and what it finds if there is something to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability import __main__ as command
from tests.reliability.canaries import found_in
from tests.reliability.figures import figures
from tests.reliability.trials import Trial

LIE, READ, PLACE = "lies of servers", "reads of the snapshot meanwhile", "places sought for secrets"
PARTS = {
    "lies/moto": [
        Trial(LIE, "a", 1.25),
        Trial(LIE, "b", 15.0, "hang: nothing"),
        Trial(LIE, "c", 2.0, "traceback: KeyError"),
        Trial(READ, "config_snapshot", 0.0, "torn: 3 bytes", 700),
    ],
    "canaries/moto": [Trial(PLACE, "site: stdout", 0.0, "secret: the key to read"), Trial(PLACE, "site: log", 0.0)],
}


def test_each_kind_is_counted_and_what_must_never_be_by_itself() -> None:
    page = figures("2026-11-25", PARTS, {"lies/moto": 90.0, "canaries/moto": 30.0}, ["races/moto"])
    assert "Measured on 2026-11-25: 705 trials." in page
    for row in (
        "| tracebacks | 1 |",
        "| hangs | 1 |",
        "| lost or incomplete objects | 1 |",
        "| secrets found | 1 |",
        "| anything else | 0 |",
        f"| {LIE} | moto | 3 | 2 | 15.0 |",
        f"| {READ} | moto | 700 | 1 |  |",
        f"| {PLACE} | moto | 2 | 1 |  |",
    ):
        assert row in page.splitlines()
    assert "These parts took 2 minutes." in page
    assert "Not tried in this run: races/moto." in page


def test_a_part_is_kept_until_the_code_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "KEPT", tmp_path)
    monkeypatch.setattr(command, "code", lambda: "now")
    assert command.kept("lies/moto") is None
    (tmp_path / "lies-moto.json").write_text('{"code": "now", "trials": []}')
    assert command.kept("lies/moto") == {"code": "now", "trials": []}
    monkeypatch.setattr(command, "code", lambda: "later")
    assert command.kept("lies/moto") is None


def test_a_secret_is_found_by_what_it_is() -> None:
    secrets = {"the key to read": "wJalrXUtnFEMI", "the token": "canary"}
    assert found_in(b"... wJalrXUtnFEMI ...", secrets) == "the key to read"
    assert found_in(b"nothing", secrets) == ""
