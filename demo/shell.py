# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./demo-shell`: a shell in the directory of the running demo, with the administrator's keys and what to try there."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.ansible.environment import clean_environment
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.servers import S3Server

SCRIPT = CHECKOUT / "demo-shell"


@dataclass(frozen=True)
class Thing:
    """Something to try: why, the commands, and a text that the last of them prints."""

    why: str
    commands: Sequence[str]
    prints: str


@dataclass(frozen=True)
class Shell:
    """Runs what an operator would type in ``directory``."""

    directory: Path
    variables: Mapping[str, str]

    @staticmethod
    def of_administrator(directory: Path, storage: S3Server) -> Shell:
        """That of the operator, whose keys may create buckets and identities."""
        return Shell(
            directory,
            {
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_HOME": str(directory / "ansible"),
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_RETRY_FILES_ENABLED": "0",
                "AWS_ACCESS_KEY_ID": storage.root.access_key_id,
                "AWS_SECRET_ACCESS_KEY": storage.root.secret_access_key,
                "AWS_REGION": storage.region,
                "AWS_ENDPOINT_URL": storage.endpoint_url,
            },
        )

    def run(self, command: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The exit status of a command, and all that it prints; ``environment`` is what this shell does not have."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.directory,
            env={**clean_environment(), **(environment or {}), **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def script(self, things: Sequence[Thing]) -> str:
        """A program that opens this shell, or runs its arguments in it."""
        to_try = "\n".join(
            f"\n{number}. {thing.why}\n" + "\n".join(f"   {command}" for command in thing.commands)
            for number, thing in enumerate(things, 1)
        )
        return "\n".join(
            [
                "#!/bin/sh",
                "# The cluster of `make demo KEEP=1`, as long as that runs. With arguments: runs them as a command.",
                f"cd {shlex.quote(str(self.directory))} || exit",
                *(f"export {name}={shlex.quote(value)}" for name, value in self.variables.items()),
                'if [ $# -gt 0 ]; then exec /bin/sh -c "$*"; fi',
                "cat <<'END'",
                f"You are in {self.directory}: one directory per host, and inventory.json. Five things to try:",
                to_try,
                "",
                "`exit` leaves this shell. The demo runs on until Ctrl-C in its own terminal.",
                "END",
                'exec "${SHELL:-/bin/sh}"',
                "",
            ]
        )
