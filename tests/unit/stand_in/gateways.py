# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways of the stand-in: directory trees with their own kong.conf, ports and environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests import web
from tests.certificates import cluster_certificate
from tests.servers import S3Server
from tests.servers.ports import LOOPBACK, free_ports
from tests.stand_in.install import install
from tests.stand_in.process import running
from tests.waiting import until
from tests.web import Answer


def ask(port: int, path: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """One request to a loopback port."""
    return web.ask(f"http://{LOOPBACK}:{port}{path}", method, body, headers)


@dataclass
class Gateway:
    """A directory tree with one installed gateway."""

    root: Path
    version: str = "3.11.0.14"
    edition: str = "enterprise"
    environ: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.upgrade(self.version)
        cluster_certificate().write(self.root)
        self.proxy, self.admin, self.cluster, self.status = free_ports(4)

    @property
    def conf(self) -> Path:
        return self.root / "kong.conf"

    @property
    def prefix(self) -> Path:
        return self.root / "prefix"

    @property
    def log(self) -> str:
        log = self.prefix / "logs" / "error.log"
        return log.read_text() if log.exists() else ""

    @property
    def pid(self) -> int:
        return int((self.prefix / "pids" / "nginx.pid").read_text())

    def upgrade(self, version: str) -> None:
        self.version = version
        self.kong = install(self.root / "bin", version, self.edition)

    def write(self, **changed: str | None) -> Gateway:
        """Write kong.conf, with some settings changed or, when None, left out."""
        self.settings = {
            "prefix": str(self.prefix),
            "cluster_cert": str(self.root / "cluster.crt"),
            "cluster_cert_key": str(self.root / "cluster.key"),
            "proxy_listen": f"{LOOPBACK}:{self.proxy}",
            "admin_listen": f"{LOOPBACK}:{self.admin}",
            "cluster_listen": f"{LOOPBACK}:{self.cluster}",
            "status_listen": f"{LOOPBACK}:{self.status}",
            **self.settings,
            **{name: value for name, value in changed.items() if value is not None},
        }
        for name in (name for name, value in changed.items() if value is None):
            self.settings.pop(name, None)
        self.conf.write_text("".join(f"{name} = {value}\n" for name, value in self.settings.items()))
        return self

    def control_plane(self, **changed: str | None) -> Gateway:
        return self.write(**{"role": "control_plane", **changed})

    def data_plane(self, cluster: int, **changed: str | None) -> Gateway:
        control_plane = f"{LOOPBACK}:{cluster}"
        return self.write(
            **{"role": "data_plane", "database": "off", "cluster_control_plane": control_plane, **changed}
        )

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.kong, *arguments],
            env={"PATH": os.environ["PATH"], **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def start(self) -> Gateway:
        done = self.run("start", "-c", str(self.conf))
        assert done.returncode == 0, done.stderr
        return self

    def stop(self) -> None:
        done = self.run("stop", "-p", str(self.prefix))
        assert done.returncode == 0, done.stderr

    def end(self) -> None:
        """Stop the gateway, if it runs: quicker than its own command."""
        pid_file = self.prefix / "pids" / "nginx.pid"
        pid = running(self.prefix)
        if pid:
            os.kill(pid, signal.SIGTERM)
            until(lambda: not pid_file.exists())

    def serve(self, path: str = "/demo", text: str = "hello") -> str:
        """Have the control plane answer ``path`` with ``text``; returns the id of the route."""
        route = ask(self.admin, "/routes", "POST", {"paths": [path]}).json["id"]
        config = {"status_code": 200, "message": text}
        plugin = {"name": "request-termination", "route": {"id": route}, "config": config}
        assert ask(self.admin, "/plugins", "POST", plugin).status == 201
        return str(route)

    def answers(self, text: str = "hello", path: str = "/demo") -> bool:
        return ask(self.proxy, path) == Answer(200, json.dumps({"message": text}))

    def ready(self) -> Answer:
        return ask(self.status, "/status/ready")


@dataclass(frozen=True)
class Bucket:
    """A bucket on moto, and what a gateway's environment needs for it."""

    server: S3Server
    name: str

    @cached_property
    def client(self) -> Any:
        return self.server.client()

    @property
    def environ(self) -> dict[str, str]:
        return {
            "AWS_REGION": self.server.region,
            "AWS_ACCESS_KEY_ID": self.server.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.server.root.secret_access_key,
            "AWS_CONFIG_STORAGE_ENDPOINT": f"{self.server.endpoint_url}/ignored/path",
        }

    @property
    def exporting(self) -> dict[str, str]:
        return {
            "cluster_fallback_config_export": "on",
            "cluster_fallback_config_storage": f"s3://{self.name}/prod",
            "cluster_fallback_config_export_delay": "1",
        }

    @property
    def importing(self) -> dict[str, str]:
        return {
            "cluster_fallback_config_import": "on",
            "cluster_fallback_config_storage": f"s3://{self.name}/prod",
        }

    def stored(self) -> list[str]:
        listed = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [each["Key"] for each in listed]

    def snapshot(self, version: str = "3.11.0.14") -> Any:
        """The snapshot of a version, None when there is none."""
        key = f"prod/{version}/config.json"
        if key not in self.stored():
            return None
        return json.loads(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())

    def put(self, body: Any, version: str = "3.11.0.14") -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.client.put_object(Bucket=self.name, Key=f"prod/{version}/config.json", Body=content)

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)


def configuration(text: str = "hello", path: str = "/demo", **more: Any) -> dict[str, Any]:
    """A declarative configuration that answers ``path`` with ``text``."""
    plugin = {"name": "request-termination", "config": {"status_code": 200, "message": text}}
    return {
        "_format_version": "3.0",
        "services": [{"name": "s", "host": "up", "routes": [{"name": "r", "paths": [path], "plugins": [plugin]}]}],
        **more,
    }
