# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests are judged before anything is deployed: a folder by the playbook, one container by the module."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.ansible import Run, run_module, run_playbook
from tests.manifests import IMAGE, PLANTED, PLATFORMS, deployed, variables_with

DIAGNOSE = Path("kongops.fallback.diagnose")
WRITER = {
    "KONG_CLUSTER_FALLBACK_CONFIG_EXPORT": "on",
    "KONG_PROXY_LISTEN": "127.0.0.1:8000",
    "AWS_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE",
}


def folder_of(directory: Path, manifests: Iterable[tuple[str, Any]]) -> Path:
    """A folder with these manifests, in JSON and in YAML by turns, and a file that is none."""
    directory.mkdir()
    for number, (name, document) in enumerate(manifests):
        platform = directory / name.partition("-")[0]
        platform.mkdir(exist_ok=True)
        kind, dump = (("json", json.dumps), ("yml", yaml.safe_dump))[number % 2]
        (platform / f"{name}.{kind}").write_text(dump(document))
    (directory / "values.yaml").write_text("replicas: 2\n")
    return directory


def diagnose(manifests: Path, tmp_path: Path) -> tuple[Run, dict[str, Any]]:
    """Run the playbook on a folder, without an inventory of hosts; and the report that it leaves."""
    variables = {"kong_fallback_manifests": str(manifests), "kong_fallback_report_directory": str(tmp_path)}
    run = run_playbook(DIAGNOSE, tmp_path / "run", variables=variables)
    report = tmp_path / "manifests.json"
    return run, json.loads(report.read_text()) if report.exists() else {}


def test_a_hundred_manifests_with_a_fault_each_are_diagnosed_exactly_and_their_corrections_are_clean(
    tmp_path: Path,
) -> None:
    exporter = ("ecs-exporter", deployed("ecs", IMAGE, variables_with(WRITER)))
    shared = variables_with({"AWS_ACCESS_KEY_ID": WRITER["AWS_ACCESS_KEY_ID"]})
    planted = {
        f"{platform}-{number:02}-{code}": (code, deployed(platform, image or IMAGE, variables_with(changes)))
        for platform in PLATFORMS
        for number, (image, changes, code) in enumerate(PLANTED)
    }
    planted |= {f"{each}-99-shared-key": ("shared-key", deployed(each, IMAGE, shared)) for each in PLATFORMS}
    assert len(planted) > 100
    documents = {name: document for name, (_code, document) in planted.items()}
    faulty = folder_of(tmp_path / "faulty", [exporter, *documents.items()])

    run, report = diagnose(faulty, tmp_path)

    assert run.code == 2
    found: dict[str, set[str]] = {}
    for finding in report["findings"]:
        found.setdefault(Path(finding["file"]).stem, set()).add(finding["code"])
    assert found == {name: {code} for name, (code, _document) in planted.items()}
    refusals = run["Refuse gateways that would not export or import"]["msg"]
    assert len(refusals) == len([each for each in report["findings"] if each["severity"] == "error"])
    assert all(refusal.startswith(f"{faulty}/") for refusal in refusals)
    assert "geheim" not in run.output + json.dumps(report)

    good = [(f"{name}-corrected", deployed(name.partition("-")[0], IMAGE, variables_with({}))) for name in planted]
    clean, report = diagnose(folder_of(tmp_path / "good", [exporter, *good]), tmp_path)
    assert clean.code == 0, clean.output
    assert report["findings"] == []
    assert len(report["gateways"]) == len(planted) + 1
    assert f"{len(planted) + 1} gateways in {len(planted) + 2} manifests of {tmp_path}/good would" in clean.output


def test_a_folder_without_a_gateway_or_with_a_template_is_refused(tmp_path: Path) -> None:
    nothing, _report = diagnose(folder_of(tmp_path / "nothing", []), tmp_path)
    assert nothing.code == 2
    assert "None of the 1 manifests in" in nothing.output
    (tmp_path / "nothing/kong.yml").write_text("image: {{ .Values.image }}\n- a")
    template, _report = diagnose(tmp_path / "nothing", tmp_path)
    assert "is not YAML or JSON in line" in template.output
    assert "if it is a template, render it first" in template.output


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
