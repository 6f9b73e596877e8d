# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example for Docker Compose fits the defaults of the roles and holds no secret."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import STORE_VARIABLES
from tests.checkout import CHECKOUT

EXAMPLES = CHECKOUT / "docs/examples"
TEXT = (EXAMPLES / "compose.yml").read_text()
KONG: dict[str, Any] = yaml_load(TEXT)["services"]["kong"]
DEFAULTS: dict[str, Any] = yaml_load((CHECKOUT / "roles/node/defaults/main.yml").read_text())
Run = Callable[..., "subprocess.CompletedProcess[str]"]
GUIDE = (CHECKOUT / "docs/compose.md").read_text()
VARIABLES: dict[str, Any] = yaml_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0])


def test_the_environment_file_is_the_one_that_the_role_writes_and_need_not_be_there_before() -> None:
    assert KONG["env_file"] == [{"path": DEFAULTS["kong_fallback_environment_file"], "required": False}]


def test_the_directory_of_kong_conf_is_mounted_and_not_the_file() -> None:
    directory = str(Path(DEFAULTS["kong_fallback_kong_conf"]).parent)
    assert f"{directory}:{directory}:ro" in KONG["volumes"]
    assert f"{KONG['environment']['KONG_PREFIX']}:{KONG['environment']['KONG_PREFIX']}" in KONG["volumes"]
    assert not any(volume.split(":")[1].startswith("/usr/local/kong") for volume in KONG["volumes"])


def test_health_is_asked_for_and_a_fallback_start_has_its_time() -> None:
    assert KONG["healthcheck"]["test"] == ["CMD", "kong", "health"]
    assert KONG["healthcheck"]["start_period"] == f"{DEFAULTS['kong_fallback_ready_timeout']}s"


def test_the_example_holds_no_credentials() -> None:
    assert not set(KONG["environment"]) & set(STORE_VARIABLES)
    assert not re.search("key|secret|token|password", re.sub(r"#.*", "", TEXT), re.IGNORECASE)


def test_image_and_variables_name_one_and_the_same_full_version() -> None:
    version = KONG["image"].rpartition(":")[2]
    assert str(parse_version(version)) == version == VARIABLES["kong_fallback_gateway_version"]


def test_the_variables_of_the_guide_are_those_of_the_roles_and_a_start_ends_in_its_time() -> None:
    assert set(VARIABLES) <= set(DEFAULTS)
    restart = VARIABLES["kong_fallback_restart_command"]
    assert "--force-recreate" in restart
    assert int(re.findall(r"--wait-timeout (\d+)", restart)[0]) > DEFAULTS["kong_fallback_ready_timeout"]


@pytest.fixture
def kong(tmp_path: Path) -> Run:
    """The program of the guide, whose docker prints its arguments and its input; run with `geheim` in a variable."""
    (tmp_path / "docker").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\ncat\n')
    (tmp_path / "docker").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "/root", "AWS_SECRET_ACCESS_KEY": "geheim"}
    script = EXAMPLES / Path(VARIABLES["kong_fallback_kong_command"]).name

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([script, *arguments], env=environment, capture_output=True, text=True, check=False)

    return run


def test_the_program_of_the_guide_passes_variables_on_without_their_values(kong: Run) -> None:
    said = kong("version").stdout
    assert "run\n--rm\n--no-deps\n-T\n--env=AWS_SECRET_ACCESS_KEY\n--entrypoint\nsh\nkong\n" in said
    assert said.endswith("/dev/null\nversion\n")
    assert "geheim" not in said
    assert "--user" not in said


def test_the_program_of_the_guide_passes_a_file_that_the_container_does_not_see_on_as_input(
    kong: Run, tmp_path: Path
) -> None:
    file = tmp_path / "a file"
    file.write_text("role = data_plane\n")
    assert kong("check", file).stdout.endswith(f"{file}\ncheck\n{file}\nrole = data_plane\n")
    assert kong("check", "/etc/kong/kong.conf").stdout.endswith("/dev/null\ncheck\n/etc/kong/kong.conf\n")


def test_the_program_of_the_guide_refuses_what_it_could_not_end(kong: Run) -> None:
    refused = kong("start", "-c", "/etc/kong/kong.conf")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "kong-in-compose runs version, check and config parse, not: start -c /etc/kong/kong.conf\n"
