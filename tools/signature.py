# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign an artifact as `ansible-galaxy collection install --signature` expects it."""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path

from tools.programs import run

MANIFEST = "MANIFEST.json"
"""What is signed: it has the checksum of the list of all files, which has theirs."""


def sign(artifact: Path, key: str) -> Path:
    """Return the detached signature of an artifact by a key of GnuPG, beside the artifact; exit without GnuPG."""
    gpg = shutil.which("gpg")
    if gpg is None:
        sys.exit("There is no gpg on this machine: install GnuPG, or release without KEY.")
    manifest = artifact.with_name(MANIFEST)
    with tarfile.open(artifact) as archive:
        archive.extract(MANIFEST, artifact.parent, filter="data")
    signature = artifact.with_name(f"{artifact.name}.asc")
    run(gpg, "--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", "--output", signature, manifest)
    manifest.unlink()
    return signature
