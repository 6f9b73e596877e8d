# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each command that a page tells a reader to type is run by a test, or has its reason why not."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._archive.keys import signing_key, verification_keys
from tests.checkout import CHECKOUT
from tests.documented_commands import PAGES, block_with, commands

INTEGRATION, UNIT = "tests/integration", "tests/unit"
RUN_BY = {
    "make demo": ".ci/run",
    "make test": ".ci/run",
    "make ee": f"{UNIT}/test_execution_environment.py",
    "#!/bin/sh": f"{UNIT}/test_commands.py",
    "openssl genpkey": f"{UNIT}/test_commands.py",
    "openssl pkey": f"{UNIT}/test_commands.py",
    "ansible-galaxy collection build": "tools/artifact.py",
    "ansible-galaxy collection install TARBALL": "tools/artifact.py",
    "ansible-inventory": f"{INTEGRATION}/test_no_login.py",
    "ansible localhost config_snapshot_info": f"{INTEGRATION}/test_config_snapshot_info.py",
    "diagnose kong_fallback_manifests": f"{INTEGRATION}/test_manifests.py",
    "ansible-rulebook --rulebook audit_on_alert": f"{INTEGRATION}/test_rulebooks.py",
    "archive": f"{INTEGRATION}/test_archive_playbook.py",
    "audit kong_fallback_report_directory": f"{INTEGRATION}/test_audit.py",
    "awx kong_fallback_awx_organization kong_fallback_awx_image": f"{INTEGRATION}/test_awx.py",
    "awx kong_fallback_awx_collection kong_fallback_awx_organization": f"{INTEGRATION}/test_awx.py",
    "awx kong_fallback_awx_write_to": f"{INTEGRATION}/test_awx.py",
    "backup_node": f"{INTEGRATION}/test_backup_nodes.py",
    "data_plane --limit": f"{INTEGRATION}/test_outage.py",
    "data_plane kong_fallback_serial": f"{INTEGRATION}/test_rollout.py",
    "failover kong_fallback_import_from": f"{INTEGRATION}/test_failover.py",
    "outage_drill kong_fallback_canary_host": f"{INTEGRATION}/test_outage_drill.py",
    "promote kong_fallback_from_version kong_fallback_to_version": f"{INTEGRATION}/test_snapshot_playbooks.py",
    "rollback kong_fallback_gateway_version kong_fallback_from_version_id": f"{INTEGRATION}/test_snapshot_playbooks.py",
    "rotate_credentials": f"{INTEGRATION}/test_site.py",
    "site": f"{INTEGRATION}/test_site.py",
    "site --check --diff": f"{INTEGRATION}/test_site.py",
    "storage": f"{INTEGRATION}/test_storage_playbooks.py",
    "storage --check --diff": f"{INTEGRATION}/test_storage_playbooks.py",
    "upgrade_check kong_fallback_to_version": f"{INTEGRATION}/test_snapshot_playbooks.py",
    "verify": f"{INTEGRATION}/test_outage.py",
    "verify kong_fallback_canary": f"{INTEGRATION}/test_snapshot_playbooks.py",
}
"""For each command, without its values, the file that runs it."""

NOT_RUN = {
    "ansible-galaxy collection install kongops.fallback": "the collection is not on Galaxy yet",
    "ansible-galaxy collection install awx.awx": "Galaxy is not within reach; `make env` unpacks this collection",
    "python3 -m pip install": "it would change the Python of this machine; `make env` installs both into its own",
    "pip install ansible-rulebook boto3": "its dependencies are pinned; the tests install them from `tools/eda.lock`",
    "git clone": "GitHub is not within reach; `make release` is tried in a clone of the checkout",
    "ansible-builder build": "it takes a container engine and a registry; `make ee` creates the context",
    "podman push": "it takes a registry",
}
"""For each command that no test runs, the reason."""

PROGRAMS = {
    *("ansible", "ansible-galaxy", "ansible-playbook", "ansible-rulebook", "make", "openssl"),
    *("--rulebook", "localhost", "TARBALL", "#!/bin/sh"),
}
TYPED = sorted({command for page in PAGES for command in commands(page)})


def words_of(file: Path) -> set[str]:
    """The words of all texts in a program, and the names of its arguments."""
    text = file.read_text()
    if file.suffix != ".py":
        return set(re.findall(r"\w+", text))
    nodes = list(ast.walk(ast.parse(text)))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in prose]
    texts = [node.value for node in constants if isinstance(node.value, str)]
    names = {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    words = {word for text in texts for word in re.split(r"[\s=]+", text)}
    return names | {word.removeprefix("kongops.fallback.") for word in words}


def shape(command: str) -> str:
    """A command without the values that a reader replaces: playbook, variables and flags."""
    words = shlex.split(command)
    if words[0] != "ansible-playbook":
        known = sorted((*RUN_BY, *NOT_RUN), key=len, reverse=True)
        plain = re.sub(r"/\S+[.]tar[.]gz$", "TARBALL", command)
        plain = re.sub(r"(?<=localhost )-m |kongops[.]fallback[.](?=\w)", "", plain)
        return next((each for each in known if plain.startswith(each)), command)
    inventory = words.index("-i") if "-i" in words else len(words)
    words = words[:inventory] + words[inventory + 2 :]
    variables = [words[at + 1].partition("=")[0] for at, word in enumerate(words) if word == "-e"]
    flags = [word for word in words if word.startswith("--")]
    name = words[1].removeprefix("kongops.fallback.")
    playbook = name if name != words[1] else f"ansible-playbook {name}"
    return " ".join((playbook, *variables, *flags))


@pytest.mark.parametrize("command", TYPED)
def test_a_command_is_run_by_a_test_or_has_its_reason(command: str) -> None:
    assert (shape(command) in RUN_BY) != (shape(command) in NOT_RUN), shape(command)


@pytest.mark.parametrize(("command", "file"), RUN_BY.items(), ids=list(RUN_BY))
def test_the_file_that_runs_a_command_has_all_its_words(command: str, file: str) -> None:
    assert [word for word in command.split() if word not in PROGRAMS and word not in words_of(CHECKOUT / file)] == []


def test_each_row_is_a_command_of_a_page() -> None:
    assert sorted({shape(command) for command in TYPED}) == sorted((*RUN_BY, *NOT_RUN))


def test_the_keys_of_the_page_on_the_archive_sign_and_verify(tmp_path: Path) -> None:
    subprocess.run(
        ["sh", "-ec", block_with("docs/archive.md", "openssl genpkey")], cwd=tmp_path, check=True, timeout=60
    )
    assert (tmp_path / "archive.key").stat().st_mode & 0o077 == 0
    key = signing_key((tmp_path / "archive.key").read_text(), "archive.key")
    assert verification_keys((tmp_path / "archive.pub").read_text()).verify(b"entry", key.sign(b"entry"))


def test_the_restart_script_of_the_guide_hands_the_environment_file_to_kong(tmp_path: Path) -> None:
    (tmp_path / "fallback.env").write_text("AWS_REGION=eu-central-1\nAWS_SECRET_ACCESS_KEY='with $ and blank'\n")
    kong = tmp_path / "kong"
    kong.write_text('#!/bin/sh\necho "$@" "$AWS_REGION" "$AWS_SECRET_ACCESS_KEY"\n')
    kong.chmod(0o755)
    script = block_with("docs/guide.md", "#!/bin/sh").replace("/etc/kong", str(tmp_path))
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run(["sh", "-c", script], env=environment, check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout == f"restart -c {tmp_path}/kong.conf eu-central-1 with $ and blank\n"
