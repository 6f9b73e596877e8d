# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image of the stand-in that behaves as the public image of the gateway does (fact 2.13)."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from tests.stand_in import install as stand_in

USER_ID = 1001
"""The user `kong` of the image, whom the host does not know."""

CHANGES = (
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "USER kong",
    'ENTRYPOINT ["/entrypoint.sh"]',
    'CMD ["kong", "docker-start"]',
)
"""What the image is told beside its files, as a Dockerfile says it."""

_PYTHON = "opt/stand-in"
_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3", "yaml")
_ENTRYPOINT = """\
#!/bin/sh
set -eu
export KONG_NGINX_DAEMON=off
if [ "$*" != 'kong docker-start' ]; then exec "$@"; fi
prefix=${KONG_PREFIX:-/usr/local/kong}
kong prepare -p "$prefix"
ln -sfn /dev/stdout "$prefix/logs/access.log"
ln -sfn /dev/stdout "$prefix/logs/admin_access.log"
ln -sfn /dev/stderr "$prefix/logs/error.log"
exec kong start -p "$prefix"
"""


def gateway_image(below: Path, directory: Path, version: str) -> Path:
    """The file system of the image: a Debian, and over it what this writes into ``directory``."""
    files = directory / "files"
    _write(files, below, version)
    root = directory / "root"
    root.mkdir()
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={files}:{below}", "overlay", root], check=True)
    return root


def _write(directory: Path, below: Path, version: str) -> None:
    package = f"{_PYTHON}/stand_in"
    shutil.copytree(Path(stand_in.__file__).parent, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
    _python(directory / _PYTHON)
    stand_in.install(directory / "usr/local/bin", version, python=f"/{_PYTHON}/bin/python3", package=f"/{package}")
    (directory / "usr/local/kong").mkdir()
    (directory / "entrypoint.sh").write_text(_ENTRYPOINT)
    (directory / "entrypoint.sh").chmod(0o755)
    (directory / "etc").mkdir()
    for file, line in (("passwd", f"kong:x:{USER_ID}:{USER_ID}::/:/bin/sh\n"), ("group", f"kong:x:{USER_ID}:\n")):
        (directory / "etc" / file).write_text((below / "etc" / file).read_text() + line)


def _python(directory: Path) -> None:
    """Debian's Python with the packages of this checkout that the stand-in needs."""
    (directory / "bin").mkdir(parents=True)
    (directory / "bin/python3").symlink_to("/usr/bin/python3")
    (directory / "pyvenv.cfg").write_text("home = /usr/bin\n")
    packages = directory / "lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    for name in _PACKAGES:
        found = importlib.util.find_spec(name)
        origin = Path(found.origin if found and found.origin else name)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, packages)
