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
  - Refuses a value that these three would not read alike.
  - Fixes lines that only seem to set one of these variables, such as C(export AWS_REGION:) with a colon. Every other
    line stays as it is.
  - The gateway reads the variables only when it starts; a reload is not enough.
options:
  path:
    description:
      - The environment file.
    type: path
    required: true
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
      - V(gcs://…) and V(gs://…) need E(GCP_SERVICE_ACCOUNT) in O(variables), unless O(instance_role=true). Leave the
        options for S3 out with them and with V(azure://…).
    type: str
  instance_role:
    description:
      - The host has a role that gives the gateway its credentials, so the module requires none.
      - For S3 the module never requires keys, because other files may hold them.
    type: bool
    default: false
  region:
    description:
      - The region of the fallback storage. Without a region the gateway never uses the storage.
      - Required with O(state=present) for storage in S3.
    type: str
  endpoint_url:
    description:
      - The endpoint of an S3-compatible store, with its scheme, such as V(https://minio.example.com:9000/). Leave it
        out for AWS.
    type: str
  access_key_id:
    description:
      - The access key. Leave both halves out if the host has an instance role.
    type: str
  secret_access_key:
    description:
      - The secret half of the key.
    type: str
  session_token:
    description:
      - The token of temporary credentials.
    type: str
  variables:
    description:
      - Further variables for the gateway, such as E(GCP_SERVICE_ACCOUNT) with the text of the key file of a service
        account, or E(AZURE_TENANT_ID), E(AZURE_CLIENT_ID) and E(AZURE_CLIENT_SECRET).
      - An empty value removes the variable; a variable that you no longer list stays in the file, because vaults of the
        gateway may need it too.
    type: dict
    default: {}
  service:
    description:
      - The systemd service of the gateway, such as V(kong-enterprise-edition.service). It gets a drop-in that names the
        file, because the shipped units do not name one.
      - Without it you have to pass the file to the gateway in another way.
    type: str
  systemd_directory:
    description:
      - Where systemd looks for the units of this host.
    type: path
    default: /etc/systemd/system
  mode:
    description:
      - The permissions of the file, which holds a secret.
    type: raw
    default: "0600"
extends_documentation_fragment:
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

- name: Set only the region, because the instance role gives the keys
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

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import (
    ENVIRONMENT_ARGUMENTS,
    drop_in_path,
    plan_environment,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import read_file, write_files

ARGUMENT_SPEC = {
    **ENVIRONMENT_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "storage": {"type": "str"},
    "instance_role": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Write environment file and drop-in; raises InvalidInput or OperationFailed with both untouched."""
    params = module.params
    drop_in = drop_in_path(params)
    try:
        plan = plan_environment(params, read_file(params["path"]), read_file(drop_in) if drop_in else None)
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
    try:
        result = run(module)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
