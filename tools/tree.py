# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the collection in a directory as Ansible's tools expect it: `…/ansible_collections/kongops/fallback`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
CACHE = CHECKOUT / ".cache"
COLLECTIONS = CHECKOUT / ".venv" / "collections"
NEEDED = ("amazon/aws", "awx/awx")


def files() -> list[Path]:
    """Return every file that git keeps, or would keep once added, relative to the checkout."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (CHECKOUT / name).is_file()]


def copy(collections: Path) -> Path:
    """Recreate ``collections`` with this collection and its dependencies; return the directory of this collection."""
    shutil.rmtree(collections, ignore_errors=True)
    collection = collections / "ansible_collections" / "kongops" / "fallback"
    for name in files():
        target = collection / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target)
    copy_others(collections)
    return collection


def copy_others(collections: Path) -> None:
    """Copy the dependencies of this collection into ``collections``."""
    for name in NEEDED:
        shutil.copytree(COLLECTIONS / "ansible_collections" / name, collections / "ansible_collections" / name)
