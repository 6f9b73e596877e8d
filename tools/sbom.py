# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a bill of materials of the packages of requirements.lock, and a report on their licences.

    python -m tools.sbom

`sbom.cdx.json` (CycloneDX 1.6) and `licences.md` stay in `.cache/sbom/`; the same lock file gives the same bytes. The
program that writes the former has an environment of its own, because its packages are not ours to develop with.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import tree

ROOT = tree.CACHE / "sbom"
LOCK = tree.CHECKOUT / "tools" / "sbom.lock"
HEAD = "| package | version | licences |\n|---|---|---|\n"


def generator() -> Path:
    """Return the program that writes bills of materials, in an environment that has what the lock file says."""
    environment = ROOT / "environment"
    uv, python = Path(sys.executable).with_name("uv"), environment / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, LOCK], check=True)
    return environment / "bin" / "cyclonedx-py"


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


def main() -> None:
    """Write both files."""
    ROOT.mkdir(parents=True, exist_ok=True)
    bill = ROOT / "sbom.cdx.json"
    how = ["--output-reproducible", "--spec-version", "1.6", "--output-file", bill]
    subprocess.run([generator(), "environment", *how, sys.executable], check=True)
    table = report(json.loads(bill.read_text(encoding="utf-8")))
    (ROOT / "licences.md").write_text(table, encoding="utf-8")
    print(f"{table.count(chr(10)) - 2} packages: {bill.relative_to(tree.CHECKOUT)} and licences.md beside it")


if __name__ == "__main__":
    main()
