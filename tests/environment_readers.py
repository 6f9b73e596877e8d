# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes an environment file to a gateway: a shell, systemd, Docker Compose; without code of the collection.

The first two are the real ones. Compose's reader follows the rules in its manual ("Syntax for environment files");
`make compose` reads with the real one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_COMPOSE_LINE = re.compile(
    r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*[=:][ \t]*"
    r"(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\n'\"]*?))[ \t]*(?:[ \t]#.*)?"
)


class Unreadable(Exception):
    """The reader refuses the file."""


def shell(file: Path, name: str) -> str:
    """What a program gets that a shell starts after it has sourced the file."""
    script = 'set -a; . "$1"; exec printenv -0 "$2"'
    read = subprocess.run(
        ["sh", "-c", script, "sh", file, name], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True
    )
    return read.stdout.removesuffix(b"\0").decode()


def systemd_reads(file: Path, name: str, value: str) -> bool:
    """Whether systemd takes this value from the file.

    It reads os-release by the function that reads an EnvironmentFile, and answers questions on os-release also where
    another init is in charge. Blanks at the ends of a value cannot be asked for.
    """
    program = shutil.which("systemd-analyze")
    if not program:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("systemd-analyze is not installed.")
    wanted = re.sub(r"""([\\"'\s])""", r"\\\1", value).replace("%", "%%")
    asked = subprocess.run(
        [program, "condition", f'ConditionOSRelease="{name}={wanted}"'],
        env={**os.environ, "SYSTEMD_OS_RELEASE": str(file)},
        capture_output=True,
        check=False,
    )
    return asked.returncode == 0


def compose(file: Path, name: str) -> str:
    """What the container gets from Docker Compose's ``env_file``; a variable in a value counts as unset."""
    values = {}
    for line in file.read_text().split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _COMPOSE_LINE.fullmatch(line.strip())
        if not found:
            raise Unreadable(line)
        values[found["name"]] = _compose_value(found)
    return values[name]


def _compose_value(found: re.Match[str]) -> str:
    if found["single"] is not None:
        return found["single"].replace("\\'", "'")
    text = found["bare"] if found["double"] is None else re.sub(r"\\([\"\\])", r"\1", found["double"])
    return re.sub(r"\$(\$)|\$\{[^}]*\}|\$\w+", r"\1", text)
