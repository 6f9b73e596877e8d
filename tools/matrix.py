# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test with each ansible-core that the collection supports, in an environment of its own.

    python -m tools.matrix [--short] [RELEASE ...]

All other packages have the versions of requirements.lock. The short form sets up one cluster and drills on it with
the oldest and with the newest release; the long form also runs the unit tests, and rotates the keys.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tools import tree
from tools.pythons import interpreter

ROOT = tree.CACHE / "matrix"
# Each release with a Python that it runs on; together they are all Pythons of a controller.
PYTHONS = {"2.18": "3.11", "2.19": "3.12", "2.20": "3.12", "2.21": "3.13"}
# Without the test that counts the printed lines, because ansible-core 2.18 breaks long warnings.
DRILL = "tests/integration/test_outage_drill.py::test_the_playbook_tries_a_route_of_the_snapshot_and_reports"
LONG = ["tests/unit/plugins", "tests/integration/test_site.py", DRILL, "-k", "not says_little"]
SHORT = ["tests/integration/test_site.py", DRILL, "-k", "serve or verdict or tries_a_route"]
# Each release of ansible-core needs a version of its own.
OF_ITS_OWN = ("ansible-core==", "resolvelib==")
# What only the other make targets need; some of it asks for one ansible-core.
OTHER_TOOLS = {"ansible-core", "ansible-lint", "galaxy-importer", "molecule", "ansible-builder", "antsibull-docs"}


def requirements() -> list[str]:
    """Return what the tests need, without a version."""
    lines = (tree.CHECKOUT / "requirements.in").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and line[0] != "#" and line not in OTHER_TOOLS]


def pins() -> list[str]:
    """Return the versions of requirements.lock as constraints, without those that depend on the release."""
    lock = (tree.CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", lock, re.MULTILINE)
    return [pin for pin in pinned if not pin.startswith(OF_ITS_OWN)]


def environment(release: str, python: Path) -> Path:
    """Return the Python of an environment with this release of ansible-core."""
    folder = ROOT / release
    constraints = ROOT / "constraints.txt"
    constraints.write_text("\n".join(pins()), encoding="utf-8")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", python, folder], check=True)
    target = ["--python", folder / "bin/python", "--constraint", constraints]
    wanted = [f"ansible-core~={release}.0", *requirements()]
    subprocess.run([uv, "pip", "install", "--quiet", *target, *wanted], check=True)
    return folder / "bin/python"


def test(release: str, python: Path, tests: list[str]) -> str:
    """Return pytest's closing line; exit with its whole output when a test fails."""
    command = [environment(release, python), "-m", "pytest", "--quiet", *tests]
    done = subprocess.run(command, cwd=tree.CHECKOUT, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nansible-core {release} with {python.name}: failed")
    return done.stdout.strip().splitlines()[-1]


def main() -> None:
    """Test each release; say which cannot be tested here, and exit with an error if none can."""
    parser = argparse.ArgumentParser(description="Test with each ansible-core that the collection supports.")
    parser.add_argument(
        "--short", action="store_true", help="the oldest and the newest, one cluster and one drill each"
    )
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help=f"one of {', '.join(PYTHONS)}")
    given = parser.parse_args()
    if unknown := set(given.releases) - set(PYTHONS):
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(PYTHONS)}")
    ROOT.mkdir(parents=True, exist_ok=True)
    here = {release: found for release, version in PYTHONS.items() if (found := interpreter(version))}
    releases = given.releases or ([min(PYTHONS), max(PYTHONS)] if given.short else list(PYTHONS))
    for release in releases:
        if release not in here:
            print(f"ansible-core {release}: not tested, because Python {PYTHONS[release]} is not on this machine")
            continue
        said = test(release, here[release], SHORT if given.short else LONG)
        print(f"ansible-core {release}, Python {PYTHONS[release]}: {said}", flush=True)
    if not here.keys() & set(releases):
        sys.exit(f"None of the Pythons {', '.join(sorted(set(PYTHONS.values())))} is on this machine.")


if __name__ == "__main__":
    main()
