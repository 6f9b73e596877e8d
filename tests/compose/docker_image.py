# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system of a host with Docker: that of a booted host, and Debian's Docker with Compose over it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.booted.image import alone, image

_INSTALL = """
set -eu
root=$1/root
mount -t overlay -o "lowerdir=$2,upperdir=$1/disk,workdir=$1/work" overlay "$root"
mount --bind /dev "$root/dev"
cat /etc/resolv.conf >"$root/etc/resolv.conf"
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"  # nothing starts
chmod 755 "$root/usr/sbin/policy-rc.d"
within() { DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
within apt-get update -qq
within apt-get install -qq --yes --no-install-recommends docker.io
# This release of Debian has no Compose; the package of the next one runs here.
echo 'deb http://deb.debian.org/debian trixie main' >"$root/etc/apt/sources.list"
within apt-get update -qq
within sh -euc 'cd /tmp && apt-get download -qq docker-compose && dpkg -x docker-compose_*.deb / && rm docker-compose_*'
within sh -c 'rm -rf /var/lib/apt/lists /var/cache/apt'
"""


def docker_image(cache: Path) -> tuple[Path, Path]:
    """The two layers of the file system, the upper one first; created once, in half a minute more than a booted host's.

    ``cache`` is the folder of the booted hosts.
    """
    below, done = image(cache), cache / "docker"
    with alone(cache):
        if not done.exists():
            unfinished = cache / "unfinished-docker"
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in ("disk", "work", "root"):
                (unfinished / part).mkdir(parents=True)
            subprocess.run(["unshare", "--mount", "sh", "-c", _INSTALL, "install", unfinished, below], check=True)
            (unfinished / "disk").rename(done)
            shutil.rmtree(unfinished)
    return done, below
