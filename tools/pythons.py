# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine that really work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def interpreter(version: str) -> Path | None:
    """Return the real executable of Python ``version`` (``3.x``) if there is one, past a version manager's shims."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    managed = [found for shims in folders if shims.name == "shims" for found in shims.parent.glob("versions/*/bin")]
    for folder in [*folders, *managed]:
        try:
            ask = [folder / f"python{version}", "-c", "import ensurepip, sys; print(sys._base_executable)"]
            answer = subprocess.run(ask, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return Path(answer.stdout.strip())
    return None
