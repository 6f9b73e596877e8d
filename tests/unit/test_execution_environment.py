# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment: its context can be made, and holds what the tests ran with, nothing unpinned."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import CHECKOUT

COLLECTIONS = CHECKOUT / ".venv" / "collections"
BUILDER = Path(sys.executable).with_name("ansible-builder")
FILES = "additional_build_files"
DEFINITION: dict[str, Any] = yaml.safe_load((CHECKOUT / "execution-environment.yml").read_text())["dependencies"]


def builder(*arguments: str | Path, home: Path, folder: Path = CHECKOUT) -> str:
    done = subprocess.run(
        [BUILDER, *arguments], cwd=folder, env={"HOME": str(home)}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ee")
    builder("create", "--output-filename", "Containerfile", "--context", folder / "context", home=folder)
    return folder / "context"


def test_the_context_has_a_containerfile_for_the_image_that_is_named(context: Path) -> None:
    lines = (context / "Containerfile").read_text().splitlines()
    assert 'ARG EE_BASE_IMAGE="quay.io/centos/centos:stream9"' in lines
    assert any("ansible-core==2.19.14" in line for line in lines)


def test_the_collections_are_those_that_the_tests_ran_with(context: Path) -> None:
    wanted = yaml.safe_load((context / "_build/requirements.yml").read_text())["collections"]
    ours = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())
    tested = {f"{ours['namespace']}.{ours['name']}": ours["version"]}
    for name in ("amazon.aws", "awx.awx"):
        manifest = COLLECTIONS / "ansible_collections" / name.replace(".", "/") / "MANIFEST.json"
        tested[name] = json.loads(manifest.read_text())["collection_info"]["version"]
    assert {one["name"]: one["version"] for one in wanted} == tested


def test_an_artifact_comes_into_the_context_as_the_page_says(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs/awx.md").read_text()
    (told,) = (each for each in map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", page, re.S)) if FILES in each)
    definition = yaml.safe_load((CHECKOUT / "execution-environment.yml").read_text())
    (ours,) = told["dependencies"]["galaxy"]["collections"]
    listed = definition["dependencies"]["galaxy"]["collections"]
    definition["dependencies"]["galaxy"]["collections"] = [ours, *listed[1:]]
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump({**definition, FILES: told[FILES]}))
    (tmp_path / told[FILES][0]["src"]).write_bytes(b"an artifact")

    builder("create", "--output-filename", "Containerfile", "--context", "context", home=tmp_path, folder=tmp_path)

    assert (tmp_path / "context/_build" / ours["name"]).read_bytes() == b"an artifact"


def test_every_python_package_is_pinned_to_the_lock() -> None:
    asked = [DEFINITION["ansible_core"]["package_pip"], DEFINITION["ansible_runner"]["package_pip"]]
    lock = (CHECKOUT / "requirements.lock").read_text()
    for requirement in asked + DEFINITION["python"]:
        assert re.search(rf"^{re.escape(requirement)}[ \\]", lock, re.MULTILINE), requirement


def test_nothing_else_comes_along_with_the_collections(tmp_path: Path) -> None:
    told = yaml.safe_load(builder("introspect", COLLECTIONS, home=tmp_path))
    asked = [line for kind in ("python", "system") for line in told[kind]]
    excluded = DEFINITION["exclude"]["all_from_collections"]
    left = [line for line in asked if line.rpartition(" ")[2] not in excluded]
    assert [line.split()[0] for line in left] == ["boto3>=1.36.0", "botocore>=1.36.0", "cryptography>=41.0.0"]
    pinned = {requirement.partition("==")[0] for requirement in DEFINITION["python"]}
    assert pinned == {"boto3", "botocore", "cryptography"}
