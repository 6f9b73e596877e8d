# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fork of the warm Python runs a program as a Python of its own would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ansible.warm_python import quick_startup
from tests.servers.process import is_running
from tests.waiting import until

SEEN = """
import atexit, json, os, sys
atexit.register(print, "the last words")
environment = {name: value for name, value in os.environ.items() if name != "WARM_PYTHON"}
print(json.dumps([environment, os.getcwd(), os.getsid(0) == os.getpid(), sys.argv, sys.path, __name__]))
print(sys.stdin.read(), sys.stdin.encoding, sys.stdout.encoding, sys.stdout.errors, file=sys.stderr)
"""


def python(program: str, environment: dict[str, str], directory: Path) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **environment, "GIVEN": "a=b"}
    return subprocess.run(
        [sys.executable], input=program, env=given, cwd=directory, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "sys.exit('a reason')", "sys.exit()", "sys.exit(256)"])
def test_a_fork_sees_and_leaves_what_a_process_would(end: str, tmp_path: Path) -> None:
    warm = python(SEEN + end, quick_startup(), tmp_path)
    cold = python(SEEN + end, {**quick_startup(), "WARM_PYTHON": ""}, tmp_path)
    assert "the last words" in warm.stdout
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_a_fork_has_the_imports_of_modules_and_nothing_of_the_controller_or_of_the_tests(tmp_path: Path) -> None:
    program = "import sys\nassert 'boto3' in sys.modules\nimport {}"
    assert python(program.format("ansible.module_utils.basic"), quick_startup(), tmp_path).returncode == 0
    for name in ("ansible.constants", "tests", "ansible_collections.kongops"):
        missing = python(program.format(name), quick_startup(), tmp_path)
        assert missing.returncode == 1
        assert f"No module named '{name.partition('.')[0]}" in missing.stderr


def test_a_fork_ends_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    program = f"import os, time\nopen('{tmp_path}/pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    with subprocess.Popen([sys.executable], stdin=subprocess.PIPE, env={**os.environ, **quick_startup()}) as process:
        assert process.stdin
        process.stdin.write(program.encode())
        process.stdin.close()
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 30)
        process.kill()
    until(lambda: not is_running(int((tmp_path / "pid").read_text())), 30)
