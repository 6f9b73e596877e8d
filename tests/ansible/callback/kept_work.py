# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what Ansible would make again in each playbook, in the folder that KEPT_WORK names: modules that it has built,
templates that it has compiled. The code of collections is kept with the bytecode of modules (``kept_bytecode.py``).

To find what a module imports, Ansible parses all of it. Each task runs in a fork of Ansible, which compiles every
template that the task needs, and forgets it. Together this was a third of the CPU of a playbook.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from pathlib import Path
from types import CodeType
from typing import Any

import kept_bytecode
from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.utils.collection_loader import _collection_finder

DOCUMENTATION = """
name: kept_work
type: aggregate
short_description: Build each module, and compile each template, once
description: For tests, which run many playbooks with the same modules and roles.
requirements: []
"""


class CallbackModule(CallbackBase):
    """Nothing is called back: that Ansible loads it is enough."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kept_work"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        if folder := os.environ.get("KEPT_WORK"):  # empty for ansible-core 2.18
            os.symlink(Path(folder, "modules"), Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
            _keep_templates(Path(folder, "templates"))
            _collection_finder.compile = _compile_of_a_collection


def _compile_of_a_collection(source: bytes | str, filename: str, **_how: Any) -> CodeType:
    """Stand in for the built-in function where Ansible compiles a file of a collection."""
    return kept_bytecode.compile_once(filename, source if isinstance(source, bytes) else source.encode())


def _keep_templates(folder: Path) -> None:
    """Let Jinja look into the folder before it compiles a template or an expression."""
    from ansible._internal._templating import _jinja_bits as bits

    environment = bits.AnsibleEnvironment
    compile_template, compile_expression = environment.compile, environment.compile_expression
    compiled: list[Any] = []

    def place(self: Any, kind: str, source: str) -> Path:
        """The file of a template; its name holds all that decides about the code."""
        context = bits._TemplateCompileContext.current(optional=True)
        syntax = [getattr(self, name) for name in bits._TEMPLATE_OVERRIDE_FIELD_NAMES]
        identity = repr((kind, str(source), context and context.escape_backslashes, syntax))
        return folder / hashlib.sha256(identity.encode()).hexdigest()

    def template(self: Any, source: Any, *names: Any, **options: Any) -> Any:
        if names or options or not isinstance(source, str):
            compiled[:] = [compile_template(self, source, *names, **options)]
            return compiled[0]
        file = place(self, "template", source)
        return _read(file) or _write(file, compile_template(self, source))

    def expression(self: Any, source: str, undefined_to_none: bool = True) -> Any:
        file = place(self, "expression", source)
        if code := _read(file):
            whole = self.template_class.from_code(self, code, self.make_globals(None))
            return bits.TemplateExpression(whole, undefined_to_none)
        fresh = compile_expression(self, source, undefined_to_none)
        _write(file, compiled[0])
        return fresh

    environment.compile, environment.compile_expression = template, expression


def _read(file: Path) -> Any:
    try:
        return marshal.loads(file.read_bytes())  # noqa: S302 (no other user may write there)
    except FileNotFoundError:
        return None


def _write(file: Path, code: Any) -> Any:
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(marshal.dumps(code))
    unfinished.replace(file)
    return code
