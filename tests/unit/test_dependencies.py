# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/dependencies.md, requirements.in, requirements.lock and what is installed say the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.environment import clean_environment
from tests.checkout import CHECKOUT, COLLECTIONS
from tools import sbom

# SPDX names, and the classifiers and free texts of packages that do not use them yet.
COMPATIBLE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "GPL-3.0-or-later", "ISC", "MIT", "MIT-0"),
    *("MPL-2.0", "PSF-2.0"),
    *(
        "3-Clause BSD License",
        "Apache Software License",
        "BSD License",
        "ISC License (ISCL)",
        "MIT License",
        "MIT style",
        "Public Domain",
    ),
    *("DFSG approved", "GNU General Public License (GPL)", "GNU General Public License v3 or later (GPLv3+)"),
    *("Mozilla Public License 2.0 (MPL 2.0)", "Python Software Foundation License"),
}


def canonical(name: str) -> str:
    """Return the name under which an index files a package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for() -> set[str]:
    lines = (CHECKOUT / "requirements.in").read_text(encoding="utf-8").splitlines()
    return {canonical(line.partition("[")[0]) for line in lines if not line.startswith("#")}


def pinned() -> dict[str, str]:
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    return {canonical(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE)}


def documented() -> list[str]:
    page = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    names = re.findall(r"^\| ([\w-]+) \| .+ \| .+ \|$", page, re.MULTILINE)
    return [canonical(name) for name in names if name != "package"]


def licences(package: Distribution) -> set[str]:
    """Return every licence that a package's metadata names."""
    if expression := package.metadata.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) ", expression))
    classifiers = package.metadata.get_all("Classifier", [])
    return {text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")} or {
        package.metadata.get("License", "none").strip().splitlines()[0]
    }


def test_every_package_asked_for_has_its_reason_and_no_other_has() -> None:
    assert documented() == sorted(asked_for())


def test_every_package_asked_for_is_pinned() -> None:
    assert asked_for() <= set(pinned())


def test_what_is_installed_is_what_is_pinned() -> None:
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    installed = {f"{canonical(package.name)}=={package.version}" for package in distributions()}
    strays = {line for line in installed if not re.search(rf"^{re.escape(line)}[ \\]", lock, re.MULTILINE)}
    assert {line.partition("==")[0] for line in strays} <= {"pip", "setuptools"}  # those come with the environment


def test_every_licence_goes_together_with_ours() -> None:
    others = {package.name: licences(package) - COMPATIBLE for package in distributions()}
    assert {name: found for name, found in others.items() if found} == {}


def test_the_minimum_of_amazon_aws_is_one_number_and_the_tested_one_satisfies_it() -> None:
    galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    (from_galaxy,) = yaml.safe_load((CHECKOUT / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    assert galaxy["dependencies"] == {from_galaxy["name"]: from_galaxy["version"]}

    folder = CHECKOUT / ".venv" / "collections" / "ansible_collections" / "amazon" / "aws"
    tested = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"]
    minimum = from_galaxy["version"].removeprefix(">=")
    assert tuple(map(int, tested.split("."))) >= tuple(map(int, minimum.split(".")))


def test_every_module_documents_what_it_needs_where_it_runs() -> None:
    galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    client = (CHECKOUT / "meta/ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    on_controllers = [
        "python >= 3.11",
        *(f"{name} {version.replace('>=', '>= ')}" for name, version in galaxy["dependencies"].items()),
        *(line.replace(">=", " >= ") for line in client if not line.startswith("#")),
    ]
    modules = [f"kongops.fallback.{file.stem}" for file in (CHECKOUT / "plugins/modules").glob("*.py")]
    command = [Path(sys.executable).with_name("ansible-doc"), "--json", *modules]
    environment = {**clean_environment(), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    shown = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout
    documented = {module: answer["doc"] for module, answer in json.loads(shown).items()}
    needs = {module: doc.get("requirements") for module, doc in documented.items()}
    # It installs a program that runs without Ansible, and so needs more than the module itself.
    assert needs["kongops.fallback.audit_program"].pop().startswith("boto3 >= ")
    of_aws = set(yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]["aws"])
    without_keys = [line for line in on_controllers if not line.startswith("cryptography")]
    assert needs == {
        module: ["python >= 3.9"]
        if module.rpartition(".")[2] not in of_aws
        else on_controllers
        if "signing_key" in doc["options"]
        else without_keys
        for module, doc in documented.items()
    }


@pytest.mark.parametrize("name", ["sbom", "eda"])
def test_what_has_an_environment_of_its_own_is_pinned_by_hash_and_has_its_reason(name: str) -> None:
    asked = [line for line in (CHECKOUT / f"tools/{name}.in").read_text().splitlines() if not line.startswith("#")]
    lock = (CHECKOUT / f"tools/{name}.lock").read_text()
    documented = (CHECKOUT / "docs/dependencies.md").read_text()
    for package in asked:
        assert re.search(rf"^{package}==[\w.]+ \\\n +--hash=sha256:", lock, re.MULTILINE), package
        assert f"`{package}`" in documented or f"| {package} |" in documented, package


def test_the_report_names_the_licences_of_every_package() -> None:
    given = {
        "b": [{"license": {"id": "MIT"}}, {"license": {"name": "Some licence\nand its text"}}],
        "C": [],
        "a": [{"expression": "MIT OR Apache-2.0"}],
    }
    components = [{"name": name, "version": "1", "licenses": found} for name, found in given.items()]
    assert sbom.report({"components": components}) == (
        f"{sbom.HEAD}| a | 1 | MIT OR Apache-2.0 |\n| b | 1 | MIT, Some licence |\n| C | 1 | unknown |\n"
    )


SOUND: dict[str, Any] = {"name": "boto3", "version": "1.44.5", "vulns": []}
UNKNOWN = {"name": "ansible-core", "skip_reason": "Dependency not found on PyPI and could not be audited: ansible-core"}
FAULTY = {
    "name": "jinja2",
    "version": "2.10",
    "vulns": [{"id": "CVE-2019-10906", "fix_versions": ["2.10.1"]}, {"id": "CVE-2024-34064", "fix_versions": []}],
}


@pytest.mark.parametrize(
    ("packages", "found", "told"),
    [
        ([SOUND], [], "1 of 1 packages were looked up: no known vulnerabilities"),
        (
            [SOUND, FAULTY, UNKNOWN],
            ["jinja2 2.10: CVE-2019-10906, fixed in 2.10.1", "jinja2 2.10: CVE-2024-34064, not fixed yet"],
            "2 of 3 packages were looked up: 2 known vulnerabilities",
        ),
        ([UNKNOWN], [], f"Vulnerabilities were not looked up: {UNKNOWN['skip_reason']}"),
    ],
)
def test_known_vulnerabilities_are_listed_and_what_was_not_looked_up_is_not_called_sound(
    packages: list[Any], found: list[str], told: str
) -> None:
    assert sbom.vulnerabilities(json.dumps({"dependencies": packages}), "") == (found, told)


def test_a_database_that_cannot_be_reached_is_a_reason_and_not_a_failure() -> None:
    reason = "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org')"
    said = f"Traceback (most recent call last):\n{reason}\n"
    assert sbom.vulnerabilities("", said) == ([], f"Vulnerabilities were not looked up: {reason}")
