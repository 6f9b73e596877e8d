# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles backup_node and data_plane, as an operator meets them over the life of a fleet."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ansible import Run
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DATABASE_PASSWORD
from tests.servers import S3Server

PLAYBOOK = "kongops.fallback.nodes"


def contents(directory: Path) -> dict[Path, bytes]:
    """Every file that the collection may write, with what is in it."""
    return {file: file.read_bytes() for file in sorted(directory.glob("*/etc/**/*")) if file.is_file()}


@dataclass(frozen=True)
class State:
    """What the collection may change: every file of the hosts, and which processes their gateways are."""

    files: Mapping[Path, bytes]
    pids: tuple[int | None, ...]


def state(cluster: Cluster) -> State:
    return State(contents(cluster.fleet.directory), tuple(host.pid for host in cluster.fleet.hosts))


@dataclass(frozen=True)
class Life:
    """A backup node and a data plane from their first run to their last, and how each run left them."""

    cluster: Cluster
    runs: Mapping[str, Run]
    states: Mapping[str, State]
    readable: Mapping[Path, int]
    """The files that have held a secret, with their modes."""

    @property
    def secrets(self) -> list[str]:
        """What no output may show."""
        fleet = self.cluster.fleet
        keys = [group["kong_fallback_secret_access_key"] for group in (fleet.backup_node, fleet.data_plane)]
        return [DATABASE_PASSWORD, *keys]


OF_THE_OPERATOR = {
    "AWS_PROFILE": "operator",
    "AWS_SESSION_TOKEN": "token-of-the-operator",
    "AWS_REGION": "us-west-2",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}
ABSENT = ("-e", "kong_fallback_state=absent")
RUNS: Mapping[str, tuple[str, ...]] = {
    "predicted": ("--check",),
    "first": (),
    "second": (),
    "refused": ("-e", "kong_fallback_storage=s3://none-such/prod", "--limit", "dp1"),
    "absent": ABSENT,
    "absent again": ABSENT,
}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[Life]:
    """The runs have a controller with credentials of its own, show all they know, and write systemd's files too."""
    with running_cluster(tmp_path_factory.mktemp("life"), moto_iam_server) as cluster:
        cluster.new_data_plane("dp1")
        units = f"{cluster.fleet.directory}/{{{{ inventory_hostname }}}}/etc/systemd/system"
        systemd = ("-e", "kong_fallback_service=kong", "-e", f"kong_fallback_systemd_directory={units}")
        life = Life(cluster, runs := {}, states := {"before": state(cluster)}, readable := {})
        for name, arguments in RUNS.items():
            runs[name] = cluster.fleet.play(
                PLAYBOOK, "-vvv", "--diff", *systemd, *arguments, environment=OF_THE_OPERATOR
            )
            states[name] = state(cluster)
            readable |= {file: mode for secret in life.secrets for file, mode in holders(cluster, secret).items()}
        yield life


def holders(cluster: Cluster, secret: str) -> dict[Path, int]:
    """The files that hold a secret, without kong.conf, whose mode is the operator's; and their modes."""
    files = (file for file in cluster.fleet.directory.rglob("*") if file.is_file() and file.name != "kong.conf")
    return {file: stat.S_IMODE(file.stat().st_mode) for file in files if secret.encode() in file.read_bytes()}


def test_check_mode_on_a_virgin_fleet_predicts_and_touches_nothing(life: Life) -> None:
    run = life.runs["predicted"]
    assert run.code == 0, run.output
    assert run.changes == {"cp1": 1, "dp1": 1, "localhost": 0}
    assert "+cluster_fallback_config_export = on" in run.output
    assert "+cluster_fallback_config_import = on" in run.output
    assert life.states["predicted"] == life.states["before"]


def test_credentials_of_the_controller_do_not_get_into_the_proofs(life: Life) -> None:
    assert life.runs["first"].code == 0, life.runs["first"].output


def test_systemd_is_told_of_the_environment_file(life: Life) -> None:
    host = life.cluster.fleet.directory / "dp1"
    drop_in = life.states["first"].files[host / "etc/systemd/system/kong.service.d/kong-fallback.conf"].decode()
    assert drop_in.endswith(f"[Service]\nEnvironmentFile={host}/etc/kong/fallback.env\n")


def test_a_second_run_changes_and_restarts_nothing(life: Life) -> None:
    second = life.runs["second"]
    assert second.code == 0, second.output
    assert second.changes == {"cp1": 0, "dp1": 0, "localhost": 0}
    assert life.states["second"] == life.states["first"]


def test_state_absent_leaves_the_files_as_they_were(life: Life) -> None:
    assert life.runs["absent"].code == 0, life.runs["absent"].output
    assert life.states["absent"].files == life.states["before"].files
    assert life.runs["absent again"].changes == {"cp1": 0, "dp1": 0, "localhost": 0}


