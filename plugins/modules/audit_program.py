#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_program
short_description: Install the program that verifies a storage without Ansible
version_added: 0.1.0
description:
  - Writes a program of one file, from the files of this collection, that verifies the snapshots of a storage and writes
    metrics for node_exporter. A timer of the role audit runs it.
  - The program takes the name of a JSON file with its settings. It needs Python and boto3 on the host, only reads the
    storage, and finds credentials as all programs with boto3 do.
options:
  path:
    description:
      - The file. Its directory must exist.
    type: path
    required: true
  state:
    description:
      - Whether the program exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - kongops.fallback.time
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Reports whether the file would change.
    support: full
  diff_mode:
    description: Has no difference to show, because the file is an archive.
    support: none
  platform:
    platforms: posix
requirements:
  - python >= 3.9
  - boto3 >= 1.26.0, for the program
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Write the program of the timer
  kongops.fallback.audit_program:
    path: /usr/local/lib/kong-fallback/audit.pyz
"""

RETURN = r"""
python:
  description: The interpreter that runs the program.
  returned: success
  type: str
  sample: /usr/bin/python3
sha256:
  description: The SHA-256 of the program; null if it is removed.
  returned: success
  type: str
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
"""

import hashlib
import importlib.util
import os
import sys
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._audit import watch_program
from ansible_collections.kongops.fallback.plugins.module_utils._audit.application import zip_application
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import cannot, read_regular, replace_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed

ARGUMENT_SPEC: dict[str, Any] = {
    **TIME_ARGUMENTS,
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
MODE = 0o755


def run(module: AnsibleModule) -> dict[str, Any]:
    """What the module returns, after the work; raises OperationFailed."""
    path = module.params["path"]
    there = read_regular(path)
    if module.params["state"] == "absent":
        if there is not None and not module.check_mode:
            remove(path)
        return {"changed": there is not None, "python": sys.executable, "sha256": None}
    refuse_without_boto3()
    program = zip_application(watch_program.__name__)
    changed = there != program or os.stat(path).st_mode & 0o777 != MODE
    if changed and not module.check_mode:
        replace_regular(path, program, MODE)
    return {"changed": changed, "python": sys.executable, "sha256": hashlib.sha256(program).hexdigest()}


def refuse_without_boto3() -> None:
    """Raise OperationFailed if the program would not run."""
    if importlib.util.find_spec("boto3") is None:
        raise OperationFailed(
            f"{sys.executable} has no boto3, which the timer of the audit needs: install it on this host, for"
            " example the package python3-boto3, or set ansible_python_interpreter to a Python that has it."
        )


def remove(path: str) -> None:
    """Remove the program; raises OperationFailed."""
    try:
        os.unlink(path)
    except OSError as error:
        raise cannot(f"remove {path}", error) from None


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
