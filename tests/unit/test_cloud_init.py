# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of user data is what cloud-init takes, as cloud-init itself says; tests/booted run its commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT
from tests.debian import Unavailable, unpacked

USER_DATA = CHECKOUT / "docs/examples/cloud-init/user-data"
PACKAGES = ("cloud-init", "python3-configobj", "python3-jsonpatch", "python3-json-pointer")


def judged(file: Path) -> subprocess.CompletedProcess[str]:
    """What cloud-init says of user data."""
    try:
        folders = [unpacked(package) / "usr/lib/python3/dist-packages" for package in PACKAGES]
    except Unavailable as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"No cloud-init: {error}")
    command = [sys.executable, "-m", "cloudinit.config.schema", "--config-file", file]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_cloud_init_takes_the_user_data() -> None:
    done = judged(USER_DATA)
    assert done.returncode == 0, done.stderr
    assert "Valid cloud-config" in done.stdout


def test_cloud_init_would_refuse_a_command_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(USER_DATA.read_text() + "  - {run: this}\n")
    assert "runcmd" in judged(file).stderr
