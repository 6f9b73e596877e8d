# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that Ansible never logs in to: its control plane lists the hosts, and jobs on the storage do their work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.ansible import run_playbook
from tests.ansible.environment import clean_environment
from tests.archive_keys import new_key
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.fleet.cluster import Cluster
from tests.servers.scripted import Reply, scripted
from tests.waiting import until

TOKEN = "token-canary-51d0"
NO_WAY_IN = {"ansible_connection": "ssh", "ansible_host": "192.0.2.1", "ansible_ssh_executable": "/bin/false"}
"""A connection that fails as soon as it is used."""


JOBS = "".join(
    f"- import_playbook: kongops.fallback.{name}\n"
    for name in ("storage", "archive", "verify", "promote", "upgrade_check", "audit", "rollback")
)


def inventory_of(directory: Path, admin_url: str, variables: dict[str, Any], cached: bool = False) -> Path:
    """The example of an inventory, for our control plane: its data planes, and a backup node."""
    directory.mkdir(exist_ok=True)
    example = CHECKOUT / "examples/no-login"
    source = yaml.safe_load((example / "production.kong_data_planes.yml").read_text())
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(directory / "cache")}
    ours = {**source, "admin_url": admin_url, **(cache if cached else {})}
    (directory / "production.kong_data_planes.yml").write_text(json.dumps(ours))
    static = yaml.safe_load((example / "static.yml").read_text())
    static["all"]["vars"] |= variables
    static["all"]["children"]["kong_data_plane"]["vars"] = NO_WAY_IN
    static["all"]["children"]["kong_backup_node"]["vars"] |= NO_WAY_IN
    (directory / "static.yml").touch(mode=0o600)
    (directory / "static.yml").write_text(json.dumps(static))
    return directory


def listed(inventory: Path) -> subprocess.CompletedProcess[str]:
    """What ansible-inventory says of it."""
    program = Path(sys.executable).with_name("ansible-inventory")
    environment = {
        **clean_environment(),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(inventory / "home"),
        "KONG_ADMIN_TOKEN": TOKEN,
    }
    command = [program, "-i", inventory / "production.kong_data_planes.yml", "--list", "--export", "-vvvv"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def warned(done: subprocess.CompletedProcess[str]) -> str:
    """What it warned of, on one line; older releases of ansible-core break lines."""
    return " ".join(done.stderr.split())


def test_the_control_plane_gives_the_inventory_and_the_cache_keeps_it(cluster: Cluster, tmp_path: Path) -> None:
    data_plane = cluster.new_data_plane("dp1")
    data_plane.start()
    until(lambda: data_plane.get("/hello")[0] == 200, 30)
    inventory = inventory_of(tmp_path / "inventory", cluster.control_plane.admin_url, {}, cached=True)

    found = listed(inventory)
    hosts = json.loads(found.stdout[found.stdout.index("\n{") :])
    (host,) = hosts["kong_data_plane"]["hosts"]
    assert hosts["kong_version_3_11_0_14"]["hosts"] == hosts["kong_sync_status_normal"]["hosts"] == [host]
    told = hosts["_meta"]["hostvars"][host]
    # Ansible marks what no template may come from, because a data plane says it of itself.
    variables = {name: value["__ansible_unsafe"] if isinstance(value, dict) else value for name, value in told.items()}
    assert variables["kong_fallback_gateway_version"] == "3.11.0.14"
    assert variables["kong_fallback_login"] is False
    assert len(variables["kong_data_plane_configuration_hash"]) == 32
    assert hosts[f"serves_{variables['kong_data_plane_configuration_hash'][:8]}"]["hosts"] == [host]

    cluster.control_plane.stop()
    assert host in listed(inventory).stdout
    unreached = listed(inventory_of(tmp_path / "uncached", cluster.control_plane.admin_url, {}))
    assert f"The Admin API at {cluster.control_plane.admin_url} is unreachable (" in warned(unreached)
    assert TOKEN not in found.stdout + found.stderr + unreached.stdout + unreached.stderr


def test_a_list_that_is_refused_or_never_ends_is_one_sentence_without_the_token(tmp_path: Path) -> None:
    with scripted(lambda _asked: Reply(403, TOKEN.encode())) as server:
        refused = listed(inventory_of(tmp_path / "refused", server.url, {}))
        assert [asked.headers["kong-admin-token"] for asked in server.asked] == [TOKEN]
    assert "does not let this user list its data planes (403): set admin_token, or the environment" in warned(refused)
    with scripted(lambda _asked: Reply(200, b'{"data": [' + b" " * 100, pause=0.5)) as server:
        inventory = inventory_of(tmp_path / "slow", server.url, {})
        source = inventory / "production.kong_data_planes.yml"
        source.write_text(json.dumps({**json.loads(source.read_text()), "timeout": 1}))
        slow = listed(inventory)
    assert f"Could not ask the Admin API at {server.url} for its data planes within 1 seconds" in warned(slow)
    with scripted(lambda _asked: Reply(302, headers={"Location": "http://127.0.0.1:1/login"})) as server:
        elsewhere = listed(inventory_of(tmp_path / "elsewhere", server.url, {}))
    assert f"The Admin API at {server.url} answers 302 when asked" in warned(elsewhere)
    for said in (refused, slow, elsewhere):
        assert TOKEN not in said.stdout + said.stderr
        assert "Traceback" not in said.stderr


def test_the_jobs_on_the_storage_need_no_login(cluster: Cluster, tmp_path: Path) -> None:
    key = tmp_path / "archive.key"
    key.touch(mode=0o600)
    key.write_text(new_key().private)
    cluster.export()
    data_plane = cluster.new_data_plane("dp1")
    data_plane.start()
    until(lambda: data_plane.get("/hello")[0] == 200, 30)
    (exported,) = cluster.server.client().list_object_versions(Bucket=cluster.bucket, Prefix=cluster.snapshot_key())[
        "Versions"
    ]
    variables = {
        **cluster.fleet.variables,
        **cluster.operator,
        "kong_fallback_secret_store": {"type": "file", "name": str(tmp_path / "keys")},
        "kong_fallback_gateway_version": cluster.fleet.version,
        "kong_fallback_signing_key": {"type": "file", "name": str(key)},
        "kong_fallback_from_version": cluster.fleet.version,
        "kong_fallback_to_version": "3.12.0.9",
        "kong_fallback_audit_fail_on": "error",
        "kong_fallback_from_version_id": exported["VersionId"],
    }
    inventory = inventory_of(tmp_path / "inventory", cluster.control_plane.admin_url, variables)

    done = run_playbook(JOBS, tmp_path / "run", inventory=inventory)
    assert done.code == 0, done.output
    assert "1 of 1 serve; exporter control-plane.example.com not looked at" in done.output
    assert (
        "would come up: unknown, because Ansible logs in to no data plane of 3.11.0.14, so none has tried the import"
    ) in done.output
    changed = [
        "Publish the snapshot",
        "Archive each snapshot that gateways serve, and remove what the retention no longer keeps",
    ]
    assert set(changed) <= set(done.changed)

    refused = run_playbook(Path("kongops.fallback.data_plane"), tmp_path / "run", inventory=inventory)
    assert refused.code != 0
    assert "kong_fallback_login is false, and data_plane works on the nodes themselves" in refused.output
