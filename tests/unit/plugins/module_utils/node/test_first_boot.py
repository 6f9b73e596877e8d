# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first-boot check: its verdict, its unit, and a program that needs nothing but a Python as old as 3.9."""

from __future__ import annotations

import ast
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._node import first_boot_task
from ansible_collections.kongops.fallback.plugins.module_utils._node.first_boot import FirstBoot, first_boot_of
from ansible_collections.kongops.fallback.plugins.module_utils._node.first_boot_plan import (
    UNIT,
    first_boot_files,
    plan_first_boot,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.program import program_of
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import Attempt, Proof

OPTIONAL = {"yaml"}
"""What a snapshot that the gateway exported never needs."""
READ = Proof(Attempt("s3://b/p/3.11.0.14/config.json", "3.11.0.14", "eu", 1), credential_source="container", taken=True)
OPTIONS: dict[str, Any] = {
    "directory": "/usr/local/lib/kong-fallback",
    "metrics": "/var/lib/kong-fallback/first-boot.prom",
    "service": "kong",
    "systemd_directory": "/etc/systemd/system",
}


@pytest.mark.parametrize(
    ("finding", "verdict", "lines"),
    [
        (Finding("x", INFO, "By the way."), "yes", ["<6>In an outage this host would come up: yes. This node read"]),
        (Finding("x", WARNING, "Mind.", fact="2.4"), "yes", ["<6>In an outage", "<4>Mind. (fact 2.4)"]),
        (Finding("missing", ERROR, "There is none."), "no", ["<3>In an outage this host would come up: no. There is"]),
    ],
)
def test_the_verdict_is_the_first_line(finding: Finding, verdict: str, lines: list[str]) -> None:
    boot = first_boot_of(READ.with_findings(finding))
    assert boot.would_come_up == verdict
    told = list(boot.log_lines())
    assert len(told) == len(lines)
    assert all(line.startswith(start) for line, start in zip(told, lines, strict=True))


def test_the_metrics_say_how_the_proof_ended() -> None:
    text = FirstBoot("denied", "No.", "3.11.0.14", "environment").metrics(1_700_000_000.5, 1.25)
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert samples == [
        "kong_fallback_first_boot_ok 0",
        'kong_fallback_first_boot_info{outcome="denied",gateway_version="3.11.0.14",credential_source="environment"} 1',
        "kong_fallback_first_boot_timestamp_seconds 1700000000.5",
        "kong_fallback_first_boot_duration_seconds 1.25",
    ]


def test_the_program_imports_only_itself_and_the_standard_library() -> None:
    program = program_of(first_boot_task.__name__)
    assert program == program_of(first_boot_task.__name__)
    archive = zipfile.ZipFile(io.BytesIO(program))
    names = {name.removesuffix(".py").replace("/", ".") for name in archive.namelist()}
    for file in archive.namelist():
        for node in ast.walk(ast.parse(archive.read(file), feature_version=(3, 9))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                known = module in names or str(module).partition(".")[0] in sys.stdlib_module_names | OPTIONAL
                assert known, (file, module)


def test_systemd_has_nothing_against_the_unit_and_finds_it_hardened(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("systemd-analyze is not installed.")
    files = first_boot_files({**OPTIONS, "systemd_directory": str(tmp_path)})
    content = plan_first_boot(files, OPTIONS, {"timeout": 30}, b"", "/bin/true")
    for path in (files.service, files.drop_in):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_bytes(content[path])
    (tmp_path / "kong.service").write_text("[Service]\nExecStart=/bin/true\n")
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}

    def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)

    assert "kong" not in analysed("verify", "--man=no", "kong.service", UNIT).stderr
    judged = analysed("security", "--offline=yes", "--threshold=40", files.service)
    assert judged.returncode == 0, judged.stdout
