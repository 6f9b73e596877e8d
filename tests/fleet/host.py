# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host: a directory tree with a gateway installed, its kong.conf, and what an operator may do with it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import web
from tests.ansible.environment import clean_environment
from tests.certificates import cluster_certificate
from tests.servers.ports import LOOPBACK, free_ports
from tests.stand_in.install import install

DATABASE_PASSWORD = "database-password-canary-6d1f0c"


class NotStarted(Exception):
    """A restart command failed; what it printed."""


@dataclass(frozen=True)
class Host:
    """A directory tree that serves as the file system of one host, without systemd."""

    name: str
    root: Path
    version: str
    ports: tuple[int, ...] = field(default_factory=lambda: tuple(free_ports(4)))

    @property
    def kong(self) -> Path:
        """The gateway's program."""
        return self.root / "usr/local/bin/kong"

    @property
    def kong_conf(self) -> Path:
        """The gateway's configuration file."""
        return self.root / "etc/kong/kong.conf"

    @property
    def environment_file(self) -> Path:
        """Where the collection puts the credentials."""
        return self.root / "etc/kong/fallback.env"

    @property
    def prefix(self) -> Path:
        """The gateway's working directory."""
        return self.root / "usr/local/kong"

    @property
    def error_log(self) -> Path:
        """What the gateway has to say."""
        return self.prefix / "logs/error.log"

    @property
    def pid(self) -> int | None:
        """The process id of the running gateway."""
        file = self.prefix / "pids/nginx.pid"
        return int(file.read_text()) if file.exists() else None

    @property
    def restart_command(self) -> Path:
        """What an operator of a host without systemd runs: it restarts the gateway with the environment file."""
        return self.root / "usr/local/bin/restart-kong"

    def settings(self) -> dict[str, str]:
        """The settings that the host has before the collection touches it."""
        certificate = self.root / "etc/kong/cluster.crt"
        return {
            "prefix": f"{self.prefix}/",
            "cluster_cert": str(certificate),
            "cluster_cert_key": str(certificate.with_suffix(".key")),
            "status_listen": f"{LOOPBACK}:{self.ports[0]}",
        }

    def provision(self) -> None:
        """Install the gateway and write its first kong.conf, as the operator's base role would."""
        install(self.kong.parent, self.version)
        self.kong_conf.parent.mkdir(parents=True, exist_ok=True)
        self.prefix.mkdir(parents=True, exist_ok=True)
        cluster_certificate().write(self.kong_conf.parent)
        lines = ["# Kong Gateway of this host", *(f"{name} = {value}" for name, value in self.settings().items())]
        self.kong_conf.write_text("\n".join(lines) + "\n")
        self.restart_command.write_text(
            "#!/bin/sh\n"
            "# A host has its own environment, not that of the user who runs the playbook.\n"
            'if [ -z "${HOST:-}" ]; then exec env -i PATH="$PATH" HOST=1 "$0"; fi\n'
            "set -eu\n"
            f"if [ -f '{self.environment_file}' ]; then set -a; . '{self.environment_file}'; set +a; fi\n"
            f"exec '{self.kong}' restart -c '{self.kong_conf}'\n"
        )
        self.restart_command.chmod(0o755)

    def start(self) -> None:
        """Start the gateway, or restart it."""
        command = [self.restart_command]
        run = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
        if run.returncode:
            raise NotStarted(run.stdout + run.stderr)

    def stop(self) -> None:
        """Stop the gateway if it runs."""
        if self.pid:
            subprocess.run([self.kong, "stop", "-p", self.prefix], check=False, capture_output=True)

    def variables(self) -> dict[str, Any]:
        """What the inventory says of this host."""
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "kong_fallback_kong_conf": str(self.kong_conf),
            "kong_fallback_kong_command": str(self.kong),
            "kong_fallback_environment_file": str(self.environment_file),
            "kong_fallback_restart_command": str(self.restart_command),
            "kong_fallback_service": "",
        }


class ControlPlane(Host):
    """The host that an operator configures; it may be the backup node."""

    @property
    def admin_url(self) -> str:
        """The Admin API."""
        return f"http://{LOOPBACK}:{self.ports[1]}"

    @property
    def cluster_address(self) -> str:
        """Where data planes connect."""
        return f"{LOOPBACK}:{self.ports[2]}"

    def settings(self) -> dict[str, str]:
        return {
            **super().settings(),
            "role": "control_plane",
            "pg_password": DATABASE_PASSWORD,
            "proxy_listen": "off",
            "admin_listen": f"{LOOPBACK}:{self.ports[1]}",
            "cluster_listen": self.cluster_address,
        }

    def configure(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an entity through the Admin API, such as ``configure("/services", {...})``."""
        return web.create(f"{self.admin_url}{path}", body)

    def read(self, path: str) -> dict[str, Any]:
        """Read an entity through the Admin API."""
        entity: dict[str, Any] = web.ask(f"{self.admin_url}{path}").json
        return entity


@dataclass(frozen=True)
class DataPlane(Host):
    """A host that proxies; ``control_plane`` is where it looks for its configuration."""

    control_plane: str = f"{LOOPBACK}:1"

    @property
    def proxy_url(self) -> str:
        """Where clients send their requests."""
        return f"http://{LOOPBACK}:{self.ports[1]}"

    def settings(self) -> dict[str, str]:
        return {
            **super().settings(),
            "role": "data_plane",
            "database": "off",
            "cluster_control_plane": self.control_plane,
            "proxy_listen": f"{LOOPBACK}:{self.ports[1]}",
        }

    def get(self, path: str) -> tuple[int, str]:
        """Send a request through the gateway: status and body; status 0 when nothing answers."""
        answer = web.ask(self.proxy_url + path)
        return answer.status, answer.body
