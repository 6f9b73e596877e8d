# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has the title of a gateway's master (fact 2.13), for tests in which nothing has to be served."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def nginx_master(prefix: Path) -> Iterator[int]:
    """Its process id, which the pid file of ``prefix`` has."""
    title = f"nginx: master process /usr/local/openresty/nginx/sbin/nginx -p {prefix} -c nginx.conf"
    process = subprocess.Popen([title, "600"], executable=shutil.which("sleep"), stdin=subprocess.DEVNULL)
    try:
        pid_file = prefix / "pids/nginx.pid"
        pid_file.parent.mkdir(parents=True, exist_ok=True)
        pid_file.write_text(f"{process.pid}\n")
        yield process.pid
    finally:
        process.kill()
        process.wait()
