# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks given as text, run by the real ansible-playbook, with what each task answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ansible.environment import clean_environment
from tests.ansible.warm_python import quick_startup
from tests.checkout import COLLECTIONS

# No test talks to a public server. To read the authorities of the system takes longer than a request to ours.
TRUST_NOBODY = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
LOCALHOST = "localhost ansible_connection=local ansible_python_interpreter={{ ansible_playbook_python }}\n"


@dataclass(frozen=True)
class Task:
    """The answer of one host to one task; ``result`` is what ``register`` would hold."""

    name: str
    host: str
    result: dict[str, Any]

    @property
    def failed(self) -> bool:
        """Whether the task failed, ignored or not."""
        return bool(self.result.get("failed"))


@dataclass(frozen=True)
class Run:
    """A finished playbook: exit code, all that was printed (events aside), and the answers in their order."""

    code: int
    output: str
    tasks: Sequence[Task]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The result of the last task of this name, on whatever host."""
        for task in reversed(self.tasks):
            if task.name == name:
                return task.result
        raise KeyError(f"no task {name!r} ran:\n{self.output}")

    @property
    def changed(self) -> list[str]:
        """The names of the tasks that changed something."""
        return [task.name for task in self.tasks if task.result.get("changed")]

    @property
    def changes(self) -> dict[str, int]:
        """How many tasks changed something on each host that took part."""
        hosts = dict.fromkeys((task.host for task in self.tasks), 0)
        return hosts | Counter(task.host for task in self.tasks if task.result.get("changed"))

    @property
    def reasons(self) -> dict[str, str]:
        """For each host on which a task failed, what the last such task said; that its job failed is no reason."""
        failed = [task for task in self.tasks if task.failed and task.name != "Let the job fail"]
        return {task.host: str(task.result.get("msg")) for task in failed}


def run_playbook(
    text: str | Path,
    directory: Path,
    *arguments: str,
    inventory: str | Path = LOCALHOST,
    variables: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float = 900.0,
) -> Run:
    """Run a playbook, given as text or as a path, and collect what every task answered.

    ``directory`` keeps the run's files; ``variables`` go in by a file that only we can read, because they may be
    secrets; ``arguments`` are those of ansible-playbook, such as ``--check``, ``--diff`` and ``-vvvv``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    playbook = text if isinstance(text, Path) else _file(directory / "playbook.yml", textwrap.dedent(text))
    hosts = inventory if isinstance(inventory, Path) else _file(directory / "inventory", inventory)
    extra = _file(directory / "variables.json", json.dumps(dict(variables or {})))
    events = directory / "events.jsonl"
    events.unlink(missing_ok=True)
    finished = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", hosts, "-e", f"@{extra}", *arguments, playbook],
        cwd=directory,
        env={
            **clean_environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CONFIG": str(Path(__file__).with_name("ansible.cfg")),
            "ANSIBLE_HOME": str(directory / "ansible"),
            **quick_startup(),
            **TRUST_NOBODY,
            "EVENTS_FILE": str(events),
            **(environment or {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    lines = events.read_text().splitlines() if events.exists() else []
    return Run(finished.returncode, finished.stdout, [Task(**json.loads(line)) for line in lines])


def _file(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
