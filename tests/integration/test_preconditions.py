# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known beforehand is refused beforehand, with the number of its fact: one mistake a host, or a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module
from tests.fleet import Fleet, Group, Host
from tests.stand_in.install import install
from tests.stand_in.installation import OPEN_SOURCE

RIGHT = {
    "kong_fallback_storage": "s3://kong-fallback/prod",
    "kong_fallback_region": "eu-central-1",
    "kong_fallback_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "kong_fallback_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
GOOGLE = {"kong_fallback_storage": "gcs://kong-fallback/prod"}


@dataclass(frozen=True)
class Mistake:
    """What is wrong on a host: ``conf`` is a line of its kong.conf, ``variables`` are those of the role."""

    fact: str
    says: str
    conf: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


MISTAKES = {
    "no-feature": Mistake("1.2", "has no fallback configuration, which 3.2 introduced", version="3.1.1.6"),
    "bare-bucket": Mistake("1.4", "bare bucket", variables={"kong_fallback_storage": "s3://bare-bucket"}),
    "web-address": Mistake("1.4", "s3://bucket/prefix", variables={"kong_fallback_storage": "https://minio/b/prod"}),
    "version-in-prefix": Mistake(
        "1.4", "adds itself", variables={"kong_fallback_storage": "s3://kong-fallback/live/3.11.0.14"}
    ),
    "too-old-for-gs": Mistake(
        "1.4",
        "does not know gs://",
        variables={"kong_fallback_storage": "gs://kong-fallback/prod", "kong_fallback_instance_role": True},
    ),
    "traditional": Mistake("1.5", "hybrid mode", conf="role = traditional"),
    "control-plane": Mistake("1.5", "cannot import", conf="role = control_plane"),
    "open-source": Mistake("1.6", "open-source gateway"),
    "database": Mistake("1.7", "database = off", conf="database = postgres"),
    "no-certificate": Mistake("1.7", "cluster_cert is not set", conf="cluster_cert ="),
    "no-control-plane": Mistake(
        "5.11", "cluster_control_plane is set to an empty value", conf="cluster_control_plane ="
    ),
    "no-proxy": Mistake("1.7", "proxy_listen is off", conf="proxy_listen = off"),
    "no-key": Mistake("2.1", "has no credentials", variables={"kong_fallback_secret_access_key": ""}),
    "role-denied-as-text": Mistake(
        "2.4",
        "has no credentials",
        variables={"kong_fallback_instance_role": "false", "kong_fallback_secret_access_key": ""},
    ),
    "no-scheme": Mistake("2.2", "http://host:port", variables={"kong_fallback_endpoint_url": "minio:9000"}),
    "path": Mistake("2.2", "http://host:port", variables={"kong_fallback_endpoint_url": "http://minio:9000/kong"}),
    "no-region": Mistake("2.3", "kong_fallback_region is empty", variables={"kong_fallback_region": ""}),
    "no-trust": Mistake(
        "2.5", "lua_ssl_trusted_certificate = system,/etc", variables={"kong_fallback_trusted_certificate": "/etc/ca"}
    ),
    "no-google-key": Mistake("2.8", "GCP_SERVICE_ACCOUNT", variables=GOOGLE),
    "three-parts": Mistake("3.1", "all four parts", variables={"kong_fallback_gateway_version": "3.11.0"}),
    "declarative": Mistake("4.3", "hides the imported snapshot", conf="declarative_config = /etc/kong/kong.yml"),
    "overridden": Mistake("5.11", "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT"),
}


def facts(reason: str) -> set[str]:
    """The numbers of the facts that a sentence cites."""
    return {number for cited in re.findall(r"\(facts? ([^)]*)\)", reason) for number in cited.split(", ")}


def files(host: Host) -> dict[Path, bytes]:
    """Every file of the host, with what is in it."""
    return {file: file.read_bytes() for file in host.root.rglob("*") if file.is_file()}


def test_every_mistake_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        control_plane = fleet.add_control_plane()
        hosts = {name: fleet.add_data_plane(name, control_plane, wrong.version) for name, wrong in MISTAKES.items()}
        for name, host in hosts.items():
            host.kong_conf.write_text(f"{host.kong_conf.read_text()}{MISTAKES[name].conf}\n")
            fleet.groups[f"only-{name}"] = Group([host], {**RIGHT, **MISTAKES[name].variables})
        install(hosts["open-source"].kong.parent, "3.9.1", OPEN_SOURCE)
        hosts["overridden"].environment_file.write_text("KONG_CLUSTER_FALLBACK_CONFIG_IMPORT=off\n")
        before = {name: files(host) for name, host in hosts.items()}

        # By default the first host with a mistake would stop the run for all.
        run = fleet.play("kongops.fallback.data_plane", "-e", "kong_fallback_max_fail_percentage=100")

        assert run.code != 0
        for name, wrong in MISTAKES.items():
            assert wrong.says in run.reasons[name], name
            assert wrong.fact in facts(run.reasons[name]), name
            assert files(hosts[name]) == before[name], name


def test_a_storage_inside_the_storage_of_another_cluster_is_refused(tmp_path: Path) -> None:
    with Fleet(tmp_path, variables=RIGHT) as fleet:
        control_plane = fleet.add_control_plane()
        inner = fleet.add_data_plane("dp1", control_plane)
        fleet.groups["inner"] = Group([inner], {"kong_fallback_storage": "s3://kong-fallback/prod/eu"})
        before = files(inner)

        run = fleet.play("kongops.fallback.data_plane")

        assert run.code != 0
        assert "s3://kong-fallback/prod/eu lies inside s3://kong-fallback/prod" in run.reasons["dp1"]
        assert "(fact 2.6)" in run.reasons["dp1"]
        assert files(inner) == before


def test_a_variable_that_cannot_be_worked_out_for_the_lock_ends_the_job_with_one_sentence(tmp_path: Path) -> None:
    unset = {"kong_fallback_replica_storage": "{{ a_variable_that_is_not_there }}"}
    with Fleet(tmp_path, variables={**RIGHT, **unset}) as fleet:
        control_plane = fleet.add_control_plane()
        fleet.add_data_plane("dp1", control_plane)

        run = fleet.play("kongops.fallback.data_plane")

    assert run.code != 0
    assert run.changed == []
    assert "'item' is undefined" not in run.output
    (said,) = {line.strip() for line in run.output.splitlines() if "would come up: unknown, because" in line}
    assert "'a_variable_that_is_not_there' is undefined" in said, said


EXPORTER = {"node_role": "backup_node", "storage": "s3://kong-fallback/prod"}
IMPORTER = {"node_role": "data_plane", "storage": "s3://kong-fallback/prod"}
REFUSED = [
    ("cp", {**IMPORTER, "s3_config": {"a": "b"}}, "", "(fact 1.1)"),
    ("cp", {**EXPORTER, "export_delay": 0}, "", "(fact 1.2)"),
    ("cp", {**EXPORTER, "storage": "gcs://kong-fallback/prod", "s3_config": {"a": "b"}}, "", "(fact 1.5)"),
    ("cp", {**EXPORTER, "also_import": True}, "", "(fact 1.5)"),
    ("cp", IMPORTER, "", "(fact 1.5)"),
    ("cp", {**EXPORTER, "storage": "azure://account1/container/p", "gateway_version": "3.13.0.7"}, "", "(fact 1.4)"),
    ("dp", EXPORTER, "proxy_listen = off", "(fact 1.7)"),
    ("dp", {**EXPORTER, "also_import": True, "gateway_version": "3.5.0.3"}, "", "(fact 1.9)"),
    ("cp", {**EXPORTER, "gateway_version": "3.11"}, "", "(fact 3.1)"),
    ("dp", {**EXPORTER, "gateway_version": "3.12.0.8"}, "incremental_sync = on", "(fact 3.9)"),
]
WARNED = [
    ("cp", {**EXPORTER, "gateway_version": "3.4.3.4", "s3_config": {"a": "b"}}, "", "(fact 1.2)"),
    ("dp", EXPORTER, "proxy_listen = 0.0.0.0:8000", "(fact 1.7)"),
    ("dp", IMPORTER, "lua_ssl_trusted_certificate = /etc/kong/other.pem", "(fact 2.5)"),
    ("dp", {**EXPORTER, "gateway_version": "3.11.0.3"}, "", "(fact 3.8)"),
    ("dp", IMPORTER, "cluster_cert_key = {vault://hcv/cluster/key}", "(fact 4.5)"),
    ("dp", IMPORTER, "status_listen = off", "(fact 4.7)"),
]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Host]:
    """A control plane and a data plane that nothing runs on."""
    with Fleet(tmp_path_factory.mktemp("nodes")) as fleet:
        control_plane = fleet.add_control_plane("cp")
        return {"cp": control_plane, "dp": fleet.add_data_plane("dp", control_plane)}


