# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of all kinds go into a fleet, and are sought wherever a playbook leaves or shows something."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.archive_keys import new_key
from tests.fleet.cluster import Cluster, running_cluster
from tests.fleet.host import DATABASE_PASSWORD
from tests.reliability.trials import Trial, Trials
from tests.servers import S3Server

PLANTED = {
    "the token for the Admin API": "canary-admin-token-5f0e9a71c2",
    "a variable of the operator": "canary-environment-8d1c44b09e",
    "a consumer's key in the snapshot": "canary-consumer-key-0b77d6f3a8",
}
NOWHERE = ("-e", "kong_fallback_endpoint_url=http://127.0.0.1:9")
VERSIONS = ("-e", "kong_fallback_from_version=3.11.0.14", "-e", "kong_fallback_to_version=3.12.0.9")
RUNS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("site", "--check"), True),
    (("site",), True),
    (("archive",), True),
    (("audit",), True),
    (("promote", *VERSIONS), True),
    (("rotate_credentials", "-e", "kong_fallback_key_max_age_days=0"), True),
    (("verify", *NOWHERE), False),
    (("storage", *NOWHERE), False),
)
"""The playbooks, each with its arguments, and whether it succeeds: what fails says most."""
_PAUSE = 0.05


@dataclass
class Processes:
    """What shows in the list of processes while a playbook runs, the gateways' own environment aside (fact 2.1)."""

    seen: dict[str, str] = field(default_factory=lambda: {"process list": "", "environment of processes": ""})
    looks: int = 0

    def look(self, secrets: Mapping[str, str]) -> None:
        """Look once at all processes."""
        self.looks += 1
        for process in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                command, environment = (Path("/proc", process, name).read_bytes() for name in ("cmdline", "environ"))
                if b"EVENTS_FILE=" not in environment:  # of another program, or a gateway
                    continue
                for place, content in zip(self.seen, (command, environment), strict=True):
                    self.seen[place] = self.seen[place] or found_in(content, secrets)


def found_in(content: bytes, secrets: Mapping[str, str]) -> str:
    """Which secrets are there, by what they are."""
    return ", ".join(what for what, secret in secrets.items() if secret.encode() in content)


def canaries(server: S3Server, directory: Path) -> Trials:
    """Run the playbooks with the most that Ansible prints and keeps, and look for the secrets in all of it."""
    with _fleet(server, directory) as cluster:
        for (playbook, *arguments), succeeds in RUNS:
            yield from _run(cluster, directory, succeeds, playbook, *arguments)


@contextmanager
def _fleet(server: S3Server, directory: Path) -> Iterator[Cluster]:
    with running_cluster(directory / "cluster", server) as cluster:
        key = directory / "archive.key"
        key.touch(mode=0o600)
        key.write_text(new_key().private)
        cluster.control_plane.configure("/consumers", {"username": "anna"})
        cluster.control_plane.configure(
            "/consumers/anna/key-auth", {"key": PLANTED["a consumer's key in the snapshot"]}
        )
        cluster.fleet.variables |= {
            **cluster.operator,
            "kong_fallback_secret_store": {"type": "file", "name": str(directory / "keys")},
            "kong_fallback_signing_key": {"type": "file", "name": str(key)},
            "kong_fallback_admin_url": cluster.control_plane.admin_url,
            "kong_fallback_admin_headers": {"Kong-Admin-Token": PLANTED["the token for the Admin API"]},
            "kong_fallback_environment": {"OUR_PASSWORD": PLANTED["a variable of the operator"]},
            "kong_fallback_report_directory": str(directory / "reports"),
            "kong_fallback_rotation_grace": 0,
        }
        cluster.fleet.backup_node = {"kong_fallback_export_delay": 1}
        cluster.fleet.data_plane = {}
        cluster.new_data_plane("dp1")
        yield cluster


def _run(cluster: Cluster, directory: Path, succeeds: bool, playbook: str, *arguments: str) -> Trials:
    start, secrets, processes, is_over = time.monotonic(), _secrets(cluster, directory), Processes(), threading.Event()

    def watch() -> None:
        while not is_over.wait(_PAUSE):
            processes.look(secrets)

    kept = {name: directory / name for name in ("fact cache", "log", "temporary files", "reports")}
    for name in ("fact cache", "temporary files", "reports"):
        kept[name].mkdir(exist_ok=True)
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        run = cluster.fleet.play(
            f"kongops.fallback.{playbook}",
            "-vvvv",
            "--diff",
            *arguments,
            environment={
                "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(kept["fact cache"]),
                "ANSIBLE_LOG_PATH": str(kept["log"]),
                "ANSIBLE_REMOTE_TMP": str(kept["temporary files"]),
                "TMPDIR": str(kept["temporary files"]),
            },
        )
    finally:
        is_over.set()
        thread.join()
    # What this run has created is secret too.
    secrets = {**_secrets(cluster, directory), **{f"{what} before": secret for what, secret in secrets.items()}}
    events = cluster.fleet.directory / "run/events.jsonl"
    shown = {
        "stdout at -vvvv": found_in(run.output.encode(), secrets),
        "JSON of the results": found_in(events.read_bytes(), secrets),
        **{name: _in_files(path, secrets) for name, path in kept.items()},
        "files that others may read": _readable(directory, [host.root for host in cluster.fleet.hosts], secrets),
        **processes.seen,
    }
    what = " ".join((playbook, *arguments))
    for place, found in shown.items():
        yield Trial("places sought for secrets", f"{what}: {place}", 0.0, f"secret: {found}" if found else "")
    is_right = (run.code == 0) == succeeds and processes.looks > 1
    says = "" if is_right else f"ended with {run.code}, seen {processes.looks} times: {run.output[-500:]}"
    yield Trial("playbooks with planted secrets", what, time.monotonic() - start, says)


def _secrets(cluster: Cluster, directory: Path) -> dict[str, str]:
    """All that must be nowhere, by what it is."""
    private = [line for line in (directory / "archive.key").read_text().splitlines() if not line.startswith("-")]
    stored = {file.name: json.loads(file.read_text())["secret_access_key"] for file in directory.glob("keys/*")}
    return {
        **PLANTED,
        "the operator's key": cluster.server.root.secret_access_key,
        "the key that signs": max(private, key=len),
        "the database's password": DATABASE_PASSWORD,
        **{f"the key to {access}": secret for access, secret in stored.items()},
    }


def _in_files(place: Path, secrets: Mapping[str, str]) -> str:
    found: dict[str, Any] = {}
    for file in [place] if place.is_file() else place.rglob("*"):
        with suppress(OSError):
            if file.is_file() and (what := found_in(file.read_bytes(), secrets)):
                found[file.name] = what
    return "; ".join(f"{what} in {name}" for name, what in found.items())


def _readable(directory: Path, hosts: Sequence[Path], secrets: Mapping[str, str]) -> str:
    """Files with a secret that others than their owner may read, apart from what a gateway writes, and kong.conf."""
    found = []
    for file in directory.rglob("*"):
        is_gateways = any(file.is_relative_to(root / "usr") or file.is_relative_to(root / "etc") for root in hosts)
        if is_gateways and file.name != "fallback.env":
            continue
        with suppress(OSError):
            if file.is_file() and file.stat().st_mode & 0o077 and (what := found_in(file.read_bytes(), secrets)):
                found.append(f"{what} in {file.relative_to(directory)}")
    return "; ".join(found)
