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
    to the role, the release or the names in use, and C(AWS_*) lines, which do nothing in this file. Every other byte of
    the file stays as it is.
  - Reads the file exactly as the gateway does, checks the rules between the settings before it writes, and proves that
    the new file reads as wanted. The file is replaced in one step.
options:
  state:
    description:
      - V(present) writes the settings, V(absent) removes all of them.
    type: str
    choices: [present, absent]
    default: present
  node_role:
    description:
      - V(backup_node) exports the configuration to the fallback storage.
      - V(data_plane) imports it from there when it starts and finds no control plane.
      - Required with O(state=present).
    type: str
    choices: [backup_node, data_plane]
  storage:
    description:
      - The fallback storage, such as V(s3://bucket/prefix); always with a prefix.
      - Required with O(state=present).
    type: str
  parameter_names:
    description:
      - Which names the settings have. V(auto) goes by the version.
      - V(draft) names come from the draft documentation for 3.1; no release reads them. V(released) names exist since
        3.2.
    type: str
    choices: [auto, draft, released]
    default: auto
  export_delay:
    description:
      - Seconds between two exports of a backup node. The gateway takes 60 when it is left out.
    type: int
  s3_config:
    description:
      - Arguments that the backup node adds to its PutObject calls, since gateway 3.5.
    type: dict
  also_import:
    description:
      - Let a backup node that is a data plane import too, since gateway 3.6.0.0 (and 3.5.0.4, 3.4.3.4).
    type: bool
    default: false
  create:
    description:
      - Make the file when it does not exist. Without it a missing file is an error, because the gateway's package ships
        none.
    type: bool
    default: false
  backup:
    description:
      - Keep a copy of the file as it was, with the time in its name.
    type: bool
    default: false
  validate:
    description:
      - A command that judges the new file before it is put in place, C(%s) being its path; for example V(kong check
        %s).
    type: str
extends_documentation_fragment:
  - kongops.fallback.node
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
- name: Let the control plane export the configuration
  kongops.fallback.cluster_fallback_config:
    node_role: backup_node
    storage: s3://example-kong-fallback/production
    s3_config:
      ServerSideEncryption: aws:kms
    validate: kong check %s

- name: Let a data plane import it when it starts without a control plane
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
  description: The fallback settings with the values that were written.
  returned: success
  type: dict
  sample:
    cluster_fallback_config_import: "on"
    cluster_fallback_config_storage: s3://example-kong-fallback/production
    cluster_fallback_config_export: "off"
removed:
  description: The fallback settings, and the misplaced variables, that were taken out of the file.
  returned: success
  type: list
  elements: str
  sample: [cluster_fallback_config, cluster_fallback_config_exporter]
gateway_version:
  description: The version that the rules and the names went by.
  returned: when O(state=present)
  type: str
  sample: 3.11.0.3
parameter_names:
  description: Which generation of names was written.
  returned: when O(state=present)
  type: str
  sample: released
backup_file:
  description: The copy of the file as it was.
  returned: when O(backup=true) and the file changed
  type: str
  sample: /etc/kong/kong.conf.2913.2026-11-22@08:15:00~
"""

from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors, warnings
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.edit import edit_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Document, read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import redacted_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import (
    Node,
    combined,
    misplaced,
    preconditions,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import bring_file, read_file
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import (
    NODE_ARGUMENTS,
    check_configuration,
    environment_sources,
    installation,
    trusted_certificate,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import (
    ALL_NAMES,
    DRAFT,
    NodeWish,
    ParameterNames,
    names_for,
    settings_for,
)

EXPECTED_OF_DRAFT_NAMES = ("feature-missing", "draft-name", "not-configured")


@dataclass(frozen=True)
class Plan:
    """What the file shall be, and what goes with it."""

    document: Document
    settings: dict[str, str]
    environment: dict[str, str]
    notes: tuple[Finding, ...] = ()
    facts: dict[str, str] | None = None


def read_document(params: dict[str, Any]) -> Document:
    data = read_file(params["path"])
    if data is None and params["state"] == "present" and not params["create"]:
        raise InvalidInput(
            f"{params['path']} does not exist: copy /etc/kong/kong.conf.default to it, give another path, or set create"
            " to true."
        )
    return read_conf(data or b"")


def plan(module: AnsibleModule, before: Document) -> Plan:
    """The plan that fulfils the options; raises InvalidInput when the gateway would not do what they ask."""
    params = module.params
    sources = environment_sources(params["environment_files"])
    environment = combined(source.file for source in sources if source.file)
    if params["state"] == "absent":
        return Plan(edit_conf(before, {}, remove=ALL_NAMES), {}, environment)
    installed = installation(module, params["gateway_version"], params["kong_command"])
    names = names_for(installed.version, params["parameter_names"])
    wish = NodeWish(
        params["node_role"], params["storage"], params["export_delay"], params["s3_config"], params["also_import"]
    )
    settings = settings_for(wish, names)
    stale = [name for name in ALL_NAMES if name not in settings] + [
        statement.name for variable, statement in misplaced(before)
    ]
    document = edit_conf(before, settings, remove=stale)
    trusted = trusted_certificate(params["trusted_certificate"])
    notes = judge(Node(params["path"], document, sources, installed, trusted_certificate=trusted), names)
    facts = {"gateway_version": str(installed.version), "parameter_names": names.label}
    return Plan(document, settings, environment, notes, facts)


def judge(node: Node, names: ParameterNames) -> tuple[Finding, ...]:
    """Refuse settings that cannot work, and return what is worth a warning: asked-for draft names among it."""
    findings = preconditions(node)
    accepted = EXPECTED_OF_DRAFT_NAMES if names is DRAFT else ()
    refused = [finding for finding in errors(findings) if finding.code not in accepted]
    if refused:
        raise InvalidInput(" ".join(finding.sentence for finding in refused))
    return (*errors(findings), *warnings(findings))


def removed(before: Document, planned: Plan) -> list[str]:
    """The names that the file had and has no more."""
    left = {statement.name for statement in planned.document.statements}
    had = {statement.name for statement in before.statements} - left
    variables = dict.fromkeys(variable for variable, statement in misplaced(before) if statement.name in had)
    return [name for name in ALL_NAMES if name in had] + list(variables)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **NODE_ARGUMENTS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "node_role": {"type": "str", "choices": ["backup_node", "data_plane"]},
            "storage": {"type": "str"},
            "parameter_names": {"type": "str", "choices": ["auto", "draft", "released"], "default": "auto"},
            "export_delay": {"type": "int"},
            "s3_config": {"type": "dict"},
            "also_import": {"type": "bool", "default": False},
            "create": {"type": "bool", "default": False},
            "backup": {"type": "bool", "default": False},
            "validate": {"type": "str"},
        },
        required_if=[("state", "present", ("node_role", "storage"))],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    try:
        before = read_document(module.params)
        planned = plan(module, before)
        if module.params["validate"] and before.data != planned.document.data:
            check_configuration(module, module.params["validate"], planned.document, planned.environment)
        diff = (redacted_conf(before), redacted_conf(planned.document))
        result = bring_file(
            module, module.params["path"], before.data, planned.document.data, diff, module.params["backup"]
        )
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    for note in planned.notes:
        module.warn(note.sentence)
    module.exit_json(settings=planned.settings, removed=removed(before, planned), **result, **(planned.facts or {}))


if __name__ == "__main__":
    main()
