# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example for Docker Compose fits the defaults of the roles and holds no secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import STORE_VARIABLES
from tests.checkout import CHECKOUT

EXAMPLES = CHECKOUT / "docs/examples"
TEXT = (EXAMPLES / "compose.yml").read_text()
KONG: dict[str, Any] = yaml.safe_load(TEXT)["services"]["kong"]
DEFAULTS: dict[str, Any] = yaml.safe_load((CHECKOUT / "roles/node/defaults/main.yml").read_text())
GUIDE = (CHECKOUT / "docs/compose.md").read_text()
VARIABLES: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0])


def test_the_environment_file_is_the_one_that_the_role_writes_and_must_be_there() -> None:
    assert KONG["env_file"] == [{"path": DEFAULTS["kong_fallback_environment_file"], "required": True}]


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


def test_the_variables_of_the_guide_are_those_of_the_roles() -> None:
    assert set(VARIABLES) <= set(DEFAULTS)
    assert "--force-recreate" in VARIABLES["kong_fallback_restart_command"]


def test_the_program_of_the_guide_is_a_shell_script_that_runs_the_service(tmp_path: Path) -> None:
    script = EXAMPLES / Path(VARIABLES["kong_fallback_kong_command"]).name
    (tmp_path / "docker").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "docker").chmod(0o755)
    said = subprocess.run(
        [script, "check", "/a file"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "/home/kong"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "/home/kong/.ansible/tmp:/home/kong/.ansible/tmp:ro" in said.stdout.splitlines()
    assert said.stdout.endswith("--entrypoint\nkong\nkong\ncheck\n/a file\n")
