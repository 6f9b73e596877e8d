# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's part in one operation: what is refused, that all files are written or none, and why a restart is needed."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.modules.cluster_fallback_node import ARGUMENT_SPEC, run
from tests.ansible.arguments import module_arguments
from tests.nginx_master import nginx_master

CONF = """\
# our gateway
role = data_plane
database = off
cluster_control_plane = cp.example.com:8005
cluster_cert = /etc/kong/cluster.crt
cluster_cert_key = /etc/kong/cluster.key
status_listen = off
prefix = {prefix}
"""
SECRET = "secret-canary-5a0c9f-of-this-test"
TASTE = """\
#!/bin/sh
test "$1" = check || exit 2
echo "$AWS_REGION" >> "$0.asked"
grep -q refuse-me "$2" && echo "no such thing: $AWS_SECRET_ACCESS_KEY" >&2 && exit 1
exit 0
"""


@dataclass(frozen=True)
class Node:
    """A directory that stands for a node, and the options of the module for it."""

    root: Path

    @property
    def kong_conf(self) -> Path:
        return self.root / "kong.conf"

    @property
    def environment_file(self) -> Path:
        return self.root / "fallback.env"

    @property
    def drop_in(self) -> Path:
        return self.root / "systemd/kong.service.d/kong-fallback.conf"

    @property
    def checks(self) -> list[str]:
        """The regions that the gateway's own check saw in its environment."""
        asked = self.root / "kong.asked"
        return asked.read_text().splitlines() if asked.exists() else []

    def contents(self) -> dict[str, tuple[bytes, int, int]]:
        """The node's files: content, mode and time."""
        files = [self.kong_conf, self.environment_file, self.drop_in]
        there = [(file, file.stat()) for file in files if file.exists()]
        return {file.name: (file.read_bytes(), stat.S_IMODE(seen.st_mode), seen.st_mtime_ns) for file, seen in there}

    def converge(self, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """What the module returns."""
        environment = {
            "path": str(self.environment_file),
            "region": "eu-west-1",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": SECRET,
            "service": "kong",
            "systemd_directory": str(self.root / "systemd"),
            **options.pop("environment", {}),
        }
        settings = {"node_role": "data_plane", "storage": "s3://kong-fallback/prod", **options.pop("settings", {})}
        arguments = {
            "path": str(self.kong_conf),
            "kong_command": str(self.root / "kong"),
            "gateway_version": "3.11.0.14",
            "environment": environment,
            "settings": settings,
            "_ansible_check_mode": check_mode,
            "_ansible_tmpdir": str(self.root / "tmp"),
            "_ansible_remote_tmp": str(self.root / "tmp"),
            **options,
        }
        with module_arguments(arguments):
            return run(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True))

    @contextmanager
    def running(self, started: float | None = None, with_environment: bool = True) -> Iterator[None]:
        """A gateway that runs with the settings of the files."""
        with nginx_master(self.root / "prefix"):
            when = started or time.time() + 60
            os.utime(self.root / "prefix/pids/nginx.pid", (when, when))
            settings = [line for line in self.kong_conf.read_text().splitlines() if line.startswith("cluster_fallback")]
            settings += [f"vault_fallback_environment = {self.environment_file}"] if with_environment else []
            (self.root / "prefix/.kong_env").write_text("\n".join(settings) + "\n")
            yield


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node that has its gateway and no part in the fallback yet."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "systemd").mkdir()
    (tmp_path / "kong").write_text(TASTE)
    (tmp_path / "kong").chmod(0o755)
    (tmp_path / "kong.conf").write_text(CONF.format(prefix=tmp_path / "prefix"))
    (tmp_path / "kong.conf").chmod(0o640)
    return Node(tmp_path)


def test_one_operation_brings_environment_drop_in_and_settings(node: Node) -> None:
    predicted = node.converge(check_mode=True)
    assert list(node.contents()) == ["kong.conf"]

    result = node.converge()

    assert result["changed_parts"] == predicted["changed_parts"] == ["environment", "drop_in", "kong_conf"]
    assert result["works"]
    assert result["settings"]["cluster_fallback_config_import"] == {"value": "on", "source": "file"}
    assert "cluster_fallback_config_import = on" in node.kong_conf.read_text()
    assert f"AWS_SECRET_ACCESS_KEY={SECRET}" in node.environment_file.read_text()
    assert str(node.environment_file) in node.drop_in.read_text()
    assert [mode for _content, mode, _time in node.contents().values()] == [0o640, 0o600, 0o644]
    assert SECRET not in json.dumps(result)
    assert node.checks == ["eu-west-1", "eu-west-1"], "the gateway checks with its new environment"

    again = node.converge()
    assert (again["changed"], again["changed_parts"]) == (False, [])
    assert len(node.checks) == 3, "a file that the settings name may be missing"


