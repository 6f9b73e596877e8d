#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: first_boot_check
short_description: Make a new host prove itself before its gateway starts for the first time
version_added: 0.1.0
description:
  - Installs a program, which needs nothing but Python, and a systemd service that runs it once, before the gateway
    starts for the first time. For the image of a data plane, so that each instance proves with its own role and network
    that it can read the snapshot, without Ansible.
  - The proof is that of M(kongops.fallback.snapshot_import_info). C(kong-fallback-first-boot.service) leaves its
    verdict in the journal and in O(metrics), and fails if the host would not come up in an outage. The gateway starts
    in any case, at most O(timeout) and 15 seconds later.
  - The module starts nothing and does not need a running systemd.
options:
  state:
    description:
      - Whether the check is installed.
    type: str
    choices: [present, absent]
    default: present
  directory:
    description:
      - The directory of the program and its options.
    type: path
    default: /usr/local/lib/kong-fallback
  metrics:
    description:
      - Where to write the metrics, for example in the directory of the textfile collector of the Prometheus node
        exporter.
      - If the file is there, the service does not run, so leave none in an image.
    type: path
    default: /var/lib/kong-fallback/first-boot.prom
  service:
    description:
      - The systemd service of the gateway.
    type: str
    default: kong-enterprise-edition.service
  systemd_directory:
    description:
      - The directory for the units.
    type: path
    default: /etc/systemd/system
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.node
  - kongops.fallback.node.import
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows only the size of the program.
  platform:
    platforms: posix
seealso:
  - module: kongops.fallback.snapshot_import_info
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Make each instance of the image prove itself
  kongops.fallback.first_boot_check:
    environment_files: [/etc/kong/fallback.env]
    instance_role: true
    timeout: 30
    metrics: /var/lib/prometheus/node-exporter/kong_fallback_first_boot.prom
"""

RETURN = r"""
command:
  description: What the service runs, to try it by hand as root.
  returned: when O(state=present)
  type: str
  sample: >-
    /usr/bin/python3 -I /usr/local/lib/kong-fallback/first-boot.pyz /usr/local/lib/kong-fallback/first-boot.json
    /var/lib/kong-fallback/first-boot.prom
"""

import sys
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._node import first_boot_task
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import write_files
from ansible_collections.kongops.fallback.plugins.module_utils._node.first_boot_plan import (
    file_change,
    first_boot_files,
    plan_first_boot,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.program import program_of
from ansible_collections.kongops.fallback.plugins.module_utils._node.snapshot_import import IMPORT_ARGUMENTS

ARGUMENT_SPEC = {
    **IMPORT_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "directory": {"type": "path", "default": "/usr/local/lib/kong-fallback"},
    "metrics": {"type": "path", "default": "/var/lib/kong-fallback/first-boot.prom"},
    "service": {"type": "str", "default": "kong-enterprise-edition.service"},
    "systemd_directory": {"type": "path", "default": "/etc/systemd/system"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Write or remove the files of the check; raises InvalidInput or OperationFailed with all of them untouched."""
    params = module.params
    files = first_boot_files(params)
    content: dict[str, bytes] = {}
    if params["state"] == "present":
        proof = {name: params[name] for name in IMPORT_ARGUMENTS}
        content = plan_first_boot(files, params, proof, program_of(first_boot_task.__name__), sys.executable)
    changes = [file_change(path, read_regular(path), content.get(path)) for path in files.in_order]
    written = write_files(module, changes)
    result = {
        "changed": any(each.changed for each in written),
        "diff": [part for each in written for part in each.diff],
    }
    command = f"{sys.executable} -I {files.program} {files.options} {params['metrics']}"
    return {**result, "command": command} if content else result


def main() -> None:
    """Run as a module."""
    finish(AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
