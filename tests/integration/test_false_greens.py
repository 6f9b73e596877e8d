# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that look set up and would not come up in an outage, one row each, and the sentence that says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import node_of
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.upgrade import verification_findings
from tests.ansible import run_module
from tests.certificates import cluster_certificate
from tests.fleet import DataPlane, Host, NotStarted
from tests.fleet.cluster import Cluster, running_cluster
from tests.greeting import BODY
from tests.servers import S3Server
from tests.servers.ports import LOOPBACK
from tests.servers.s3 import allow
from tests.waiting import NeverTrue, until

SECRET = "secret-canary-of-this-table-91c3"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[Cluster]:
    """A cluster whose control plane exports."""
    with running_cluster(tmp_path_factory.mktemp("false-greens"), moto_iam_server) as cluster:
        cluster.export()
        yield cluster


def look(cluster: Cluster, host: Host, module: str, **more: Any) -> dict[str, Any]:
    """What a module answers about a host, in check mode."""
    options: dict[str, Any] = {"path": str(host.kong_conf), "kong_command": str(host.kong), **more}
    if module == "cluster_fallback_config_info":
        options["environment_files"] = [str(host.environment_file)]
    else:
        options |= {"_ansible_check_mode": True, **cluster.part_of(host)}
    answer = run_module(module, options)
    assert SECRET not in answer["printed"]
    return answer


def complaint(answer: Mapping[str, Any]) -> str:
    """Why a module says that a node does not work or has to restart, empty if it does not say so."""
    return " ".join([answer.get("msg", ""), *answer.get("reasons", ()), answer.get("restart_reason", "")]).strip()


@dataclass(frozen=True)
class Fault:
    """What happens to a node that was green: to its files, and to what starts it.

    ``says`` is what its modules then answer, ``options`` go to them, and ``version`` is its gateway.
    """

    says: str
    spoil: Callable[[Host], None] = lambda host: None
    start: Callable[[Host], None] = lambda host: host.start()
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


def lose_certificate(host: Host) -> None:
    (host.kong_conf.parent / "cluster.crt").unlink()


def change_key(host: Host) -> None:
    (host.kong_conf.parent / "cluster.key").write_text(cluster_certificate(60).key)


def restart_without_environment(host: Host) -> None:
    restart(host, {})


def restart_with_import_off(host: Host) -> None:
    restart(host, {**environment_of(host), "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT": "off"})


def environment_of(host: Host) -> dict[str, str]:
    lines = host.environment_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def restart(host: Host, environment: Mapping[str, str]) -> None:
    """Restart a gateway with nothing else in its environment."""
    command = [host.kong, "restart", "-c", host.kong_conf]
    environment = {"PATH": os.environ["PATH"], **environment}
    subprocess.run(command, check=True, capture_output=True, env=environment)


