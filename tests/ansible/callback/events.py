# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what each task answered as one JSON line to the file that EVENTS_FILE names."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: events
type: aggregate
short_description: Task results as lines of JSON
description: For tests, which read results and not what is printed.
requirements: []
"""


class CallbackModule(CallbackBase):
    """One line a task and host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "events"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result: Any, **more: Any) -> None:
        # As the display sees it: what no_log hides is not for us either.
        answer = {**json.loads(self._dump_results(result._result, keep_invocation=True)), **more}
        line = {
            "name": result._task.get_name().strip().rpartition(" : ")[2],
            "host": result._host.get_name(),
            "result": answer,
        }
        descriptor = os.open(os.environ["EVENTS_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as events:
            events.write(json.dumps(line) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, failed=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, failed=True, unreachable=True)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write(result, skipped=True)
