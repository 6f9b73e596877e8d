# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is baked by the role; in an outage it boots as a new host, without Ansible, proves itself, and serves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.ansible import run_module
from tests.ansible.environment import clean_environment
from tests.ansible.warm_python import quick_startup
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DataPlane
from tests.greeting import BODY
from tests.servers import S3Server
from tests.waiting import until

OF_THIS_MACHINE = ("kong.id", "dbless.lmdb/data.mdb", "logs/error.log", "first-boot.prom")
WITHOUT_ANSIBLE = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def bake(host: DataPlane) -> dict[str, object]:
    """The variables that bake an image, with a first-boot check."""
    return {
        "kong_fallback_start": "never",
        "kong_fallback_bake_keys": True,
        "kong_fallback_first_boot_check": True,
        "kong_fallback_first_boot_directory": str(host.root / "usr/local/lib/kong-fallback"),
        "kong_fallback_first_boot_metrics": str(host.prefix / "first-boot.prom"),
        "kong_fallback_service": "kong.service",
        "kong_fallback_systemd_directory": str(host.root / "etc/systemd/system"),
    }


def check_as_at_the_first_boot(host: DataPlane) -> tuple[int, str, str]:
    """Run what the service runs, as systemd runs it: its exit code, its verdict, and its metrics."""
    unit = (host.root / "etc/systemd/system/kong-fallback-first-boot.service").read_text()
    command = re.findall(r"^ExecStart=(.*)$", unit, re.M)[0].split()
    done = subprocess.run(command, env=WITHOUT_ANSIBLE, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout, (host.prefix / "first-boot.prom").read_text()


def test_a_baked_host_proves_itself_and_serves_from_the_snapshot_when_it_boots_in_an_outage(
    tmp_path: Path, moto_iam_server: S3Server
) -> None:
    with running_cluster(tmp_path, moto_iam_server) as cluster:
        cluster.export()
        host = cluster.new_data_plane("dp1")
        for name in OF_THIS_MACHINE:
            (host.prefix / name).parent.mkdir(exist_ok=True)
            (host.prefix / name).write_text("of the build")
        run = cluster.fleet.play("kongops.fallback.data_plane", "--limit", "dp1", "-e", json.dumps(bake(host)))
        assert run.code == 0, run.output
        assert host.pid is None
        assert "0 restarted; a new data plane would come up: yes" in run.output
        assert not [name for name in OF_THIS_MACHINE if (host.prefix / name).exists()]
        cluster.control_plane.stop()

        code, said, metrics = check_as_at_the_first_boot(host)
        assert code == 0
        assert re.fullmatch(r"<6>In an outage this host would come up: yes. This node read .*its gateway .*\n", said)
        assert "\nkong_fallback_first_boot_ok 1\n" in metrics
        host.start()
        assert until(lambda: host.get("/hello")[0] == 200, 30)
        assert host.get("/hello") == (200, BODY)

        cluster.server.client().delete_object(Bucket=cluster.bucket, Key=cluster.snapshot_key())
        code, said, metrics = check_as_at_the_first_boot(host)
        assert code == 1
        assert said.startswith("<3>In an outage this host would come up: no. There is no snapshot for gateway ")
        assert "\nkong_fallback_first_boot_ok 0\n" in metrics
        assert 'outcome="missing"' in metrics
        assert cluster.fleet.data_plane["kong_fallback_secret_access_key"] not in said + metrics


def repository(directory: Path) -> Path:
    """A git repository with the example for ansible-pull."""
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", directory)
    directory.mkdir()
    (directory / "local.yml").write_text((CHECKOUT / "docs/examples/ansible-pull/local.yml").read_text())
    for arguments in (("init", "--quiet"), ("add", "local.yml"), ("commit", "--quiet", "--message", "Set up")):
        subprocess.run([*git, *arguments], check=True)
    return directory


def test_a_machine_sets_itself_up_from_a_repository(tmp_path: Path, cluster: Cluster) -> None:
    cluster.export()
    host = cluster.new_data_plane("dp1")
    ours = {**host.variables(), **bake(host), **cluster.fleet.variables, **cluster.fleet.data_plane}
    variables = tmp_path / "variables.json"
    variables.touch(mode=0o600)
    variables.write_text(json.dumps({**ours, "kong_fallback_instance_role": False, "ansible_become": False}))
    pull = Path(sys.executable).with_name("ansible-pull")
    done = subprocess.run(
        [pull, "--url", repository(tmp_path / "repository"), "--directory", tmp_path / "pulled", "-e", f"@{variables}"],
        env={
            **clean_environment(),
            **quick_startup(),
            "PATH": f"{pull.parent}:/usr/local/bin:/usr/bin:/bin",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.pid is None
    assert check_as_at_the_first_boot(host)[0] == 0


def test_a_check_that_cannot_be_made_says_why_and_is_gone_when_it_is_not_asked_for(tmp_path: Path) -> None:
    directory, units, metrics = tmp_path / "lib", tmp_path / "units", tmp_path / "first-boot.prom"
    options = {"directory": str(directory), "systemd_directory": str(units), "metrics": str(metrics)}
    installed = run_module(
        "first_boot_check", {**options, "path": str(tmp_path / "kong.conf"), "kong_command": "/none"}
    )
    assert installed["changed"]
    assert (
        "Wants=kong-fallback-first-boot"
        in (units / "kong-enterprise-edition.service.d/kong-fallback-first-boot.conf").read_text()
    )

    done = subprocess.run(
        installed["command"].split(), env=WITHOUT_ANSIBLE, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("<3>In an outage this host would come up: unknown. Cannot run /none (")
    assert 'kong_fallback_first_boot_info{outcome="unknown"' in metrics.read_text()

    (directory / "first-boot.json").write_text('{"storge": 1}')
    done = subprocess.run(
        installed["command"].split(), env=WITHOUT_ANSIBLE, capture_output=True, text=True, check=False
    )
    assert "first-boot.json has an option that the proof does not know, storge: build the image again" in done.stdout

    assert run_module("first_boot_check", {**options, "state": "absent"})["changed"]
    assert [file for folder in (directory, units) for file in folder.rglob("*") if file.is_file()] == []
    assert not run_module("first_boot_check", {**options, "state": "absent"})["changed"]


def test_a_service_that_runs_no_check_is_refused(tmp_path: Path) -> None:
    answer = run_module("first_boot_check", {"service": "", "directory": str(tmp_path)})
    assert "service (kong_fallback_service in roles) is empty" in answer["msg"]
    answer = run_module("first_boot_check", {"directory": "/two words", "systemd_directory": str(tmp_path)})
    assert "cannot name '/two words/first-boot.pyz': give an absolute path" in answer["msg"]
    assert list(tmp_path.iterdir()) == []