FAULTS = {
    "certificate-deleted-later": Fault(
        "The gateway refuses {host.kong_conf}: Error: cluster_cert: failed loading certificate", lose_certificate
    ),
    "key-of-another-certificate": Fault(
        "{host.kong_conf.parent}/cluster.key is not the key of cluster_cert", change_key, version="3.11.0.13"
    ),
    "restart-without-environment": Fault(
        "The gateway started without the variables of {host.environment_file}.", start=restart_without_environment
    ),
    "restart-with-import-off": Fault(
        "The gateway runs with a value of cluster_fallback_config_import", start=restart_with_import_off
    ),
    "pinned-version": Fault(
        "gateway_version is 3.12.0.9, but the gateway of this host is 3.11.0.13",
        options={"gateway_version": "3.12.0.9"},
        version="3.11.0.13",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_node_that_would_not_come_up_is_not_green(cluster: Cluster, name: str) -> None:
    fault = FAULTS[name]
    host = cluster.new_data_plane(name, fault.version)
    cluster.take_part(host)
    modules = ("cluster_fallback_config_info", "cluster_fallback_node")
    assert [complaint(look(cluster, host, module)) for module in modules] == ["", ""], "green before"

    fault.spoil(host)
    if fault.start is not Fault.start:
        fault.start(host)

    for module in modules:
        assert fault.says.format(host=host) in complaint(look(cluster, host, module, **fault.options)), module
    assert not comes_up(host, fault.start), "and the gateway agrees"


def test_a_node_without_a_fault_comes_up(cluster: Cluster) -> None:
    host = cluster.new_data_plane("without-fault")
    cluster.take_part(host)
    assert comes_up(host, Fault.start)


def comes_up(host: DataPlane, start: Callable[[Host], None], path: str = "/hello") -> bool:
    """Whether a gateway serves a path of its cluster if it starts without its control plane and its cache."""
    host.stop()
    until(lambda: host.pid is None)
    shutil.rmtree(host.prefix / "dbless.lmdb")
    host.kong_conf.write_text(host.kong_conf.read_text().replace(host.control_plane, f"{LOOPBACK}:1"))
    try:
        start(host)
        until(lambda: host.get(path)[0] not in (0, 404, 503), 3)
    except (NotStarted, NeverTrue):
        return False
    return True


def test_no_role_is_green_whose_restart_gives_the_gateway_another_environment(cluster: Cluster) -> None:
    fleet = cluster.fleet
    until(lambda: cluster.server.client().list_objects_v2(Bucket=cluster.bucket, Prefix="prod/3.").get("Contents"), 30)
    without, overriding = (cluster.new_data_plane(name) for name in ("without", "overriding"))
    script = without.restart_command.read_text()
    without.restart_command.write_text(script.replace(f"if [ -f '{without.environment_file}' ]", "if false"))
    script = overriding.restart_command.read_text()
    overriding.restart_command.write_text(script.replace("exec '", "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT=off exec '"))

    run = fleet.play(
        "kongops.fallback.data_plane",
        "-l",
        "without,overriding",
        "-e",
        "kong_fallback_ready_timeout=4",
        "-e",
        "kong_fallback_serial=2",
    )

    assert run.code != 0
    for host, says in (
        (without, f"started without the variables of {without.environment_file}"),
        (overriding, "runs with a value of cluster_fallback_config_import that differs from its files"),
    ):
        assert f"{host.name} has restarted and still does not use its current files" in run.reasons[host.name]
        assert says in run.reasons[host.name]


def test_an_exporter_that_lost_its_write_access_is_not_green(tmp_path: Path, moto_iam_server: S3Server) -> None:
    with running_cluster(tmp_path, moto_iam_server) as cluster:
        host = cluster.control_plane
        cluster.export()
        until(lambda: "successfully exported" in host.error_log.read_text())
        modules = ("cluster_fallback_config_info", "cluster_fallback_node")
        assert [complaint(look(cluster, host, module)) for module in modules] == ["", ""], "green before"
        writer = f"writer-{cluster.bucket}"
        nothing_allowed = json.dumps(allow(["s3:GetObject"], ["arn:aws:s3:::elsewhere/*"]))
        iam = cluster.server.client("iam")
        policy = iam.get_user_policy(UserName=writer, PolicyName=writer)["PolicyDocument"]
        iam.put_user_policy(UserName=writer, PolicyName=writer, PolicyDocument=nothing_allowed)
        host.configure("/services", {"name": "later", "host": "later.example.com"})
        until(lambda: "failed to export" in host.error_log.read_text())

        for module in modules:
            said = complaint(look(cluster, host, module))
            assert "The exporter of this gateway does not write: at 20" in said, module
            assert "AccessDenied" in said, module
        cluster.fleet.variables |= cluster.operator
        verified = cluster.fleet.play("kongops.fallback.verify")
        assert verified.code != 0
        assert "cp1: The exporter of this gateway does not write" in verified.reasons["cp1"]

        iam.put_user_policy(UserName=writer, PolicyName=writer, PolicyDocument=json.dumps(policy))
        assert cluster.fleet.play("kongops.fallback.backup_node").code == 0, "its restart exports again"
        assert [complaint(look(cluster, host, module)) for module in modules] == ["", ""], "green again"


def test_two_clusters_on_one_storage_are_not_green(tmp_path: Path, moto_iam_server: S3Server) -> None:
    with running_cluster(tmp_path, moto_iam_server) as cluster:
        other = cluster.fleet.add_control_plane("cp2")
        other.start()
        other.configure("/services", {"name": "elsewhere", "url": "http://elsewhere.example.com"})
        other.configure("/services/elsewhere/routes", {"name": "elsewhere", "paths": ["/elsewhere"]})
        cluster.export()
        cluster.take_part(other)
        hosts = [cluster.new_data_plane("dp1"), cluster.fleet.add_data_plane("dp2", other)]
        for host in hosts:
            cluster.take_part(host)
        until(lambda: hosts[0].get("/hello") == (200, BODY) and hosts[1].get("/elsewhere")[0] not in (0, 404))

        def found() -> list[Finding]:
            answers = {host: look(cluster, host, "cluster_fallback_config_info") for host in hosts}
            assert [complaint(answer) for answer in answers.values()] == ["", ""], "each for itself is green"
            nodes = [node_of(host.name, "read", {"__kong_fallback_answer": answers[host]}) for host in hosts]
            return errors(verification_findings(nodes, [cluster.report()], [], grace=0))

        (sharing, *_others) = until(found)
        assert sharing.code == "several-control-planes"
        assert f"dp1 from {cluster.control_plane.cluster_address}, dp2 from {other.cluster_address}" in sharing.message
        assert "so these are two clusters: give each its own storage" in sharing.message
        served = {comes_up(hosts[0], Fault.start), comes_up(hosts[1], Fault.start, "/elsewhere")}
        assert False in served, "and one of the two, at least, comes up with the configuration of the other"
