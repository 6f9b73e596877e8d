# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rclone's S3 front: the negative control. It ignores conditional writes and checksums, and has no IAM."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import LOOPBACK, free_port, is_free
from tests.servers.process import running
from tests.servers.s3 import S3Server, new_root, program


@contextmanager
def rclone() -> Iterator[S3Server]:
    """An rclone S3 server on a fresh directory."""
    port = free_port()
    root = new_root()
    with tempfile.TemporaryDirectory(prefix="rclone-") as name:
        directory = Path(name)
        (directory / "data").mkdir()
        log = directory / "rclone.log"
        command = [program("rclone"), "serve", "s3", "--addr", f"{LOOPBACK}:{port}", directory / "data"]
        environment = {
            "RCLONE_AUTH_KEY": f'"{root.access_key_id},{root.secret_access_key}"',
            "RCLONE_CONFIG": str(directory / "rclone.conf"),
        }
        with running(command, lambda: not is_free(port), log, environment) as pid:
            yield S3Server("rclone", f"http://{LOOPBACK}:{port}", root, pid, log)
