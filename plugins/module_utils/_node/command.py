# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command of the gateway, which ends in time with everything that it has started."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import doing
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed

_LONGEST = 1_000_000
"""How much of the output of a command is kept, in bytes."""


@dataclass(frozen=True)
class Done:
    """A command that ended, with its output."""

    code: int
    out: str
    err: str


def run_command(command: list[str], environment: Mapping[str, str], seconds: float = 60) -> Done:
    """Run a command of the gateway to its end.

    Raises OperationFailed when there is no such program, or when it is not done within so many seconds.
    """
    # Files, because a pipe stays open as long as a process that the command left behind has it.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, doing(f"run `{shlex.join(command)}`"):
        try:
            process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise OperationFailed(
                f"Cannot run {command[0]} ({why}): install it, or correct kong_command (kong_fallback_kong_command in"
                " roles)."
            ) from None
        try:
            code = _code_of(process, seconds)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if code is None:
            raise OperationFailed(
                f"`{shlex.join(command)}` did not finish within {seconds:g} seconds: run it on the host to find out"
                " what blocks"
                " it."
            )
        return Done(code, *(_text(file.fileno()) for file in (out, err)))


def _code_of(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit code, None if the process does not end in time."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _text(file: int) -> str:
    return os.pread(file, _LONGEST, 0).decode("utf-8", "replace")
