# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the bytecode of modules and of collections, as Python itself keeps that of other files.

Ansible sends a module and all that it imports as a zip, and Python compiles each file of a zip twice, to look for it
and to run it: up to half of the time of a module.
"""

from __future__ import annotations

import _imp
import gc
import importlib.util
import marshal
import os
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
