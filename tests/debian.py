# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of Debian that a test needs, unpacked into the cache folder, which takes no root."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

_CACHE = Path(__file__).parents[1] / ".cache"


class Unavailable(Exception):
    """Why a test cannot have what it needs on this machine."""


def unpacked(package: str, folder: str = "") -> Path:
    """The folder with the files of a package, fetched once; raises Unavailable where it cannot be fetched.

    Several processes may fetch it at once, one of them wins. ``folder`` is its name in the cache.
    """
    place = _CACHE / (folder or package)
    if not place.exists():
        _fetch(package, place)
    return place


def _fetch(package: str, place: Path) -> None:
    missing = [program for program in ("apt-get", "dpkg") if not shutil.which(program)]
    if missing:
        raise Unavailable(f"{package} is not installed and {missing[0]} is not there to fetch it")
    place.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as name:
        download = subprocess.run(
            ["apt-get", "download", package], cwd=name, capture_output=True, text=True, check=False
        )
        packages = list(Path(name).glob("*.deb"))
        if not packages:
            raise Unavailable(f"apt-get download {package}: {download.stderr.strip() or 'no package came'}")
        files = Path(name) / "unpacked"
        subprocess.run(["dpkg", "-x", packages[0], files], check=True)
        try:
            files.rename(place)
        except OSError:
            if not place.exists():
                raise
