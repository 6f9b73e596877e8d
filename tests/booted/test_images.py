# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that the role bakes boots as new hosts, without Ansible, while the control plane is cut off."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.ansible.environment import clean_environment
from tests.booted import network
from tests.booted.cluster import STORAGE, BootedCluster, address
from tests.booted.gateway import PREFIX, SERVICE
from tests.booted.host import BootedHost
from tests.booted.image import USER
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.debian import unpacked
from tests.greeting import BODY
from tests.waiting import until

EXAMPLES = CHECKOUT / "docs/examples"
CHECK = "kong-fallback-first-boot.service"
METRICS = "/var/lib/kong-fallback/first-boot.prom"
OURS = {"kong_fallback_instance_role": False, "kong_fallback_bake_keys": True}
"""What of the example's variables these hosts have otherwise: no role gives them a key."""


def packer(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Packer in a directory; Debian's is of the time before plugins were packages of their own."""
    environment = {
        **clean_environment(),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(directory),
        "CHECKPOINT_DISABLE": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(directory / "ansible"),
        "ANSIBLE_SSH_COMMON_ARGS": f"-F {directory.parent / 'ssh_config'}",
    }
    command = [unpacked("packer") / "usr/bin/packer", *arguments, "."]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def packer_example(cluster: BootedCluster, host: str) -> Path:
    """The example, with a host that runs as its builder, and with our variables."""
    directory = cluster.directory / "packer"
    directory.mkdir()
    (directory / "bake.yml").write_text((EXAMPLES / "packer/bake.yml").read_text())
    template = (EXAMPLES / "packer/kong.pkr.hcl").read_text()
    (directory / "kong.pkr.hcl").write_text(template)
    checked = packer(directory, "validate")
    assert checked.returncode == 0, checked.stdout + checked.stderr

    ours = {**cluster.variables(), **OURS}
    of_the_host = {name: ours.pop(name) for name in list(ours) if name.startswith("ansible_")}
    (directory / "group_vars").mkdir()
    (directory / "group_vars/kong_data_plane.json").write_text(json.dumps(of_the_host))
    variables = directory / "variables.json"
    variables.touch(mode=0o600)
    variables.write_text(json.dumps(ours))
    builder = (
        f'source "null" "data_plane" {{\n  ssh_host = "{address(host)}"\n  ssh_username = "{USER}"\n'
        f'  ssh_private_key_file = "{cluster.ssh.directory / "key"}"\n}}\n'
    )
    run_here = re.sub(r'source "amazon-ebs" "data_plane" \{.*?^\}\n', builder, template, flags=re.DOTALL | re.MULTILINE)
    run_here = run_here.replace("source.amazon-ebs.", "source.null.")
    run_here = run_here.replace("  use_proxy ", f'  extra_arguments = ["--extra-vars", "@{variables}"]\n    use_proxy ')
    (directory / "kong.pkr.hcl").write_text(run_here)
    return directory


@pytest.fixture(scope="module")
def image(cluster: BootedCluster) -> Iterator[BootedHost]:
    """A host that Packer has baked and that is switched off, in an outage."""
    build = cluster.add_data_plane("dp3")
    build.run(f"systemctl stop {SERVICE}")
    built = packer(packer_example(cluster, "dp3"), "build")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "A new data plane of gateway" in built.stdout
    left = f"{PREFIX}/kong.id {PREFIX}/dbless.lmdb {PREFIX}/logs {METRICS}"
    assert build.run(f"ls -d {left} 2>/dev/null || true") == ""
    build.kill()
    network.cut("cp1")
    yield build
    network.reconnect("cp1")
    cluster.remove("dp3")


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """What a test leaves to be done at its end."""
    with ExitStack() as stack:
        yield stack


def moment(host: BootedHost, what: str, unit: str) -> int:
    """When something happened to a unit, in microseconds since the host booted; 0 if it did not yet."""
    return int(host.run(f"systemctl show --property={what} --value {unit}"))


def test_an_instance_proves_itself_and_serves_the_snapshot(
    cluster: BootedCluster, image: BootedHost, cleanup: ExitStack
) -> None:
    user_data = yaml.safe_load((EXAMPLES / "cloud-init/user-data").read_text())
    instance = cluster.add_instance("dp4", image, {file["path"]: file["content"] for file in user_data["write_files"]})
    cleanup.callback(cluster.remove, "dp4")

    until(lambda: cluster.get("dp4", "/hello") == (200, BODY), 60)

    verdict = instance.run(f"journalctl --unit={CHECK} --output=cat")
    assert "In an outage this host would come up: yes. This node read s3://fallback/prod/" in verdict, verdict
    assert "kong_fallback_first_boot_ok 1" in instance.run(f"cat {METRICS}")
    assert moment(instance, "InactiveEnterTimestampMonotonic", CHECK) <= moment(
        instance, "InactiveExitTimestampMonotonic", SERVICE
    )
    for command in user_data["runcmd"]:
        instance.run(shlex.join(command).replace("/dev/console", "/root/console"))
    assert "this host would come up: yes" in instance.run("cat /root/console")
    instance.kill()
    instance.boot()
    assert "ConditionResult=no" in instance.run(f"systemctl show --property=ConditionResult {CHECK}")


def test_an_instance_that_reads_nothing_says_so_and_starts_its_gateway_all_the_same(
    cluster: BootedCluster, image: BootedHost, cleanup: ExitStack
) -> None:
    network.cut(STORAGE)
    cleanup.callback(network.reconnect, STORAGE)
    instance = cluster.add_instance("dp5", image)
    cleanup.callback(cluster.remove, "dp5")

    until(lambda: moment(instance, "InactiveExitTimestampMonotonic", SERVICE) > 0, 60)

    verdict = instance.run(f"journalctl --unit={CHECK} --output=cat")
    assert "In an outage this host would come up: no. This node could not read s3://fallback/prod/" in verdict, verdict
    assert "Result=exit-code" in instance.run(f"systemctl show --property=Result {CHECK}")
    assert "kong_fallback_first_boot_ok 0" in instance.run(f"cat {METRICS}")