def test_no_secret_appears_in_any_output_or_in_a_file_that_others_can_read(life: Life) -> None:
    assert life.runs["refused"].code != 0
    shown = [(name, secret) for name, run in life.runs.items() for secret in life.secrets if secret in run.output]
    assert shown == []
    assert len(life.readable) > 2
    assert {file: mode for file, mode in life.readable.items() if mode != 0o600} == {}


def test_a_gateway_that_was_not_restarted_after_a_change_is_restarted_by_the_next_run(cluster: Cluster) -> None:
    data_plane = cluster.new_data_plane("dp1")
    data_plane.start()
    pid = data_plane.pid
    cluster.export()
    interrupted = cluster.fleet.play("kongops.fallback.data_plane", "-e", "kong_fallback_restart_command=/bin/false")
    assert interrupted.code != 0
    assert data_plane.pid == pid

    run = cluster.fleet.play("kongops.fallback.data_plane")

    assert run.code == 0, run.output
    assert data_plane.pid not in (pid, None)


def test_taking_out_a_node_whose_gateway_is_stopped_does_not_start_it(cluster: Cluster) -> None:
    data_plane = cluster.new_data_plane("dp1")

    run = cluster.fleet.play("kongops.fallback.data_plane", "-e", "kong_fallback_state=absent")

    assert run.code == 0, run.output
    assert data_plane.pid is None


SEED_SETTINGS = """\
cluster_fallback_config: on
cluster_fallback_config_storage: $AWS_STORAGE_ENDPOINT
cluster_fallback_config_exporter = on
"""
SEED_ENVIRONMENT = """\
    export  AWS_REGION: '$AWS_REGION'
    export  AWS_DEFAULT_REGION: '$AWS_DEFAULT_REGION'
    export  AWS_ACCESS_KEY_ID: $AWS_ACCESS_KEY_ID
    export  AWS_SECRET_ACCESS_KEY: $AWS_SECRET_ACCESS_KEY
"""


def test_the_text_of_the_draft_documentation_is_diagnosed_line_by_line_and_repaired(cluster: Cluster) -> None:
    host = cluster.control_plane
    original = host.kong_conf.read_text()
    host.kong_conf.write_text(original + SEED_SETTINGS + SEED_ENVIRONMENT)
    host.environment_file.write_text(SEED_ENVIRONMENT)
    first = len(original.splitlines()) + 1
    look = cluster.fleet.directory / "look.yml"
    look.write_text(
        f"""\
- hosts: kong_backup_node
  gather_facts: false
  tasks:
    - kongops.fallback.cluster_fallback_config_info:
        path: "{{{{ kong_fallback_kong_conf }}}}"
        kong_command: "{{{{ kong_fallback_kong_command }}}}"
        environment_files: ["{{{{ kong_fallback_environment_file }}}}"]
      register: found
    - ansible.builtin.copy:
        content: "{{{{ found | to_json }}}}"
        dest: {cluster.fleet.directory}/found.json
        mode: "0600"
    - ansible.builtin.assert:
        that: found.works
"""
    )

    assert cluster.fleet.play(look).code != 0
    found = (cluster.fleet.directory / "found.json").read_text()
    lines = {(finding["path"], finding["line"]) for finding in json.loads(found)["findings"]}
    assert {(str(host.kong_conf), first + number) for number in range(7)} <= lines
    assert {(str(host.environment_file), 1 + number) for number in range(4)} <= lines

    repaired = cluster.fleet.play("kongops.fallback.backup_node")
    assert repaired.code == 0, repaired.output
    assert cluster.fleet.play(look).code == 0
    assert "AWS_" not in host.kong_conf.read_text()
    assert "cluster_fallback_config:" not in host.kong_conf.read_text()
    assert "export" not in host.environment_file.read_text()


def test_a_configuration_that_the_gateway_refuses_is_never_put_in_place(cluster: Cluster) -> None:
    data_plane = cluster.new_data_plane("dp1")
    (data_plane.kong_conf.parent / "cluster.crt").unlink()
    before = data_plane.kong_conf.read_bytes()

    run = cluster.fleet.play("kongops.fallback.data_plane")

    assert run.code != 0
    refused = f"The gateway refuses the new configuration of {data_plane.kong_conf}, so nothing was written"
    assert refused in run.reasons["dp1"]
    assert data_plane.kong_conf.read_bytes() == before


def test_an_exporter_that_cannot_write_is_found_out(cluster: Cluster) -> None:
    cluster.fleet.backup_node |= {**cluster.fleet.data_plane, "kong_fallback_proof_timeout": 10}

    run = cluster.fleet.play("kongops.fallback.backup_node")

    assert run.code != 0
    assert run.reasons["cp1"].startswith("cp1 exports nothing that a data plane could import: There is no snapshot")


def test_missing_credentials_are_named_before_anything_is_written(cluster: Cluster) -> None:
    before = contents(cluster.fleet.directory)
    cluster.fleet.backup_node.pop("kong_fallback_secret_access_key")

    run = cluster.fleet.play("kongops.fallback.backup_node")

    assert run.code != 0
    assert "cp1 has no credentials for s3://" in run.reasons["cp1"]
    assert contents(cluster.fleet.directory) == before
