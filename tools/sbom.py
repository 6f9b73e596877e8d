# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a bill of materials of the packages of requirements.lock, a report on their licences, and their known faults.

    python -m tools.sbom

`sbom.cdx.json` (CycloneDX 1.6) and `licences.md` stay in `.cache/sbom/`; the same lock file gives the same bytes. The
programs that do it have an environment of their own, because their packages are not ours to develop with. A known
vulnerability is a failure; where the database cannot be asked, the reason is printed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools import tree

ROOT = tree.CACHE / "sbom"
LOCK = tree.CHECKOUT / "tools" / "sbom.lock"
LOOK_UP = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off", "--timeout", "10")
HEAD = "| package | version | licences |\n|---|---|---|\n"


def programs() -> Path:
    """Return the directory of the programs, in an environment that has what the lock file says."""
    environment = ROOT / "environment"
    uv, python = Path(sys.executable).with_name("uv"), environment / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, LOCK], check=True)
    return python.parent


def licences(component: Mapping[str, Any]) -> str:
    """Return what a component of the bill says of its licences, without the texts."""
    named = (
        each.get("expression") or each["license"].get("id") or each["license"]["name"]
        for each in component.get("licenses", [])
    )
    return ", ".join(sorted({name.strip().splitlines()[0] for name in named})) or "unknown"


def report(bill: Mapping[str, Any]) -> str:
    """Return the licences of all components as a table."""
    components = sorted(bill["components"], key=lambda component: component["name"].lower())
    return HEAD + "".join(f"| {each['name']} | {each['version']} | {licences(each)} |\n" for each in components)


def vulnerabilities(answer: str, said: str) -> tuple[list[str], str]:
    """Return the known vulnerabilities, and what was looked up, from what pip-audit answered and what else it said.

    A package that the database does not know is not a package without vulnerabilities.
    """
    try:
        packages = json.loads(answer)["dependencies"]
    except ValueError:
        return (
            [],
            f"Vulnerabilities were not looked up: {(said.strip().splitlines() or ['pip-audit said nothing'])[-1]}",
        )
    unknown = [each["skip_reason"] for each in packages if "skip_reason" in each]
    if len(unknown) == len(packages):
        return [], f"Vulnerabilities were not looked up: {(unknown or ['pip-audit was given no package'])[0]}"
    found = [
        f"{each['name']} {each['version']}: {fault['id']}, {_cure(fault['fix_versions'])}"
        for each in packages
        for fault in each.get("vulns", ())
    ]
    looked_up = f"{len(packages) - len(unknown)} of {len(packages)} packages were looked up"
    return found, f"{looked_up}: {len(found) or 'no'} known vulnerabilities"


def _cure(fixed_in: Sequence[str]) -> str:
    return f"fixed in {', '.join(fixed_in)}" if fixed_in else "not fixed yet"


def main() -> None:
    """Write both files, and end with a failure if a package has a known vulnerability."""
    ROOT.mkdir(parents=True, exist_ok=True)
    found_in, bill = programs(), ROOT / "sbom.cdx.json"
    how = ["--output-reproducible", "--spec-version", "1.6", "--output-file", bill]
    subprocess.run([found_in / "cyclonedx-py", "environment", *how, sys.executable], check=True)
    table = report(json.loads(bill.read_text(encoding="utf-8")))
    (ROOT / "licences.md").write_text(table, encoding="utf-8")
    print(f"{table.count(chr(10)) - 2} packages: {bill.relative_to(tree.CHECKOUT)} and licences.md next to it")
    asked = [found_in / "pip-audit", *LOOK_UP, "--requirement", tree.CHECKOUT / "requirements.lock"]
    answered = subprocess.run(asked, capture_output=True, text=True, check=False)
    found, told = vulnerabilities(answered.stdout, answered.stderr)
    print("\n".join((*found, told)))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