def configure(host: Host, options: Mapping[str, Any], line: str, directory: Path) -> tuple[dict[str, Any], bool]:
    """What the module answers on this host with a line more in its kong.conf, and whether it wrote the file."""
    conf = directory / "kong.conf"
    conf.write_text(f"{host.kong_conf.read_text()}{line}\n")
    before = conf.read_bytes()
    kong = "/none/such/kong" if "gateway_version" in options else str(host.kong)
    answer = run_module("cluster_fallback_config", {"path": str(conf), "kong_command": kong, **options})
    return answer, conf.read_bytes() != before


@pytest.mark.parametrize(("name", "options", "line", "fact"), REFUSED)
def test_an_exporter_that_could_not_work_is_refused(
    nodes: Mapping[str, Host], tmp_path: Path, name: str, options: Mapping[str, Any], line: str, fact: str
) -> None:
    answer, written = configure(nodes[name], options, line, tmp_path)
    assert answer["failed"]
    assert fact in answer["msg"]
    assert not written


@pytest.mark.parametrize(("name", "options", "line", "fact"), WARNED)
def test_what_may_work_all_the_same_is_a_warning(
    nodes: Mapping[str, Host], tmp_path: Path, name: str, options: Mapping[str, Any], line: str, fact: str
) -> None:
    answer, written = configure(nodes[name], options, line, tmp_path)
    assert not answer["failed"], answer["printed"]
    assert fact in str(answer["warnings"])
    assert written


