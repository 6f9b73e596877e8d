# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules in processes that may hang, be killed, and run beside others, without the second that each takes to start."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from tests.ansible import run_module

_MODULES = "ansible_collections.kongops.fallback.plugins.modules"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, f"{_MODULES}.cluster_lock", f"{_MODULES}.config_snapshot"])


class Killed(Exception):
    """The module did not come to its end."""


def run_isolated(name: str, options: Mapping[str, Any], kill_after: float = 120.0) -> dict[str, Any]:
    """What a module answers.

    Raises Killed if it had to be killed after so many seconds, and AssertionError with the traceback of what it raised.
    """
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_run, args=(theirs, name, dict(options)))
    process.start()
    theirs.close()
    try:
        if not ours.poll(kill_after):
            raise Killed
        answer = ours.recv()
    except EOFError:
        raise AssertionError("the process of the module ended without an answer") from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(answer, str):
        raise AssertionError(answer)
    return dict(answer)


def _run(theirs: Connection, name: str, options: Mapping[str, Any]) -> None:
    try:
        theirs.send(run_module(name, options))
    except BaseException:  # whatever it is, Ansible would show it as a traceback
        theirs.send(traceback.format_exc())
