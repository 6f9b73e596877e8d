# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto: AWS's API in Python. IAM decides once it is told to; it ignores the conditions of a policy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.servers.ports import LOOPBACK, free_port
from tests.servers.process import answers, running
from tests.servers.s3 import S3Server, allow, new_root, program
from tests.web import ask


@contextmanager
def moto(
    enforce_iam: bool = False, address: str = LOOPBACK, launcher: Sequence[str | Path] = (), port: int = 0
) -> Iterator[S3Server]:
    """A moto server with an IAM user ``root``; with ``enforce_iam`` only IAM users get in, by their policies.

    ``launcher`` is a command that starts it elsewhere, where ``address`` is its own. ``port`` is that of one before it.
    """
    port = port or free_port()
    url = f"http://{address}:{port}"
    with tempfile.TemporaryDirectory(prefix="moto-") as directory:
        log = Path(directory, "moto.log")
        command = [*launcher, program("moto_server"), "-H", address, "-p", str(port)]
        with running(command, lambda: answers(f"{url}/moto-api/data.json"), log) as pid:
            anyone = S3Server("moto", url, new_root(), pid, log)
            server = replace(anyone, root=anyone.create_identity("root", allow(["*"], ["*"])))
            if enforce_iam:
                enforce(server)
            yield server


def enforce(server: S3Server) -> None:
    """From now on IAM decides; users that exist keep their keys and policies."""
    answer = ask(f"{server.endpoint_url}/moto-api/reset-auth", "POST", b"0", {"Content-Type": "text/plain"})
    assert answer.is_success, answer
