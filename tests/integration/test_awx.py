# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX as code: the playbook brings every object about, by AWX's rules, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.awx.controller import Controller, controller
from tests.integration.ansible_run import CHECKOUT, Run, run_playbook


def apply(awx: Controller, directory: Path, *arguments: str, **variables: Any) -> Run:
    told = {"kong_fallback_awx_update_project": False, **variables}
    name = Path("kongops.fallback.awx")
    return run_playbook(name, directory, *arguments, environment=awx.environment, variables=told)


def test_all_objects_come_about_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    with controller(CHECKOUT) as awx:
        first = apply(awx, tmp_path)
        assert first.code == 0, first.output[-3000:]
        assert awx.refusals == []
        written = list(awx.written)
        second = apply(awx, tmp_path)
        assert (second.code, second.changed) == (0, []), second.output[-3000:]
        assert awx.written == written