ENVIRONMENT = [
    ({"region": "eu", "endpoint_url": "minio:9000"}, "(fact 2.2)"),
    ({"access_key_id": "AKIA0", "secret_access_key": "secret-canary"}, "(fact 2.3)"),
    ({"region": "eu", "access_key_id": "AKIA0"}, "(fact 2.1)"),
    ({"storage": "gcs://kong-fallback/prod"}, "(fact 2.8)"),
    ({"storage": "gcs://kong-fallback/prod", "variables": {"GCP_SERVICE_ACCOUNT": "key.json"}}, "(fact 2.8)"),
    ({"storage": "gcs://kong-fallback/prod", "region": "eu"}, "(fact 2.1)"),
    ({"region": "eu", "variables": {"AWS_SESSION_TOKEN": "x"}}, "set session_token"),
    ({"region": "eu", "variables": {"KONG_AWS_REGION": "x"}}, "(fact 2.1)"),
    ({"region": "eu", "variables": {"OTHER": "it's"}}, "single quote"),
]


@pytest.mark.parametrize(("options", "says"), ENVIRONMENT)
def test_an_environment_that_could_not_work_is_refused(tmp_path: Path, options: Mapping[str, Any], says: str) -> None:
    file = tmp_path / "fallback.env"
    answer = run_module("cluster_fallback_environment", {"path": str(file), **options})
    assert answer["failed"]
    assert says in answer["msg"]
    assert "canary" not in answer["printed"]
    assert not file.exists()
