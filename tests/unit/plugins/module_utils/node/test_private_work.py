# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that is bounded and leaves nothing; the module's integration test kills it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.private_work import Late, work_in

# The pytest process may have threads; the module that forks has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def test_everything_that_it_tells_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "private"

    def work() -> Iterator[bytes]:
        (folder / "file").write_text("secret")
        yield oct(folder.stat().st_mode & 0o777).encode()
        yield b"x" * 1_000_000

    assert work_in(str(folder), 30, work) == b"0o700" + b"x" * 1_000_000
    assert not folder.exists()


def test_it_ends_in_time_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def work() -> Iterator[bytes]:
        yield b"first"
        with subprocess.Popen(["/bin/sh", "-c", f"echo $$ > {pid}; exec sleep 600"]) as child:
            child.wait()
            yield b"never"

    started = time.monotonic()
    with pytest.raises(Late, match="did not finish within 1 seconds") as late:
        work_in(str(tmp_path / "private"), 1, work)

    assert late.value.so_far == b"first"
    assert time.monotonic() - started < 20
    assert not _runs(int(pid.read_text()))
    assert not (tmp_path / "private").exists()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_error_is_an_end_and_no_result(tmp_path: Path) -> None:
    def work() -> Iterator[bytes]:
        yield b"first"
        raise ZeroDivisionError

    with pytest.raises(OperationFailed, match="broke off"):
        work_in(str(tmp_path / "private"), 30, work)
    with pytest.raises(OperationFailed, match="make sure that this user can create that folder"):
        work_in(str(tmp_path / "none-such" / "private"), 30, lambda: [b"never"])
    assert os.listdir(tmp_path) == []
