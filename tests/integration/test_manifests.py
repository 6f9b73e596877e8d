# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests are judged before anything is deployed: a folder by the example playbook, one container by the module."""

from __future__ import annotations

import json
from pathlib import Path

from tests.ansible import run_module, run_playbook
from tests.checkout import CHECKOUT

EXAMPLES = CHECKOUT / "docs/examples/manifests"
FAULTY = """\
services:
  proxy: {image: "kong:3.9", environment: [KONG_ROLE=data_plane]}
  another: {image: postgres}
"""


def test_a_folder_of_manifests_is_refused_with_every_reason(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    for name in ("kubernetes.yml", "ecs.json", "compose.yml"):
        (folder / name).write_text((EXAMPLES / name).read_text())
    (folder / "faulty.yaml").write_text(FAULTY)
    run = run_playbook(EXAMPLES / "diagnose.yml", tmp_path / "run", "-e", json.dumps({"manifests": str(folder)}))
    assert run.code == 2
    said = run["Refuse gateways that would not export or import"]["msg"]
    assert said.startswith(f"{folder}/faulty.yaml, service proxy: kong:3.9 is the open-source gateway, which ignores")
    assert len(said.splitlines()) == 1


def test_a_container_is_judged_without_a_node_and_without_its_secrets_in_the_answer() -> None:
    environment = {
        "KONG_ROLE": "data_plane",
        "KONG_DATABASE": False,
        "KONG_CLUSTER_FALLBACK_CONFIG_IMPORT": "on",
        "KONG_CLUSTER_FALLBACK_CONFIG_EXPORT": "yes",
        "KONG_CLUSTER_FALLBACK_CONFIG_STORAGE": "s3://kong-fallback/prod",
        "KONG_PG_PASSWORD": "secret-canary",
    }
    answer = run_module(
        "cluster_fallback_config_info", {"environment": environment, "image": "kong/kong-gateway:3.11.0.14"}
    )
    codes = {finding["code"] for finding in answer["findings"]}
    assert {"boolean-value", "region-missing", "credentials-missing", "data-plane-setting"} <= codes
    assert (answer["gateway_version"], answer["works"], answer["running"]) == ("3.11.0.14", False, False)
    assert any("cluster_fallback_config_export is 'yes'" in reason for reason in answer["reasons"])
    assert "secret-canary" not in answer["printed"]


def test_an_image_that_tells_no_release_is_the_only_finding() -> None:
    answer = run_module("cluster_fallback_config_info", {"image": "kong/kong-gateway:latest"})
    assert [finding["code"] for finding in answer["findings"]] == ["image-tag"]
    assert not answer["works"]
