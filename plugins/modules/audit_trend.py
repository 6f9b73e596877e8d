#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_trend
short_description: Record the results of audits and drills, and read them
version_added: 0.1.0
description:
  - Adds lines of JSON to a file, and returns the lines that the file has then.
  - Leaves out lines that are torn, or that another release wrote. They stay in the file.
  - Several jobs may add lines at the same time.
options:
  path:
    description:
      - The file. Its directory must exist; a new file gets the mode C(0600).
    type: path
    required: true
  lines:
    description:
      - The lines to add, as the filters P(kongops.fallback.audit_lines#filter) and
        P(kongops.fallback.drill_lines#filter) return them. Without any, the module only reads.
    type: list
    elements: dict
    default: []
  keep:
    description:
      - The number of lines that the file keeps. The oldest are dropped first.
    type: int
    default: 1000
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.time
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Writes nothing, and returns what the file would contain.
    support: full
  diff_mode:
    description: Has no difference to show, because a file of the trend only grows.
    support: none
  platform:
    platforms: posix
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Read the results of audits and drills
  kongops.fallback.audit_trend:
    path: /var/lib/kong-fallback/reports/kong-fallback-trend.jsonl
  register: trend
  delegate_to: localhost
"""

RETURN = r"""
lines:
  description: What the audits and drills found, oldest first.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: drill
      taken: "2026-11-22T07:30:00+00:00"
      storage: s3://kong-fallback/prod
      would_come_up: "yes"
      gateway_version: 3.11.0.3
      time_to_ready: 4.2
      size: 421337
      entities: 812
      configuration_hash: 779742c3d7afee2e38f977044d2ed96b
      version: 1
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import rendered, trend_of
from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend_file import add_to_trend, read_trend
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

ARGUMENT_SPEC: dict[str, Any] = {
    **TIME_ARGUMENTS,
    "path": {"type": "path", "required": True},
    "lines": {"type": "list", "elements": "dict", "default": []},
    "keep": {"type": "int", "default": 1000},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    path, keep, added = module.params["path"], module.params["keep"], rendered(module.params["lines"])
    if keep < 1:
        raise InvalidInput(f"keep is {keep}: give a number of lines, 1 or more.")
    writes = bool(added) and not module.check_mode
    text = add_to_trend(path, added, keep) if writes else read_trend(path) + added
    return {"changed": bool(added), "lines": [line.as_dict() for line in trend_of(text)]}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
