# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack amazon.aws, for machines without Galaxy, out of the PyPI wheel that carries it.

python -m tools.amazon_aws LOCK COLLECTIONS
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CARRIED = "ansible_collections/amazon/aws/"


def download(lock: Path, folder: Path) -> Path:
    """Return the one wheel that ``lock`` pins by version and hash.

    The wheel asks for a newer Python than ours may be; ansible-core needs that, the collections in it do not.
    """
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run(
        [*pip, "--only-binary=:all:", "--python-version=3.12", "--dest", folder, "--requirement", lock], check=True
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, collections: Path) -> None:
    """Put amazon.aws, and nothing else of the wheel, into ``collections``; an older one there goes."""
    shutil.rmtree(collections / CARRIED, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(collections, [name for name in archive.namelist() if name.startswith(CARRIED)])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        unpack(download(Path(sys.argv[1]), Path(folder)), Path(sys.argv[2]))
