#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_fallback_config
short_description: Write the fallback settings of one node role into kong.conf
version_added: 0.1.0
description:
  - Sets the C(cluster_fallback_config*) settings of a backup node or a data plane, and removes those that do not belong
    to the role, the release or the names in use, and C(AWS_*) lines, which have no effect in this file. Every other
    byte of the file stays as it is.
  - Reads the file exactly as the gateway does, checks the rules between the settings before it writes, and proves that
    the new file reads as intended. Replaces the file in one step.
options:
  state:
    description:
      - V(present) writes the settings, V(absent) removes all of them.
    type: str
    choices: [present, absent]
    default: present
  validate:
    description:
      - A command that checks the new file before it replaces the old one; C(%s) is its path. For example V(kong check
        %s).
    type: str
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.node
  - kongops.fallback.settings
  - kongops.fallback.time
  - ansible.builtin.files
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Values of settings that hold secrets are masked.
  platform:
    platforms: posix
seealso:
  - module: kongops.fallback.cluster_fallback_config_info
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Turn export on at the control plane
  kongops.fallback.cluster_fallback_config:
    node_role: backup_node
    storage: s3://example-kong-fallback/production
    s3_config:
      ServerSideEncryption: aws:kms
    validate: kong check %s

- name: Turn import on at a data plane
  kongops.fallback.cluster_fallback_config:
    node_role: data_plane
    storage: s3://example-kong-fallback/production
    validate: kong check %s
    backup: true

- name: Take a node out of the fallback
  kongops.fallback.cluster_fallback_config:
    state: absent
"""

RETURN = r"""
settings:
  description: The fallback settings with their written values.
  returned: success
  type: dict
  sample:
    cluster_fallback_config_import: "on"
    cluster_fallback_config_storage: s3://example-kong-fallback/production
    cluster_fallback_config_export: "off"
removed:
  description: The fallback settings and misplaced variables that the module removed from the file.
  returned: success
  type: list
  elements: str
  sample: [cluster_fallback_config, cluster_fallback_config_exporter]
gateway_version:
  description: The version that decided the rules and names.
  returned: when O(state=present)
  type: str
  sample: 3.11.0.3
parameter_names:
  description: The generation of names that the module wrote.
  returned: when O(state=present)
  type: str
  sample: released
backup_file:
  description: The copy of the old file.
  returned: when O(backup=true) and the file changed
  type: str
  sample: /etc/kong/kong.conf.2913.2026-11-22@08:15:00~
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_conf_file
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import (
    EnvironmentSource,
    Node,
    combined,
    preconditions,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import write_files
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import (
    NODE_ARGUMENTS,
    check_configuration,
    environment_sources,
    installation,
    trusted_certificate,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings_plan import (
    SETTINGS_ARGUMENTS,
    SettingsPlan,
    is_draft,
    plan_settings,
    refuse_unworkable,
)

ARGUMENT_SPEC = {
    **TIME_ARGUMENTS,
    **NODE_ARGUMENTS,
    **SETTINGS_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "validate": {"type": "str"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Write the settings; raises InvalidInput or OperationFailed with the file untouched."""
    params = module.params
    sources = environment_sources(params["environment_files"])
    file = read_conf_file(params["path"])
    installed = None
    if params["state"] == "present":
        installed = installation(params["gateway_version"], params["kong_command"])
    plan = plan_settings(params, file, installed.version if installed else None)
    if installed:
        warn_or_refuse(module, plan, sources, installed)
    if params["validate"] and plan.file.changes_content:
        variables = combined(source.file for source in sources if source.file)
        check_configuration(module, params["validate"], plan.document, variables)
    (written,) = write_files(module, [plan.file])
    result = {
        "changed": written.changed,
        "diff": written.diff,
        "settings": plan.settings,
        "removed": list(plan.removed),
    }
    if written.backup_file:
        result["backup_file"] = written.backup_file
    if installed and plan.names:
        result.update(gateway_version=str(installed.version), parameter_names=plan.names.label)
    return result


def warn_or_refuse(
    module: AnsibleModule, plan: SettingsPlan, sources: tuple[EnvironmentSource, ...], installed: Installation
) -> None:
    """Raise InvalidInput for settings that cannot work, and warn about those that may not."""
    authority = trusted_certificate(module.params["trusted_certificate"])
    node = Node(plan.file.path, plan.document, sources, installed, trusted_certificate=authority)
    for finding in refuse_unworkable(preconditions(node), draft_is_asked_for=is_draft(plan)):
        module.warn(finding.sentence)


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "present", ("node_role", "storage"))],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    finish(module, run)


if __name__ == "__main__":
    main()
