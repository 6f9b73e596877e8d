# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine needs to boot hosts. If anything is missing, the run ends: a test that did not run proves nothing."""

from __future__ import annotations

import os
import shutil

_PACKAGES = {
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "systemd-nspawn": "systemd-container",
}


def check(command: str = "make systemd") -> None:
    """Raise SystemExit with what to do unless everything is there; ``command`` is what the user ran."""
    if os.geteuid() != 0:
        raise SystemExit(f"Only root can boot hosts: run `{command}` as root.")
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    if missing:
        raise SystemExit(f"To boot hosts this machine needs more of Debian: apt-get install {' '.join(missing)}")
