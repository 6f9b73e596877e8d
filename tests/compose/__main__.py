# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.compose`` runs these tests among processes and in a network of their own.

So Docker changes nothing on this machine, all ports are free, and the kernel ends whatever a killed run leaves behind.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.booted import prerequisites
from tests.checkout import CHECKOUT
from tests.compose.docker_host import NAME
from tests.compose.docker_image import docker_image

_APART = ("unshare", "--mount", "--net", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc")
# The shell is the first process there, as systemd would be on a host: it is not the gateway, and it buries orphans.
_BEGIN = f'hostname {NAME} && ip link set lo up && "$@"; exit $?'


def main() -> None:
    """The command line: arguments for pytest."""
    prerequisites.check("make compose")
    docker_image(CHECKOUT / ".cache/booted")  # needs the network of this machine
    tests = [sys.executable, "-m", "pytest", *sys.argv[1:], str(Path(__file__).parent)]
    sys.exit(subprocess.run([*_APART, "sh", "-c", _BEGIN, "begin", *tests], check=False).returncode)


if __name__ == "__main__":
    main()
