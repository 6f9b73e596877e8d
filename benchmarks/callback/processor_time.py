# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what each task took of the processor, with its workers and modules, to the file that PROFILE_FILE names."""

from __future__ import annotations

import json
import multiprocessing
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: processor_time
type: aggregate
short_description: Processor time by task
description: For benchmarks. Waits for the workers of a task, because only then is known what they took.
requirements: []
"""

START = "starting ansible-playbook, reading inventory and playbook"


class CallbackModule(CallbackBase):
    """What has been used since the last task began is that task's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "processor_time"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._counted = 0.0
        self._task = START
        self._tasks: list[tuple[str, float]] = []

    def _begin(self, task: str) -> None:
        for worker in multiprocessing.active_children():
            worker.join(5)
        times = os.times()
        used = times.user + times.system + times.children_user + times.children_system
        self._tasks.append((self._task, used - self._counted))
        self._counted, self._task = used, task

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """A task begins, and the one before it has ended."""
        self._begin(task.get_name().rpartition(" : ")[2])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run is over."""
        self._begin("")
        with open(os.environ["PROFILE_FILE"], "w", encoding="utf-8") as file:
            json.dump(self._tasks, file)
