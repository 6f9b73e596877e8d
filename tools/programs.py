# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs whose output is only of interest if they fail."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from tools import tree

SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(*command: str | Path, directory: Path = tree.CHECKOUT, environment: Mapping[str, str] | None = None) -> str:
    """Return the standard output of a program; exit with all its output if it fails."""
    done = subprocess.run(command, cwd=directory, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
