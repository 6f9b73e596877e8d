# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets ``python tests/stand_in …`` run the stand-in from any working directory."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from stand_in.cli import main  # noqa: E402  the path above comes first

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
