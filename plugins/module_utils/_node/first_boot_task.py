# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of kong-fallback-first-boot.service: the proof of the node without Ansible.

``python3 first-boot.pyz OPTIONS METRICS``: OPTIONS is a file with options of snapshot_import_info as JSON, METRICS the
file to write. It exits with 0 if the host would come up in an outage, else with 1.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._disk import MEBIBYTE, read_regular, replace_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.first_boot import (
    UNKNOWN,
    FirstBoot,
    first_boot_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import read_node
from ansible_collections.kongops.fallback.plugins.module_utils._node.snapshot_import import (
    IMPORT_ARGUMENTS,
    importer_of,
    prove,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import Proof

_REMADE = "build the image again with the role data_plane, which writes it"


def run(options: str, metrics: str) -> int:
    """Carry out the proof, report its verdict, and return the exit code."""
    started = time.monotonic()
    try:
        verdict = first_boot_of(_proof(options, started))
    except (InvalidInput, OperationFailed) as error:
        verdict = FirstBoot(UNKNOWN, str(error))
    for line in verdict.log_lines():
        _say(line)
    try:
        # Prometheus reads them as another user, and they hold no secret.
        replace_regular(metrics, verdict.metrics(time.time(), time.monotonic() - started).encode(), 0o644)
    except OperationFailed as error:
        _say(f"<3>{error}")
    return int(verdict.would_come_up != "yes")


def _say(line: str) -> None:
    """Write to the journal, which keeps what the program printed before it is killed."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _proof(options: str, started: float) -> Proof:
    params = read_options(options)
    importer = importer_of(read_node(params), params)
    return prove(importer, tempfile.gettempdir(), time.monotonic() - started)


def read_options(path: str) -> dict[str, Any]:
    """The options of a file, with the defaults of those that it leaves out.

    Raises InvalidInput for what is not such a file, OperationFailed when it cannot be read.
    """
    try:
        given = json.loads(read_regular(path, MEBIBYTE) or b"")
    except ValueError:
        raise InvalidInput(f"{path} is missing, or is not JSON: {_REMADE}.") from None
    if not isinstance(given, dict):
        raise InvalidInput(f"{path} is not a JSON object: {_REMADE}.")
    unknown = sorted(given.keys() - IMPORT_ARGUMENTS.keys())
    if unknown:
        raise InvalidInput(f"{path} has an option that the proof does not know, {unknown[0]}: {_REMADE}.")
    return {name: given.get(name, spec.get("default")) for name, spec in IMPORT_ARGUMENTS.items()}


def main() -> None:
    """Run as a program."""
    if len(sys.argv) != 3:
        raise SystemExit(f"usage: {sys.argv[0]} OPTIONS METRICS")
    raise SystemExit(run(sys.argv[1], sys.argv[2]))
