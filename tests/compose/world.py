# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A data plane in Docker Compose as the guide says, beside a control plane that exports and a storage."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import web
from tests.ansible import Run, run_playbook
from tests.certificates import cluster_certificate
from tests.checkout import CHECKOUT
from tests.compose.docker_host import NAME, DockerHost, docker_host
from tests.compose.docker_image import docker_image
from tests.compose.gateway_image import CHANGES, USER_ID, gateway_image
from tests.fleet.host import ControlPlane
from tests.greeting import greeting, publish
from tests.servers import S3Server, moto
from tests.servers.ports import LOOPBACK

EXAMPLES = CHECKOUT / "docs/examples"
PREFIX = "var/lib/kong"
_GUIDE = (CHECKOUT / "docs/compose.md").read_text()


def variables_of_the_guide() -> dict[str, Any]:
    """The variables that the guide gives for a host with Compose."""
    found: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", _GUIDE, re.DOTALL)[0])
    return found


@dataclass(frozen=True)
class World:
    """What an operator has, and what they do with it."""

    directory: Path
    host: DockerHost
    control_plane: ControlPlane
    server: S3Server
    bucket: str

    def provision(self) -> None:
        """A host as the guide wants it before the role comes: the files of the gateway, no container, no cache."""
        self.host.remove_containers()
        for folder in ("etc/kong", PREFIX):
            shutil.rmtree(self.host.root / folder, ignore_errors=True)
        for file, target, mode in (("compose.yml", "etc/kong", 0o644), ("kong-in-compose", "usr/local/sbin", 0o755)):
            self.host.write(f"{target}/{file}", (EXAMPLES / file).read_text(), mode)
        pair = cluster_certificate()
        self.host.write("etc/kong/cluster.crt", pair.certificate)
        self.host.write("etc/kong/cluster.key", pair.key)
        settings = {
            "role": "data_plane",
            "database": "off",
            "prefix": f"/{PREFIX}/",
            "cluster_cert": "/etc/kong/cluster.crt",
            "cluster_cert_key": "/etc/kong/cluster.key",
            "cluster_control_plane": self.control_plane.cluster_address,
        }
        self.host.write("etc/kong/kong.conf", "".join(f"{name} = {value}\n" for name, value in settings.items()))
        self.host.run(f"install -d -o {USER_ID} -g {USER_ID} /{PREFIX}")

    def compose(self, command: str) -> str:
        """What a command of Compose prints about the file of the guide."""
        return self.host.run(f"docker compose --file /etc/kong/compose.yml {command}")

    def play(self, *arguments: str) -> Run:
        """Set the data plane up by SSH, without pipelining, as an operator who may become root."""
        inventory = {
            "all": {
                "vars": self._variables(),
                "children": {"kong_data_plane": {"hosts": {NAME: {}}}},
            }
        }
        file = self.directory / "inventory.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(inventory))
        playbook = CHECKOUT / "playbooks/data_plane.yml"
        environment = {"ANSIBLE_PIPELINING": "false"}
        return run_playbook(playbook, self.directory / "run", *arguments, inventory=file, environment=environment)

    def get(self, path: str) -> tuple[int, str]:
        """Send a request through the data plane: status and body; status 0 when nothing answers."""
        answer = web.ask(f"http://{LOOPBACK}:8000{path}")
        return answer.status, answer.body

    @property
    def container(self) -> str:
        """The id of the container, empty without one that runs."""
        return self.compose("ps --quiet --status running kong").strip()

    def _variables(self) -> dict[str, Any]:
        return {
            "ansible_become": True,
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_pipelining": False,
            "ansible_ssh_common_args": f"-F {self.host.ssh.config}",
            "kong_fallback_storage": f"s3://{self.bucket}/prod",
            "kong_fallback_region": self.server.region,
            "kong_fallback_endpoint_url": self.server.endpoint_url,
            "kong_fallback_access_key_id": self.server.root.access_key_id,
            "kong_fallback_secret_access_key": self.server.root.secret_access_key,
            **variables_of_the_guide(),
        }


@contextmanager
def world(cache: Path) -> Iterator[World]:
    """A host that the role has not touched; ``cache`` keeps the layers of its file system."""
    layers = docker_image(cache)
    directory = cache / "compose"
    image = yaml.safe_load((EXAMPLES / "compose.yml").read_text())["services"]["kong"]["image"]
    with docker_host(layers, directory) as host, moto() as server, greeting() as service:
        host.import_image(image, gateway_image(layers[-1], directory / "image", image.rpartition(":")[2]), CHANGES)
        bucket = server.create_bucket("fallback")
        control_plane = _control_plane(directory, server, bucket, image.rpartition(":")[2])
        try:
            publish(control_plane.admin_url, service)
            found = World(directory, host, control_plane, server, bucket)
            found.provision()
            yield found
        finally:
            control_plane.stop()


def _control_plane(directory: Path, server: S3Server, bucket: str, version: str) -> ControlPlane:
    """A control plane that exports."""
    host = ControlPlane("cp1", directory / "cp1", version)
    host.provision()
    with host.kong_conf.open("a") as file:
        file.write(f"cluster_fallback_config_storage = s3://{bucket}/prod\ncluster_fallback_config_export = on\n")
        file.write("cluster_fallback_config_export_delay = 1\n")
    host.environment_file.write_text(
        f"AWS_REGION={server.region}\nAWS_CONFIG_STORAGE_ENDPOINT={server.endpoint_url}\n"
        f"AWS_ACCESS_KEY_ID={server.root.access_key_id}\nAWS_SECRET_ACCESS_KEY={server.root.secret_access_key}\n"
    )
    host.start()
    return host
