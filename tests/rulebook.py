# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our rulebooks, run by ansible-rulebook, which has an environment of its own (tools/eda.lock) and needs Java 17."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ansible.environment import clean_environment
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.debian import Unavailable

LOCK = CHECKOUT / "tools/eda.lock"


def programs() -> Path:
    """The folder with ansible-rulebook, installed once for each lock file; raises Unavailable without Java."""
    if not shutil.which("java"):
        raise Unavailable("java is not installed: apt-get install openjdk-17-jre-headless")
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    environment = CHECKOUT / ".cache/eda" / digest
    ready = environment / ".ready"
    if not ready.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True)
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", environment / "bin/python", LOCK]
        subprocess.run(sync, check=True, env={**os.environ, "UV_SYSTEM_CERTS": "1"})
        ready.touch()
    return environment / "bin"


@contextmanager
def rulebook(
    name: str, directory: Path, inventory: Path, variables: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[Path]:
    """Run a rulebook of the collection until the context ends; the file with all that it prints.

    ``variables`` reach rules and playbooks by a file that only we can read, because they may be secrets.
    """
    program = programs() / "ansible-rulebook"
    directory.mkdir(parents=True, exist_ok=True)
    given, printed = directory / "variables.json", directory / "output"
    given.touch(mode=0o600)
    given.write_text(json.dumps(dict(variables)))
    # Playbooks run with the ansible-core of the tests.
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [program, "--rulebook", f"kongops.fallback.{name}", "--inventory", inventory, "--vars", given],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={
                **clean_environment(),
                "PATH": path,
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_HOME": str(directory / "ansible"),
                "ANSIBLE_NOCOLOR": "1",
                **environment,
            },
        )
        try:
            yield printed
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
