# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what the code does: codes and facts, and examples that Ansible reads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.kongops.fallback.plugins.filter.inventory_check import known_variables
from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics as metrics_in
from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics_of_storage
from ansible_collections.kongops.fallback.plugins.module_utils._node.first_boot import FirstBoot
from ansible_collections.kongops.fallback.plugins.module_utils._node.witness import Answers, import_refusals
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import judgement as _snapshot
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import (
    Attempt,
    StoreAnswer,
    answer_findings,
)
from tests.ansible.environment import clean_environment
from tests.audited_fleet import NOW, STORAGE, warned
from tests.checkout import CHECKOUT, COLLECTIONS

FACTS = set(re.findall(r"^\| (\d\.\d+) \|", (CHECKOUT / "docs/kong-facts.md").read_text(), re.MULTILINE))


def finding_codes() -> set[str]:
    """Every code with which the core makes a finding."""
    makers = {"Finding", "_about"}
    return set(_snapshot.OUTCOME_OF) | {
        argument.value
        for file in (CHECKOUT / "plugins/module_utils").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) in makers
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_every_code_has_its_section_in_the_troubleshooting_guide() -> None:
    sections = set(re.findall(r"^### (\S+)$", (CHECKOUT / "docs/troubleshooting.md").read_text(), re.MULTILINE))
    codes = finding_codes()
    assert len(codes) > 40
    assert codes - sections == set()
    assert sections - codes == set()


def test_every_fact_that_the_code_cites_exists() -> None:
    cited = {
        number
        for folder in ("plugins", "roles", "playbooks")
        for file in (CHECKOUT / folder).rglob("*.*")
        if file.suffix in (".py", ".yml")
        for numbers in re.findall(r"\(?facts? ((?:\d\.\d+(?:, | and | to )?)+)", file.read_text())
        for number in re.findall(r"\d\.\d+", numbers)
    }
    assert len(cited) > 20
    assert cited - FACTS == set()


EXAMPLES = [
    (str(file.relative_to(CHECKOUT)), textwrap.dedent(indentation + block))
    for file in (*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("roles/*/*.md"))
    for indentation, block in re.findall(r"^( *)```yaml\n(.*?)^ *```", file.read_text(), re.MULTILINE | re.DOTALL)
]


def test_ansible_reads_every_example(tmp_path: Path) -> None:
    written: dict[str, list[Path]] = {"playbook": [], "inventory": [], "part of one": []}
    for number, (page, example) in enumerate(EXAMPLES):
        content = DataLoader().load(example)
        is_playbook = isinstance(content, list) and "hosts" in content[0]
        is_inventory = isinstance(content, dict) and "all" in content
        file = tmp_path / f"{page.replace('/', '-')}-{number}.yml"
        file.write_text(example)
        written["playbook" if is_playbook else "inventory" if is_inventory else "part of one"].append(file)
    assert len(written["playbook"]) > 5
    # One process for all of them; what it objects to names the file.
    assert "ERROR" not in _said("ansible-playbook", "--syntax-check", "-i", "localhost,", *written["playbook"])
    assert written["inventory"]
    for file in written["inventory"]:
        assert _said("ansible-inventory", "-i", file, "--list") == ""


def _said(program: str, *arguments: str | Path) -> str:
    """What one of Ansible's programs objects to."""
    command = [Path(sys.executable).with_name(program), *arguments]
    environment = {**clean_environment(), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60).stderr


PAGES = [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("roles/*/*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_playbook_and_every_variable_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    playbooks = {file.stem for file in CHECKOUT.glob("playbooks/*.yml")}
    typed = re.findall(r"ansible-playbook .*?\bkongops\.fallback\.(\w+)", text)
    assert set(typed) - playbooks == set()
    # A metric begins as a variable does.
    audit = warned().audit()
    timer = metrics_of_storage(STORAGE, audit["clusters"][0]["snapshots"], NOW, is_read=True)
    told = metrics_in(audit) + FirstBoot("ok", "").metrics(0, 0) + timer
    metrics = set(re.findall(r"kong_fallback_\w+", told))
    assert set(re.findall(r"(?<![\w.])kong_fallback_\w+", text)) - known_variables() - metrics == set()


def test_the_readme_shows_what_a_data_plane_without_a_snapshot_really_says() -> None:
    location = "s3://example-kong-fallback/production/3.11.0.13/config.json"
    attempt = Attempt(location, "3.11.0.13", "eu-central-1", 1, "the key of AWS_ACCESS_KEY_ID")
    (finding,) = answer_findings(StoreAnswer(404, "NoSuchKey"), attempt)
    said = import_refusals({"dp1": Answers({"outcome": "missing", "message": finding.message})})
    assert " ".join(said) in " ".join((CHECKOUT / "README.md").read_text().split())