def test_absent_leaves_the_node_as_it_was(node: Node) -> None:
    before = node.kong_conf.read_bytes()
    node.converge()

    result = node.converge(state="absent")

    assert result["changed_parts"] == ["environment", "drop_in", "kong_conf"]
    assert node.kong_conf.read_bytes() == before
    assert not node.environment_file.exists()
    assert not node.drop_in.exists()
    assert not result["restart_needed"], "a stopped gateway stays stopped"
    assert not node.converge(state="absent")["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("line", "options", "says"),
    [
        ("role = control_plane\n", {}, "cannot import"),
        ("", {"environment": {"region": ""}}, "(fact 2.3)"),
        ("", {"environment": {"access_key_id": "", "secret_access_key": ""}}, "(fact 2.4)"),
        ("declarative_config = /etc/kong/kong.yml\n", {}, "hides the imported snapshot"),
        ("", {"environment_files": ["/none/such.env"]}, "/none/such.env does not exist"),
        ("", {"settings": {"storage": ""}}, "settings.storage"),
        ("", {"gateway_version": "3.1.1.6"}, "which 3.2 introduced"),
        ("# refuse-me\n", {}, "The gateway refuses the new configuration"),
    ],
)
def test_what_would_not_work_is_refused_with_nothing_written(
    node: Node, line: str, options: dict[str, Any], says: str, check_mode: bool
) -> None:
    node.kong_conf.write_text(node.kong_conf.read_text() + line)
    before = node.contents()

    with pytest.raises((InvalidInput, OperationFailed)) as refused:
        node.converge(check_mode, **options)

    assert says in str(refused.value)
    assert SECRET not in str(refused.value)
    assert node.contents() == before


def test_the_instance_role_stands_for_keys(node: Node) -> None:
    result = node.converge(instance_role=True, environment={"access_key_id": None, "secret_access_key": None})
    assert result["works"]
    assert result["access_key_id"] is None
    assert result["variables"] == ["AWS_REGION", "AWS_DEFAULT_REGION"]


def test_draft_names_are_written_as_asked_and_never_called_working(node: Node) -> None:
    result = node.converge(gateway_version="3.1.1.6", settings={"parameter_names": "draft"})
    assert "cluster_fallback_config = on" in node.kong_conf.read_text()
    assert not result["works"]
    assert result["parameter_names"] == "draft"


@pytest.mark.parametrize("existed", [False, True])
def test_if_a_later_file_cannot_be_written_the_earlier_ones_are_put_back(
    node: Node, monkeypatch: pytest.MonkeyPatch, existed: bool
) -> None:
    if existed:
        node.environment_file.write_text("TZ=UTC\n")
        node.environment_file.chmod(0o644)
        os.utime(node.environment_file, (1_000_000_000, 1_000_000_000))
    before = node.contents()
    move = os.rename

    def move_or_fail(source: str, target: str) -> None:
        if target == str(node.kong_conf):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        move(source, target)

    monkeypatch.setattr(os, "rename", move_or_fail)

    with pytest.raises(OperationFailed, match=r"Cannot write .*kong\.conf \(No space left on device\): make room on"):
        node.converge(settings={"backup": True})

    assert node.contents() == before
    assert not node.drop_in.parent.exists()
    assert not list(node.root.glob("kong.conf.*~"))


def test_the_first_look_at_a_running_gateway_asks_for_a_restart_and_the_next_one_after_it_does_not(node: Node) -> None:
    assert node.converge(check_mode=True)["restart_reason"] == "The gateway is not running."
    node.converge()
    with node.running():
        settled = node.converge(check_mode=True)
        assert (settled["running"], settled["restart_needed"], settled["restart_reason"]) == (True, False, "")
        changed = node.converge(environment={"region": "eu-west-2"})
    assert (
        changed["restart_reason"] == f"A change of {node.environment_file} takes effect only when the gateway starts."
    )


def test_a_run_that_broke_off_before_the_restart_is_noticed_by_the_next_one(node: Node) -> None:
    node.converge()
    with node.running(started=time.time() - 3600):
        result = node.converge()
    assert not result["changed"]
    assert str(node.environment_file) in result["restart_reason"]
    assert str(node.drop_in) in result["restart_reason"]


def test_a_gateway_that_started_without_its_environment_file_must_restart(node: Node) -> None:
    node.converge()
    with node.running(with_environment=False):
        result = node.converge()
    assert not result["changed"]
    assert result["restart_reason"] == f"The gateway started without the variables of {node.environment_file}."


def test_a_file_with_another_mode_is_corrected_without_a_restart(node: Node) -> None:
    node.converge()
    node.environment_file.chmod(0o644)
    with node.running():
        result = node.converge()
    assert result["changed_parts"] == ["environment"]
    assert not result["restart_needed"]
    assert stat.S_IMODE(node.environment_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", ["u=rw,g=,o=", 0o600, "0600"])
def test_permissions_are_given_in_every_way_that_ansible_knows(node: Node, mode: Any) -> None:
    node.converge(environment={"mode": mode})
    assert stat.S_IMODE(node.environment_file.stat().st_mode) == 0o600
