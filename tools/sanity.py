# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on a copy of the collection, for every Python that really works.

    python -m tools.sanity [arguments of ansible-test sanity]

ansible-test needs a real directory of a certain name, believes that any ``python3.x`` on PATH works, fetches a
script from a server that is not a package registry, and drops pip's environment variables. This program deals with all
of that, in a home directory of its own.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import ansible_test

from tools import tree
from tools.pythons import interpreter

HOME = tree.CACHE / "sanity" / "home"
INTERPRETERS = tree.CACHE / "sanity" / "bin"
COPY = tree.CACHE / "sanity" / "collections"
VERSIONS = [f"3.{minor}" for minor in range(9, 15)]

GET_PIP = '''\
"""Stands in for the get-pip that ansible-test would download: the pip that Python carries fetches it."""

import subprocess
import sys

packages = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + packages)
'''

# This machine decides how to reach the registry; nothing else in a pip.conf concerns us.
REGISTRY = {"cert", "client-cert", "extra-index-url", "find-links", "index-url", "proxy", "timeout", "trusted-host"}


def link_interpreters() -> list[str]:
    """Create a directory with one working ``python3.x`` per version; return the versions."""
    shutil.rmtree(INTERPRETERS, ignore_errors=True)
    INTERPRETERS.mkdir(parents=True)
    found = {version: executable for version in VERSIONS if (executable := interpreter(version))}
    for version, executable in found.items():
        (INTERPRETERS / f"python{version}").symlink_to(executable)
    return list(found)


def registry_settings() -> dict[str, str]:
    """Return how to reach the registry, from pip's files and environment; the environment wins, as with pip."""
    pip = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(pip, check=True, capture_output=True, text=True).stdout.splitlines()
    settings = [line.split("=", 1) for line in sorted(lines, key=lambda line: line.startswith(":env:"))]
    by_key = {name.rpartition(".")[2]: " ".join(ast.literal_eval(value).split()) for name, value in settings}
    return {key: value for key, value in by_key.items() if key in REGISTRY}


def furnish_home() -> None:
    """Create the home directory in which ansible-test finds its get-pip and pip finds the registry."""
    requirements = Path(ansible_test.__path__[0], "_internal", "python_requirements.py").read_text(encoding="utf-8")
    (pip_version,) = re.findall(r"\bpip='([\d.]+)'", requirements)
    get_pip = HOME / ".ansible" / "test" / "cache" / f"get_pip_{pip_version.replace('.', '_')}.py"
    get_pip.parent.mkdir(parents=True, exist_ok=True)
    get_pip.write_text(GET_PIP, encoding="utf-8")

    pip_conf = HOME / ".config" / "pip" / "pip.conf"
    pip_conf.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {value}" for key, value in registry_settings().items()]
    pip_conf.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")


def main() -> int:
    """Run the checks and return ansible-test's exit status."""
    print("Pythons:", *link_interpreters(), flush=True)
    furnish_home()
    scripts = Path(sysconfig.get_path("scripts"))
    path = os.pathsep.join([str(INTERPRETERS), str(scripts), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = {"HOME": str(HOME), "PATH": path, "LC_ALL": "C.UTF-8"}
    sanity = [scripts / "ansible-test", "sanity", "--local", "--color", "no", *sys.argv[1:]]
    collection = tree.copy(COPY)
    # Otherwise ansible-test would ask the checkout's git, which ignores the cache.
    subprocess.run(["git", "init", "--quiet"], cwd=collection, check=True)
    return subprocess.run(sanity, cwd=collection, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
