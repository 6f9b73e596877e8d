# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves work that every one of a playbook's many short processes would do; what they do stays the same.

Python runs this file at its start if the folder is in PYTHONPATH. Ansible sends a module and all that it imports as a
zip, and Python compiles each file of a zip twice, to look for it and to run it: up to half of the time of a module. So
the bytecode is kept, as Python itself keeps that of other files.
"""

from __future__ import annotations

import _imp
import _socket
import gc
import importlib.util
import marshal
import os
import struct
import sys
import zipimport
from types import CodeType

CHECKOUT = __file__.rsplit(os.sep, 4)[0]
CACHE = os.path.join(CHECKOUT, ".cache", "bytecode", str(sys.implementation.cache_tag))

compile_source = zipimport._compile_source


def compile_once(path: str, source: bytes) -> CodeType:
    """The code of ``source``, as if it had been compiled from the file ``path``."""
    kept = os.path.join(CACHE, importlib.util.source_hash(source).hex())
    try:
        # Nobody but this test run writes into its folder.
        with open(kept, "rb") as file:
            code: CodeType = marshal.load(file)  # noqa: S302
    except FileNotFoundError:
        code = compile_source(path, source)
        os.makedirs(CACHE, exist_ok=True)
        unfinished = f"{kept}.{os.getpid()}"
        with open(unfinished, "wb") as file:
            marshal.dump(code, file)
        os.replace(unfinished, kept)
    _imp._fix_co_filename(code, path)
    return code


zipimport._compile_source = compile_once

# Short processes end before they have much garbage.
gc.set_threshold(100_000)


def run_in_warm_python() -> None:
    """If the warm Python is there, let a fork of it run what comes by standard input, and end as that does."""
    channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    address = os.path.join(os.environ.get("WARM_PYTHON", ""), str(sys.implementation.cache_tag))
    if channel.connect_ex(address):
        return
    environment = (name + b"=" + value for name, value in os.environb.items())
    files = struct.pack("3i", 0, 1, 2)
    channel.sendmsg([b"\0".join([os.getcwdb(), *environment])], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    status = channel.recv(1)
    os._exit(status[0] if status else 1)


if sys.argv == [""]:
    run_in_warm_python()
