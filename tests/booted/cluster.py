# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane and two data planes that have booted, and a storage, each with an address of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import web
from tests.ansible import Run, run_playbook
from tests.booted import gateway, prerequisites
from tests.booted.host import BootedHost
from tests.booted.image import PASSWORD, image
from tests.booted.network import HERE, connect, disconnect, namespace, network
from tests.booted.ssh import Ssh
from tests.fleet.host import DATABASE_PASSWORD
from tests.greeting import greeting, publish
from tests.servers import S3Server, moto

STORAGE = "s3"
"""The storage is a host as any other: its cable can be pulled too."""

_NETWORK = HERE.rpartition(".")[0]
_ADDRESSES = {STORAGE: 2, "cp1": 11, "dp1": 21, "dp2": 22, "dp3": 23, "dp4": 24, "dp5": 25}


@dataclass
class BootedCluster:
    """Hosts by name below ``directory``, and what an operator does with them."""

    directory: Path
    image: Path
    ssh: Ssh
    server: S3Server
    bucket: str
    hosts: dict[str, BootedHost] = field(default_factory=dict)

    @property
    def admin_url(self) -> str:
        """The Admin API of the control plane."""
        return f"http://{address('cp1')}:8001"

    @property
    def inventory(self) -> Path:
        """The inventory, rewritten with all hosts."""
        groups = {"kong_backup_node": "cp", "kong_data_plane": "dp"}
        children = {
            group: {
                "hosts": {name: {"ansible_host": address(name)} for name in self.hosts if name.startswith(kind)},
                "vars": {"ansible_become_exe": "sudo"},
            }
            for group, kind in groups.items()
        }
        file = self.directory / "inventory.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"all": {"vars": self.variables(), "children": children}}, indent=2))
        return file

    def add_control_plane(self) -> BootedHost:
        """The control plane, running."""
        settings = {
            "role": "control_plane",
            "pg_password": DATABASE_PASSWORD,
            "proxy_listen": "off",
            "admin_listen": "0.0.0.0:8001",
        }
        return self._add("cp1", settings)

    def add_data_plane(self, name: str) -> BootedHost:
        """A data plane as the operator's base role leaves it: running, without the fallback."""
        settings = {"role": "data_plane", "database": "off", "cluster_control_plane": f"{address('cp1')}:8005"}
        return self._add(name, settings)

    def add_instance(self, name: str, image: BootedHost, files: Mapping[str, str] | None = None) -> BootedHost:
        """A host that boots a copy of another one's disk, which is switched off, as an autoscaling group does it;
        ``files`` are those that its user data adds."""
        host = BootedHost(name, address(name), self.image, self.directory / name, self.ssh, gateway.SHARED)
        self.hosts[name] = host
        host.provision_from(image)
        for path, text in (files or {}).items():
            host.write(path.lstrip("/"), text)
        host.boot()
        return host

    def remove(self, name: str) -> None:
        """The end of a host and of its disk, so that another one may have its name."""
        host = self.hosts.pop(name)
        host.kill()
        disconnect(name)
        shutil.rmtree(host.directory)

    def configure(self, path: str, body: Mapping[str, Any]) -> None:
        """Create an entity through the Admin API."""
        web.create(f"{self.admin_url}{path}", body)

    def get(self, name: str, path: str) -> tuple[int, str]:
        """Send a request through a data plane: status and body; status 0 when nothing answers."""
        answer = web.ask(f"http://{address(name)}:8000{path}")
        return answer.status, answer.body

    def play(self, playbook: str | Path, *arguments: str) -> Run:
        """Run a playbook, by file or by its name in a collection, where only the hosts allow it to become root."""
        environment = {"ANSIBLE_BECOME_ALLOW_SAME_USER": "true", "ANSIBLE_BECOME_EXE": "/bin/false"}
        return run_playbook(
            Path(playbook), self.directory / "run", *arguments, inventory=self.inventory, environment=environment
        )

    def variables(self) -> dict[str, Any]:
        """What the inventory says of all hosts."""
        return {
            "ansible_become": True,
            "ansible_become_password": PASSWORD,
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_pipelining": True,
            "ansible_ssh_common_args": f"-F {self.ssh.config}",
            "kong_fallback_storage": f"s3://{self.bucket}/prod",
            "kong_fallback_region": self.server.region,
            "kong_fallback_endpoint_url": self.server.endpoint_url,
            "kong_fallback_secret_store": {"type": "file", "name": str(self.directory / "keys")},
            "kong_fallback_operator_access_key_id": self.server.root.access_key_id,
            "kong_fallback_operator_secret_access_key": self.server.root.secret_access_key,
            "kong_fallback_export_delay": 1,
        }

    def _add(self, name: str, settings: Mapping[str, str]) -> BootedHost:
        host = BootedHost(name, address(name), self.image, self.directory / name, self.ssh, gateway.SHARED)
        self.hosts[name] = host
        host.provision()
        gateway.install(host, settings)
        host.boot()
        return host


def address(name: str) -> str:
    """The address of a host."""
    return f"{_NETWORK}.{_ADDRESSES[name]}"


@contextmanager
def booted_cluster(cache: Path) -> Iterator[BootedCluster]:
    """A cluster that the collection has not touched; ``cache`` keeps the image. All of it ends with the context."""
    prerequisites.check()
    directory, root = cache / "cluster", image(cache)
    with network(), _storage() as server, greeting(address=HERE) as service:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
        ssh = Ssh(directory)
        ssh.prepare(root)
        cluster = BootedCluster(directory, root, ssh, server, server.create_bucket("fallback"))
        try:
            cluster.add_control_plane()
            publish(cluster.admin_url, service)
            for name in ("dp1", "dp2"):
                cluster.add_data_plane(name)
            yield cluster
        finally:
            for host in cluster.hosts.values():
                host.kill()


@contextmanager
def _storage() -> Iterator[S3Server]:
    connect(STORAGE, address(STORAGE))
    launcher = ("ip", "netns", "exec", namespace(STORAGE))
    with moto(enforce_iam=True, address=address(STORAGE), launcher=launcher) as server:
        yield server
