# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a playbook uses it: one kong.conf over a change of mind, and what it refuses."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.ansible import Run, run_playbook
from tests.stand_in.install import install

CONF = """\
# a control plane
role = control_plane            # hybrid mode
pg_password = conf-canary-0b77
cluster_cert = {directory}/cluster.crt
cluster_cert_key = {directory}/cluster.key
log_level = notice
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A host with a gateway and a kong.conf."""
    install(tmp_path, "3.11.0.14")
    for name in ("cluster.crt", "cluster.key"):
        (tmp_path / name).write_text("stands for a certificate\n")
    (tmp_path / "kong.conf").write_text(CONF.format(directory=tmp_path))
    return tmp_path


def run(directory: Path, *tasks: str, arguments: tuple[str, ...] = ()) -> Run:
    """Run the module once for each line of options, named by its number, later ones also after a failure."""
    playbook = "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
    for number, options in enumerate(tasks):
        playbook += textwrap.indent(
            f"- name: task {number}\n"
            "  kongops.fallback.cluster_fallback_config:\n"
            f"    {{path: '{directory}/kong.conf', kong_command: '{directory}/kong', {options}}}\n"
            "  ignore_errors: true\n",
            "    ",
        )
    return run_playbook(playbook, directory / "run", *arguments)


BACKUP_NODE = "node_role: backup_node, storage: 's3://kong-fallback/prod'"
DATA_PLANE = "node_role: data_plane, storage: 's3://kong-fallback/prod'"
DRAFT = "parameter_names: draft, gateway_version: 3.1.1.6"


def settings(directory: Path) -> dict[str, str]:
    """The fallback settings that a person sees in the file."""
    lines = (directory / "kong.conf").read_text().splitlines()
    pairs = [line.split(" = ") for line in lines if line.startswith("cluster_fallback")]
    return dict(pairs)


def changed_lines(finished: Run) -> list[str]:
    """The lines of a diff that say what changes."""
    return [line for line in finished.output.splitlines() if line.startswith(("+cluster", "-cluster"))]


def test_draft_names_give_exactly_the_draft_and_released_names_replace_them(directory: Path) -> None:
    before = (directory / "kong.conf").read_text()

    first = run(directory, f"{BACKUP_NODE}, {DRAFT}")
    assert settings(directory) == {
        "cluster_fallback_config": "on",
        "cluster_fallback_config_storage": "s3://kong-fallback/prod",
        "cluster_fallback_config_exporter": "on",
    }
    assert first["task 0"]["parameter_names"] == "draft"
    assert "Gateway 3.1.1.6 has no fallback configuration" in " ".join(first.output.split())

    second = run(directory, BACKUP_NODE, BACKUP_NODE, f"{BACKUP_NODE}, export_delay: 5", "state: absent")
    assert [task.result["changed"] for task in second.tasks] == [True, False, True, True]
    assert second["task 0"]["settings"] == {
        "cluster_fallback_config_import": "off",
        "cluster_fallback_config_storage": "s3://kong-fallback/prod",
        "cluster_fallback_config_export": "on",
    }
    assert second["task 0"]["removed"] == ["cluster_fallback_config", "cluster_fallback_config_exporter"]
    assert second["task 0"]["gateway_version"] == "3.11.0.14"
    assert (directory / "kong.conf").read_text() == before


def test_a_draft_data_plane_is_the_one_of_the_draft(directory: Path) -> None:
    conf = directory / "kong.conf"
    conf.write_text(
        conf.read_text().replace("control_plane ", "data_plane ") + "database = off\ncluster_control_plane = cp:8005\n"
    )

    run(directory, f"{DATA_PLANE}, {DRAFT}")

    assert settings(directory) == {
        "cluster_fallback_config": "on",
        "cluster_fallback_config_storage": "s3://kong-fallback/prod",
        "cluster_fallback_config_exporter": "off",
    }


