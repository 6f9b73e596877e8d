# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rings of docs/architecture.md: the core knows neither adapters nor libraries, and imports point inwards only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter

from tests.checkout import CHECKOUT

ADAPTERS = {
    *("_deadline", "_disk"),
    *("_node.host", "_node.files", "_node.gateway_process", "_node.error_log", "_node.status_listener"),
    *("_node.command", "_node.cluster_certificate"),
    *(
        "_node.credential_sources",
        "_node.snapshot_download",
        "_node.config_parse",
        "_node.private_work",
        "_node.program",
        "_node.access_token",
    ),
    *("_storage.aws", "_storage.bucket", "_storage.iam", "_storage.key_ring", "_storage.probe"),
    *("_storage.secret_store", "_storage.transport"),
    *("_snapshot.store", "_snapshot.services", "_snapshot.s3_objects", "_snapshot.google_objects"),
    *("_snapshot.azure_objects", "_lock.keeper", "_lock.store", "_drill.second_gateway", "_archive.keys"),
    "_archive.store",
    *("_audit.trend_file", "_audit.application"),
}
USE_CASES = {
    *("_node.snapshot_import", "_snapshot.publication", "_snapshot.verification", "_storage.credentials"),
    *("_archive.archiving", "_audit.watch"),
}
SHELLS = {
    *("_node.first_boot_task", "_storage.bucket_task", "_storage.credentials_task", "_archive.archive_task"),
    "_audit.watch_program",
}
OUTSIDE = {
    *("ansible", "azure", "boto3", "botocore", "cryptography", "fcntl", "google", "http", "os", "requests", "select"),
    *("signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time"),
}

OURS = "ansible_collections.kongops.fallback.plugins."
ROOMS = CHECKOUT / "plugins" / "module_utils"
FILES = {".".join(file.relative_to(ROOMS).with_suffix("").parts): file for file in ROOMS.rglob("*.py")}
CORE = FILES.keys() - ADAPTERS - USE_CASES - SHELLS


def imported(file: str) -> Iterator[str]:
    """Everything that a file imports, by its whole name."""
    for node in ast.walk(ast.parse(FILES[file].read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def imports(file: str) -> set[str]:
    """The files of module_utils that a file imports."""
    names = [f"{name}." for name in imported(file)]
    return {other for other in FILES for name in names if name.startswith(f"{OURS}module_utils.{other}.")}


def test_the_core_imports_only_the_core_and_no_library_that_reaches_out() -> None:
    assert {file: outer for file in CORE if (outer := imports(file) - CORE)} == {}
    assert [(file, name) for file in CORE for name in imported(file) if name.split(".")[0] in OUTSIDE] == []


def test_every_file_of_an_outer_ring_is_there() -> None:
    assert FILES.keys() >= ADAPTERS | USE_CASES | SHELLS


def test_adapters_import_no_use_case_and_nothing_imports_a_module() -> None:
    assert {file: outer for file in ADAPTERS if (outer := imports(file) - CORE - ADAPTERS)} == {}
    assert [file for file in FILES for name in imported(file) if name.startswith(f"{OURS}modules")] == []


def test_there_is_no_circle() -> None:
    TopologicalSorter({file: imports(file) for file in FILES}).prepare()


def test_the_drawing_has_every_file_with_its_ring() -> None:
    drawing = (CHECKOUT / "docs/architecture.md").read_text().split("```")[3]
    marks = {"*": ADAPTERS, "°": USE_CASES}
    drawn: dict[str, set[str]] = {"": set(), "*": set(), "°": set()}
    room = ""
    for word in drawing.split():
        if word.endswith("/"):
            room = f"{word[:-1]}."
        else:
            mark = word[-1] if word[-1] in marks else ""
            drawn[mark].add(("" if word.startswith("_") else room) + word.removesuffix(mark))
    assert drawn["*"] == ADAPTERS
    assert drawn["°"] == USE_CASES
    assert drawn[""] == CORE
