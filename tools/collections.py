# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack collections, for machines without Galaxy, out of the PyPI wheels that carry them.

python -m tools.collections LOCK COLLECTIONS
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def pinned(lock: Path) -> dict[str, str]:
    """Return the pip requirement, with its hash, of the wheel for each collection."""
    lines = [line.partition(" # ") for line in lock.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return {collection: requirement for requirement, _separator, collection in lines}


def download(requirement: str, folder: Path) -> Path:
    """Return the one wheel of this requirement.

    The wheel asks for a newer Python than ours may be: ansible-core needs it, the collections in the wheel do not.
    """
    wanted = folder / "requirement.txt"
    wanted.write_text(requirement, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run(
        [*pip, "--only-binary=:all:", "--python-version=3.12", "--dest", folder, "--requirement", wanted], check=True
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, collection: str, collections: Path) -> None:
    """Unpack only this collection from the wheel into ``collections``, and replace an older one there."""
    carried = f"ansible_collections/{collection.replace('.', '/')}/"
    shutil.rmtree(collections / carried, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(collections, [name for name in archive.namelist() if name.startswith(carried)])


def main(lock: Path, collections: Path) -> None:
    """Unpack every collection of the lock."""
    for collection, requirement in pinned(lock).items():
        with tempfile.TemporaryDirectory() as folder:
            unpack(download(requirement, Path(folder)), collection, collections)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
