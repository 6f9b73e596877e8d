# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our modules, run whole: options in, the JSON that Ansible would get out."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

from ansible.module_utils.common import warnings

from tests.ansible.arguments import module_arguments
from tests.ansible.environment import clean_environment
from tests.checkout import COLLECTIONS

_MODULES = "ansible_collections.kongops.fallback.plugins.modules"


def run_module(name: str, options: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run ``main()`` of a module in this process, without the half second that a process of its own takes to start.

    The answer is what the module printed, with ``printed`` for all of it and ``failed`` always there. Only one such
    module can run at a time, because output and environment belong to the process: see ``spawn_module``.
    """
    module = importlib.import_module(f"{_MODULES}.{name}")
    output, warned, code = io.StringIO(), io.StringIO(), None
    warnings._global_warnings.clear()
    with (
        module_arguments(options),
        patch.dict(os.environ, {**clean_environment(), **(environment or {})}, clear=True),
        redirect_stdout(output),
        redirect_stderr(warned),
    ):
        try:
            module.main()
        except SystemExit as end:
            code = end.code
    return _answer(name, output.getvalue(), output.getvalue() + warned.getvalue(), code != 0)


def spawn_module(
    name: str, options: Mapping[str, Any], timeout: float = 300.0, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a module as ``run_module`` does, in a process of its own: for several at a time, and for signals."""
    finished = subprocess.run(
        [sys.executable, "-m", f"{_MODULES}.{name}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}),
        env={**clean_environment(), "PYTHONPATH": str(COLLECTIONS), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return _answer(name, finished.stdout, finished.stdout + finished.stderr, finished.returncode != 0)


def _answer(name: str, answer: str, printed: str, failed: bool) -> dict[str, Any]:
    try:
        return {"failed": failed, **json.loads(answer), "printed": printed}
    except json.JSONDecodeError:
        raise AssertionError(f"{name} printed no answer:\n{printed}") from None
