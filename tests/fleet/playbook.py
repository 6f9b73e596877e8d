# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ``ansible-playbook`` runs, and what an operator reads of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fleet.host import clean_environment

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTIONS = CHECKOUT / ".venv/collections"
_RECAP = re.compile(r"^(?P<host>\S+)\s+: ok=\d+\s+changed=(?P<changed>\d+).*?failed=(?P<failed>\d+)", re.MULTILINE)
_FAILURE = re.compile(r"^fatal: \[(?P<host>[^\]]+)\][^{]*=> (?P<result>\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class PlaybookRun:
    """How a run ended, and everything that it printed."""

    command: str
    returncode: int
    output: str

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks changed something, by host."""
        return {recap["host"]: int(recap["changed"]) for recap in _RECAP.finditer(self.output)}

    @property
    def reasons(self) -> dict[str, str]:
        """The sentence with which each failed host stopped."""
        return {
            failure["host"]: str(json.loads(failure["result"]).get("msg"))
            for failure in _FAILURE.finditer(self.output)
            if "...ignoring" not in self.output[failure.end() : failure.end() + 13]
        }


def run_playbook(
    playbook: str | Path,
    inventory: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> PlaybookRun:
    """Run a playbook, by file or by its name in a collection, as an operator would."""
    program = Path(sys.executable).with_name("ansible-playbook")
    command = ["ansible-playbook", "-i", str(inventory), str(playbook), *arguments]
    process = subprocess.run(
        [program, *command[1:]],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**clean_environment(), **_ansible_settings(inventory.parent), **(environment or {})},
    )
    return PlaybookRun(" ".join(command), process.returncode, process.stdout)


def _ansible_settings(directory: Path) -> dict[str, str]:
    """Settings of Ansible that keep a run apart from the user's own."""
    return {
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(directory / ".ansible"),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
    }
