# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of this collection as a program that runs without Ansible: one file, for any Python from 3.9 on."""

from __future__ import annotations

import ast
import io
import sys
import zipfile
from collections.abc import Iterator

_OURS = "ansible_collections.kongops.fallback.plugins.module_utils."
_MAIN = "from {module} import main\n\nmain()\n"
_SINCE = (1980, 1, 1, 0, 0, 0)
"""The time of all files in it, so that the same code gives the same bytes."""


def program_of(module: str) -> bytes:
    """The program that runs ``main()`` of a module that is loaded, with everything of the collection that it imports;
    what else it imports has to be in the standard library."""
    sources = dict(sorted(_sources(module)))
    packages = {name.rsplit(".", depth)[0] for name in sources for depth in range(1, name.count(".") + 1)}
    files = {
        **{f"{package.replace('.', '/')}/__init__.py": "" for package in sorted(packages)},
        **{f"{name.replace('.', '/')}.py": text for name, text in sources.items()},
        "__main__.py": _MAIN.format(module=module),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, _SINCE), text, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _sources(module: str) -> Iterator[tuple[str, str]]:
    """The source of a module and of all of the collection's that it needs, by name."""
    due, seen = [module], {module}
    while due:
        name = due.pop()
        source = _source(name)
        yield name, source
        needed = set(_imports(source)) - seen
        due += sorted(needed)
        seen |= needed


def _source(name: str) -> str:
    """The text of a loaded module, be it a file or, as Ansible sends it to a node, a part of an archive."""
    spec = sys.modules[name].__spec__
    text: str = spec.loader.get_source(name)  # type: ignore[union-attr]
    return text


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_OURS):
            yield str(node.module)
