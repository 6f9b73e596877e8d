# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks as contestants: what a run costs, once it is certain that it changed what it should, or nothing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.side_by_side import Cost, RunFailed, measured
from tests.ansible.environment import clean_environment
from tests.checkout import COLLECTIONS

OPPONENTS = Path(__file__).parent / "playbooks"
"""The playbooks of those who do it without this collection."""

CALLBACKS = Path(__file__).parent / "callback"

_CHANGED = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+)", re.MULTILINE)


def play(
    playbook: str | Path,
    inventory: Path,
    *arguments: str,
    changes: bool,
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """Run a playbook, given by its path or by its name in a collection, beside ``inventory``.

    Raises RunFailed when it fails, when it changes nothing although ``changes``, and when it changes anything
    otherwise: that would be the cost of other work.
    """
    program = Path(sys.executable).with_name("ansible-playbook")
    cost, output = measured(
        [program, "-i", inventory, *arguments, playbook],
        inventory.parent,
        {
            **clean_environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(inventory.parent / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            **(environment or {}),
        },
    )
    changed = [host for host, count in _CHANGED.findall(output) if int(count)]
    if bool(changed) != changes:
        raise RunFailed(f"{playbook} changed {', '.join(changed) or 'nothing'}, so it did other work:\n{output}")
    return cost


def profiled(run: Callable[[Mapping[str, str]], object], directory: Path) -> list[tuple[str, float]]:
    """The seconds of processor time of each task, in their order; ``run`` gets what the environment has to have."""
    file = directory / "profile.json"
    run(
        {
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "processor_time",
            "PROFILE_FILE": str(file),
        }
    )
    return [tuple(cost) for cost in json.loads(file.read_text())]
