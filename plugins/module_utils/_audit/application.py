# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program from files of this collection, as one file that Python runs without Ansible."""

from __future__ import annotations

import ast
import importlib.util
import io
import zipfile
from collections.abc import Iterator

_PACKAGES = "ansible_collections"
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def zip_application(module: str) -> bytes:
    """The archive that runs ``main`` of a module, with all files of collections that it imports.

    The same files give the same bytes.
    """
    sources = {f"{name.replace('.', '/')}.py": source for name, source in _closure(module).items()}
    folders = {folder for path in sources for folder in _folders(path)}
    files = {
        **dict.fromkeys((f"{folder}/__init__.py" for folder in folders), ""),
        **sources,
        "__main__.py": f"from {module} import main\n\nmain()\n",
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(files):
            information = zipfile.ZipInfo(path, _EARLIEST)
            information.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(information, files[path])
    return archive.getvalue()


def _closure(module: str) -> dict[str, str]:
    """The source of a module and of all that it imports from collections, by their names."""
    found: dict[str, str] = {}
    left = [module]
    while left:
        name = left.pop()
        if name not in found:
            found[name] = _source(name)
            left += _imports(name, found[name])
    return found


def _source(name: str) -> str:
    """The source of a module, also where Ansible has sent it in an archive."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"No source of {name}.")
    return str(spec.loader.get_source(name))  # type: ignore[attr-defined]


def _imports(name: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            of = importlib.util.resolve_name("." * node.level + (node.module or ""), name.rpartition(".")[0])
            if of.startswith(f"{_PACKAGES}."):
                yield of


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    yield from ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