def test_check_mode_and_diff_show_the_change_and_no_secret(directory: Path) -> None:
    before = (directory / "kong.conf").read_bytes()

    checked = run(directory, f"{BACKUP_NODE}, backup: true", arguments=("--check", "--diff", "-vvv"))
    assert (directory / "kong.conf").read_bytes() == before
    assert "+cluster_fallback_config_export = on" in checked.output
    assert "conf-canary" not in checked.output

    done = run(directory, f"{BACKUP_NODE}, backup: true", arguments=("--diff",))
    assert changed_lines(done) == changed_lines(checked)
    assert Path(done["task 0"]["backup_file"]).read_bytes() == before


def test_mode_and_symbolic_link_survive(directory: Path) -> None:
    real = directory / "kong.conf.real"
    (directory / "kong.conf").rename(real)
    (directory / "kong.conf").symlink_to(real)
    real.chmod(0o640)

    assert run(directory, BACKUP_NODE)["task 0"]["changed"]

    assert (directory / "kong.conf").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "cluster_fallback_config_export = on" in real.read_text()


REFUSED = [
    (DATA_PLANE, "role is control_plane|control plane cannot import"),
    (f"{BACKUP_NODE}, also_import: true", "control plane cannot import"),
    (BACKUP_NODE.replace("/prod", ""), "bare bucket"),
    (BACKUP_NODE.replace("s3://", "https://"), "s3://bucket/prefix|endpoint_url"),
    (f"{BACKUP_NODE.replace('s3://', 'gs://')}, gateway_version: 3.12.0.0", "does not know gs://"),
    (f"{BACKUP_NODE}, export_delay: 0", "export_delay is 0"),
    (f"{BACKUP_NODE}, gateway_version: '3.11'", "all four parts"),
    (f"{BACKUP_NODE}, kong_command: /nowhere/kong", "Cannot run /nowhere/kong"),
    (f"{BACKUP_NODE}, validate: kong check", "has no %s"),
    (f"{BACKUP_NODE}, validate: /bin/false %s", "refuses the new configuration, and the file stays as it was"),
    ("node_role: backup_node", "storage"),
    (f"{BACKUP_NODE}, path: /nowhere/kong.conf", "/nowhere/kong.conf does not exist"),
]


def test_what_cannot_work_is_refused_in_one_sentence_and_the_file_stays(directory: Path) -> None:
    before = (directory / "kong.conf").read_bytes()

    refused = run(directory, *(options for options, _reason in REFUSED))

    for number, (options, reason) in enumerate(REFUSED):
        result = refused[f"task {number}"]
        assert result.get("failed"), options
        assert any(part in result["msg"] for part in reason.split("|")), (options, result["msg"])
        assert "Traceback" not in result["msg"]
    assert (directory / "kong.conf").read_bytes() == before


def test_what_the_gateway_says_of_a_secret_is_not_repeated(directory: Path) -> None:
    checker = directory / "talkative-check"
    checker.write_text('#!/bin/sh\ncat "$1" >&2\nexit 1\n')
    checker.chmod(0o755)
    refused = run(directory, f"{BACKUP_NODE}, validate: '{checker} %s'", arguments=("-vvv",))
    assert "pg_password = ********" in refused["task 0"]["msg"]
    assert "conf-canary" not in refused.output


def test_the_open_source_gateway_is_refused(directory: Path) -> None:
    install(directory, "3.9.1", edition="open source")
    assert "open-source gateway" in run(directory, BACKUP_NODE)["task 0"]["msg"]


def test_an_override_by_the_environment_is_refused(directory: Path) -> None:
    (directory / "gateway.env").write_text("KONG_CLUSTER_FALLBACK_CONFIG_EXPORT=off\n")
    refused = run(directory, f"{BACKUP_NODE}, environment_files: ['{directory}/gateway.env']")
    assert "KONG_CLUSTER_FALLBACK_CONFIG_EXPORT" in refused["task 0"]["msg"]


def test_a_role_that_only_the_environment_gives_counts(directory: Path) -> None:
    conf = directory / "kong.conf"
    conf.write_text(conf.read_text().replace("role =", "# role ="))
    (directory / "gateway.env").write_text("KONG_ROLE=control_plane\n")
    done = run(
        directory,
        f"{BACKUP_NODE}, environment_files: ['{directory}/gateway.env'], validate: '{directory}/kong check %s'",
    )
    assert done["task 0"]["changed"]
