# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs the stand-in into a host's directory tree; installing another version over it is an upgrade."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from .installation import ENTERPRISE, OPEN_SOURCE, Installation

_PACKAGE = Path(__file__).resolve().parent


def install(
    directory: str | os.PathLike[str],
    version: str = "3.11.0.14",
    edition: str = ENTERPRISE,
    python: str = sys.executable,
    package: str | os.PathLike[str] = _PACKAGE,
) -> Path:
    """Write an executable ``kong`` of ``version`` and ``edition`` into ``directory`` and return its path.

    ``python`` is the interpreter that it runs with (boto3 and PyYAML must be importable), ``package`` is where it finds
    this folder. Raises ValueError for a version or edition that no gateway has.
    """
    installation = Installation(version, edition)
    program = Path(directory) / "kong"
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [python, "-I", str(package), "--installed", version, "--edition", edition]
    unfinished = program.with_name(f".kong.{os.getpid()}")
    unfinished.write_text(
        "#!/bin/sh\n"
        "# Each module asks for the version, which needs no Python.\n"
        f"if [ \"$*\" = version ]; then echo '{installation.banner}'; exit; fi\n"
        f'exec {shlex.join(command)} "$@"\n'
    )
    unfinished.chmod(0o755)
    unfinished.replace(program)  # a host that is starting runs the old version or the new one, never half of it
    return program


def main() -> None:
    """The command line of the installer."""
    parser = argparse.ArgumentParser(description="Install the gateway stand-in as DIRECTORY/kong.")
    parser.add_argument("directory", metavar="DIRECTORY")
    parser.add_argument("--version", default="3.11.0.14", help="gateway version (default: %(default)s)")
    parser.add_argument("--edition", choices=[ENTERPRISE, OPEN_SOURCE], default=ENTERPRISE)
    arguments = parser.parse_args()
    print(install(arguments.directory, arguments.version, arguments.edition))


if __name__ == "__main__":
    main()
