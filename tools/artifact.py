# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's artifact and look at it as Galaxy and its users will: no checkout, no network.

    python -m tools.artifact

The artifact stays in `.cache/artifact/`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

from tools import programs, reproducible, tree
from tools.programs import SCRIPTS

ROOT = tree.CACHE / "artifact"
INSTALLED = ROOT / "collections"
SHIPPED = {
    *("FILES.json", "MANIFEST.json", "CHANGELOG.md", "LICENSE", "README.md"),
    *("changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles"),
}
SHIPPED_EXTENSIONS = {"eda"}
ENVIRONMENT = {
    "PATH": os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]),
    "HOME": str(ROOT / "home"),
    "LC_ALL": "C.UTF-8",
    "ANSIBLE_COLLECTIONS_PATH": str(INSTALLED),
}
# All of the importer's checks but `ansible-test`, which it can only run in a container: `make sanity` runs that.
IMPORTER = {
    "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",
    "GALAXY_IMPORTER_RUN_FLAKE8": "false",
    "GALAXY_IMPORTER_RUN_ANSIBLE_TEST": "false",
    # The importer looks for collections in its own directory, but Ansible also looks where Python looks for modules.
    "PYTHONPATH": str(INSTALLED),
}


def run(*command: str | Path, **environment: str) -> str:
    """Return the standard output of a program that sees neither the checkout nor a home; exit if it fails."""
    return programs.run(*command, directory=ROOT, environment=ENVIRONMENT | environment)


def build(source: Path, place: Path) -> Path:
    """Return the artifact of a copy of the tree, built into ``place``; all its files are as old as the commit."""
    run(SCRIPTS / "ansible-galaxy", "collection", "build", "--output-path", place, source)
    (artifact,) = place.glob("*.tar.gz")
    reproducible.rewrite(artifact, int(programs.run("git", "log", "-1", "--format=%ct")))
    return artifact


def check_second_build(artifact: Path) -> None:
    """Exit unless a second build, of a second copy, has the same bytes."""
    again = build(tree.copy(ROOT / "second"), ROOT / "again")
    if again.read_bytes() != artifact.read_bytes():
        sys.exit(f"{artifact.name}: a second build has other bytes; compare the two below {ROOT}")


def check_contents(artifact: Path) -> None:
    """Exit unless the top level of the artifact and its extensions hold all that they should, and nothing else."""
    with tarfile.open(artifact) as archive:
        names = [Path(name).parts for name in archive.getnames()]
    top = {name[0] for name in names}
    extensions = {name[1] for name in names if name[0] == "extensions" and len(name) > 1}
    for found, wanted in ((top, SHIPPED), (extensions, SHIPPED_EXTENSIONS)):
        if found != wanted:
            sys.exit(f"{artifact.name}: missing {sorted(wanted - found)}, not to be shipped {sorted(found - wanted)}")


def install(artifact: Path) -> Path:
    """Install the artifact next to its dependencies, compare it with its own checksums, and return its directory."""
    tree.copy_others(INSTALLED)
    run(SCRIPTS / "ansible-galaxy", "collection", "install", "--offline", "--collections-path", INSTALLED, artifact)
    run(SCRIPTS / "ansible-galaxy", "collection", "verify", "--offline", "kongops.fallback")
    return INSTALLED / "ansible_collections" / "kongops" / "fallback"


def check_documentation(collection: Path) -> None:
    """Exit unless ansible-doc renders every module and every role that is not private."""
    modules = [f"kongops.fallback.{path.stem}" for path in collection.glob("plugins/modules/*.py")]
    roles = [f"kongops.fallback.{path.parts[-3]}" for path in collection.glob("roles/*/meta/argument_specs.yml")]
    for kind, names in (("module", modules), ("role", roles)):
        known = json.loads(run(SCRIPTS / "ansible-doc", "--json", "--type", kind, *names)) if names else {}
        if missing := set(names) - set(known):
            sys.exit(f"ansible-doc does not know the {kind}s {sorted(missing)}")


def check_playbooks(collection: Path) -> None:
    """Exit unless every playbook can be started by its full name."""
    for path in sorted(collection.glob("playbooks/*.yml")):
        name = f"kongops.fallback.{path.stem}"
        run(SCRIPTS / "ansible-playbook", "--syntax-check", "--inventory", "localhost,", name)


def check_import(artifact: Path) -> None:
    """Exit unless Galaxy's importer accepts the artifact without an error or a warning."""
    said = run(sys.executable, "-m", "galaxy_importer.main", artifact, **IMPORTER)
    if complaints := [line for line in said.splitlines() if line.startswith(("ERROR", "WARNING"))]:
        sys.exit("\n".join(["galaxy-importer:", *complaints]))


def main() -> None:
    """Build, then check; exit at the first thing that is wrong."""
    shutil.rmtree(ROOT, ignore_errors=True)
    (ROOT / "home").mkdir(parents=True)
    (ROOT / "ansible.cfg").touch()  # otherwise that of the machine counts
    artifact = build(tree.copy(ROOT / "source"), ROOT)
    check_contents(artifact)
    check_second_build(artifact)
    collection = install(artifact)
    check_documentation(collection)
    check_playbooks(collection)
    check_import(artifact)
    print(artifact.relative_to(tree.CHECKOUT))


if __name__ == "__main__":
    main()
