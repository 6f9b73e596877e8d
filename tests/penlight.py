# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Penlight, the library through which Kong reads kong.conf: the reference for every reader of that file in here.

Runs in this process in LuaJIT, as in the gateway. Penlight comes from the Debian package `lua-penlight` (1.13.1, the
version in Kong 3.4 to 3.6), installed or fetched into the cache folder.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.debian import Unavailable, unpacked

Reference = Callable[[bytes], "dict[str, bytes] | None"]

_INSTALLED = Path("/usr/share/lua/5.1")

# The steps of Kong's loader up to the table of strings; a table as a value is a section or a split value.
_LOADER = """
local folder = ...
package.path = folder .. "/?.lua"
local config, stringio = require "pl.config", require "pl.stringio"
return function(data, keep)
  local read, settings = pcall(config.read, stringio.open(data), {smart = false, list_delim = "_blank_"})
  if not read then return false end
  for name, value in pairs(settings) do
    if type(name) == "string" and type(value) ~= "table" then keep(name, tostring(value)) end
  end
  return true
end
"""


def reference() -> Reference:
    """The reader: bytes of a kong.conf to the settings in it, None where the gateway cannot read the file at all.

    Without Penlight the calling test is skipped, or fails if the environment variable CI is set.
    """
    try:
        return _reader()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"No reference parser: {error}")
        pytest.skip(f"No reference parser: {error}")


@functools.cache
def _reader() -> Reference:
    try:
        from lupa.luajit21 import LuaRuntime
    except ImportError as error:
        raise Unavailable("lupa has no LuaJIT here") from error
    load = LuaRuntime(encoding=None).execute(_LOADER, os.fsencode(_folder()))

    def read(data: bytes) -> dict[str, bytes] | None:
        settings: dict[str, bytes] = {}

        def keep(name: bytes, value: bytes) -> None:
            settings[name.decode("ascii")] = _without_comment(value)

        return settings if load(data, keep) else None

    return read


def _without_comment(value: bytes) -> bytes:
    """What Kong does to each value after Penlight: the first match of this expression goes, then escapes (fact 5.2)."""
    return re.sub(rb"\s*(?<!\\)#.*$", b"", value, count=1).replace(b"\\#", b"#")


def _folder() -> Path:
    if (_INSTALLED / "pl" / "config.lua").exists():
        return _INSTALLED
    return unpacked("lua-penlight", "penlight") / _INSTALLED.relative_to("/")
