# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a playbook uses it: one kong.conf over a change of mind, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible import Run, run_module, run_playbook
from tests.certificates import cluster_certificate
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
    cluster_certificate().write(tmp_path)
    (tmp_path / "kong.conf").write_text(CONF.format(directory=tmp_path))
    return tmp_path


def whole(directory: Path, options: str) -> str:
    """The options with those that say where kong.conf and the gateway are, as a mapping of YAML; without a gateway
    where the options give its version."""
    kong = f"{directory}/kong" if "gateway_version" not in options else "/none/such/kong"
    return f"{{path: '{directory}/kong.conf', kong_command: '{kong}', {options}}}"


def run(directory: Path, options: str) -> dict[str, Any]:
    """Run the module by itself."""
    return run_module("cluster_fallback_config", yaml.safe_load(whole(directory, options)))


def play(directory: Path, options: str, *arguments: str) -> Run:
    """Run the module in a playbook, where Ansible shows the diff and all that it knows."""
    playbook = f"""
        - hosts: localhost
          gather_facts: false
          tasks:
            - name: Configure
              kongops.fallback.cluster_fallback_config: {whole(directory, options)}
        """
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

    draft = run(directory, f"{BACKUP_NODE}, {DRAFT}")
    assert settings(directory) == {
        "cluster_fallback_config": "on",
        "cluster_fallback_config_storage": "s3://kong-fallback/prod",
        "cluster_fallback_config_exporter": "on",
    }
    assert draft["parameter_names"] == "draft"
    assert "Gateway 3.1.1.6 has no fallback configuration" in str(draft["warnings"])

    answers = [
        run(directory, options)
        for options in (BACKUP_NODE, BACKUP_NODE, f"{BACKUP_NODE}, export_delay: 5", "state: absent")
    ]
    assert [answer["changed"] for answer in answers] == [True, False, True, True]
    released = answers[0]
    assert released["settings"] == {
        "cluster_fallback_config_import": "off",
        "cluster_fallback_config_storage": "s3://kong-fallback/prod",
        "cluster_fallback_config_export": "on",
    }
    assert released["removed"] == ["cluster_fallback_config", "cluster_fallback_config_exporter"]
    assert released["gateway_version"] == "3.11.0.14"
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

    checked = play(directory, f"{BACKUP_NODE}, backup: true", "--check", "--diff", "-vvv")
    assert (directory / "kong.conf").read_bytes() == before
    assert "+cluster_fallback_config_export = on" in checked.output
    assert "conf-canary" not in checked.output

    done = play(directory, f"{BACKUP_NODE}, backup: true", "--diff")
    assert changed_lines(done) == changed_lines(checked)
    assert Path(done["Configure"]["backup_file"]).read_bytes() == before


def test_mode_and_symbolic_link_survive(directory: Path) -> None:
    real = directory / "kong.conf.real"
    (directory / "kong.conf").rename(real)
    (directory / "kong.conf").symlink_to(real)
    real.chmod(0o640)

    assert run(directory, BACKUP_NODE)["changed"]

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
    (f"{BACKUP_NODE}, validate: /bin/false %s", "refuses the new configuration, so the file is unchanged"),
    ("node_role: backup_node", "storage"),
    (f"{BACKUP_NODE}, path: /nowhere/kong.conf", "/nowhere/kong.conf does not exist"),
]


@pytest.mark.parametrize(("options", "reason"), REFUSED)
def test_what_cannot_work_is_refused_in_one_sentence_and_the_file_stays(
    directory: Path, options: str, reason: str
) -> None:
    before = (directory / "kong.conf").read_bytes()

    refused = run(directory, options)

    assert refused["failed"]
    assert any(part in refused["msg"] for part in reason.split("|")), refused["msg"]
    assert "Traceback" not in refused["printed"]
    assert (directory / "kong.conf").read_bytes() == before


def test_what_the_gateway_says_of_a_secret_is_not_repeated(directory: Path) -> None:
    checker = directory / "talkative-check"
    checker.write_text('#!/bin/sh\ncat "$1" >&2\nexit 1\n')
    checker.chmod(0o755)
    refused = play(directory, f"{BACKUP_NODE}, validate: '{checker} %s'", "-vvv")
    assert "pg_password = ********" in refused["Configure"]["msg"]
    assert "conf-canary" not in refused.output


def test_the_open_source_gateway_is_refused(directory: Path) -> None:
    install(directory, "3.9.1", edition="open source")
    assert "open-source gateway" in run(directory, BACKUP_NODE)["msg"]


def test_an_override_by_the_environment_is_refused(directory: Path) -> None:
    (directory / "gateway.env").write_text("KONG_CLUSTER_FALLBACK_CONFIG_EXPORT=off\n")
    refused = run(directory, f"{BACKUP_NODE}, environment_files: ['{directory}/gateway.env']")
    assert "KONG_CLUSTER_FALLBACK_CONFIG_EXPORT" in refused["msg"]


def test_a_role_that_only_the_environment_gives_counts(directory: Path) -> None:
    conf = directory / "kong.conf"
    conf.write_text(conf.read_text().replace("role =", "# role ="))
    (directory / "gateway.env").write_text("KONG_ROLE=control_plane\n")
    done = run(
        directory,
        f"{BACKUP_NODE}, environment_files: ['{directory}/gateway.env'], validate: '{directory}/kong check %s'",
    )
    assert done["changed"]
