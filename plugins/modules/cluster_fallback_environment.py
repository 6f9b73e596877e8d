#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_fallback_environment
short_description: Write the credentials for the fallback storage into the environment file of the gateway
version_added: 0.1.0
description:
  - Sets the variables that the gateway reads when it starts, in a file that systemd, Docker Compose or a shell passes
    to it. Variables for S3 have their own options; those for other storages go into O(variables).
  - Refuses a value that these three would not read in the same way.
  - Fixes lines that only seem to set one of these variables, such as C(export AWS_REGION:) with a colon. Every other
    line stays as it is.
  - The gateway reads the variables only when it starts; a reload is not enough.
options:
  state:
    description:
      - V(present) sets the variables and removes the C(AWS_*) ones that you do not give. V(absent) removes all of them,
        and the file if it contains nothing else.
    type: str
    choices: [present, absent]
    default: present
  storage:
    description:
      - The fallback storage, which decides what the gateway needs. Without it the module assumes S3.
      - V(gcs://…) and V(gs://…) need E(GCP_SERVICE_ACCOUNT) in O(variables), unless O(instance_role=true). With them
        and with V(azure://…), leave out the options for S3.
    type: str
  instance_role:
    description:
      - The host has a role that gives the gateway its credentials, so the module requires none.
      - For S3 the module never requires keys, because other files may hold them.
    type: bool
    default: false
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.environment
  - kongops.fallback.time
  - ansible.builtin.files
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows only the region and the endpoint.
  platform:
    platforms: posix
seealso:
  - module: kongops.fallback.cluster_fallback_config
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Give a data plane its read access
  kongops.fallback.cluster_fallback_environment:
    path: /etc/kong/fallback.env
    region: eu-central-1
    access_key_id: "{{ reader_access_key_id }}"
    secret_access_key: "{{ reader_secret_access_key }}"
    service: kong-enterprise-edition.service

- name: Give a data plane its read access to a bucket of Google Cloud
  kongops.fallback.cluster_fallback_environment:
    path: /etc/kong/fallback.env
    storage: gcs://example-kong-fallback/production
    variables:
      GCP_SERVICE_ACCOUNT: "{{ lookup('ansible.builtin.file', 'reader.json') }}"

- name: Set only the region, because the host has an instance role
  kongops.fallback.cluster_fallback_environment:
    path: /etc/kong/fallback.env
    region: eu-central-1
"""

RETURN = r"""
set:
  description: The names of the variables that the file sets.
  returned: success
  type: list
  elements: str
  sample: [AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]
removed:
  description: The names of the variables that the module removed.
  returned: success
  type: list
  elements: str
  sample: [AWS_SESSION_TOKEN]
drop_in:
  description: The systemd drop-in that passes the file to the service.
  returned: when O(service) is given
  type: str
  sample: /etc/systemd/system/kong-enterprise-edition.service.d/kong-fallback.conf
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import LONGEST_ENVIRONMENT, read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import (
    ENVIRONMENT_ARGUMENTS,
    drop_in_path,
    plan_environment,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import write_files

ARGUMENT_SPEC = {
    **TIME_ARGUMENTS,
    **ENVIRONMENT_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "storage": {"type": "str"},
    "instance_role": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Write environment file and drop-in; raises InvalidInput or OperationFailed with both untouched."""
    params = module.params
    drop_in = drop_in_path(params)
    file, unit = read_regular(params["path"], LONGEST_ENVIRONMENT), read_regular(drop_in) if drop_in else None
    try:
        plan = plan_environment(params, file, unit)
    except InvalidInput as error:
        raise InvalidInput(f"{params['path']}: {error.reason}", fact=error.fact) from None
    for note in plan.notes:
        module.warn(note.sentence)
    written = write_files(module, plan.changes)
    result = {
        "changed": any(each.changed for each in written),
        "diff": [part for each in written for part in each.diff],
        "set": list(plan.set),
        "removed": list(plan.removed),
    }
    return {**result, "drop_in": drop_in} if drop_in else result


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, add_file_common_args=True, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
