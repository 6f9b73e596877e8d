#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_fallback_node
short_description: Set up a node for the fallback in one step
version_added: 0.1.0
description:
  - Writes the environment file of the gateway, its systemd drop-in and the fallback settings of kong.conf, reports what
    the gateway would really use, and decides whether it has to restart. It does not restart the gateway.
  - Writes all files or none. Before it replaces the first one, it checks the planned files against every rule
    and with the gateway's own check. If it cannot write a later file, it restores the earlier ones.
  - In check mode it judges the planned files, so it refuses in advance what would not work.
  - Does the work of M(kongops.fallback.cluster_fallback_environment), M(kongops.fallback.cluster_fallback_config) and
    M(kongops.fallback.cluster_fallback_config_info) in one remote operation.
options:
  state:
    description:
      - V(present) sets up the node. V(absent) removes the variables, the drop-in and the settings.
    type: str
    choices: [present, absent]
    default: present
  check:
    description:
      - Whether to run C(kong check) on the planned kong.conf, with the environment that the gateway will have, before
        writing anything. It also runs when nothing changes, because a file that the settings name may be missing.
    type: bool
    default: true
  environment_files:
    description:
      - Further files with environment variables that the gateway starts with, in this order. The file of
        O(environment.path) comes last unless it is in the list.
  environment:
    description:
      - The environment of the gateway, as in M(kongops.fallback.cluster_fallback_environment).
    type: dict
    required: true
  settings:
    description:
      - The fallback settings of kong.conf, as in M(kongops.fallback.cluster_fallback_config).
    type: dict
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.node
  - kongops.fallback.node.judged
  - kongops.fallback.node.admin
  - kongops.fallback.environment.in_a_dict
  - kongops.fallback.settings.in_a_dict
  - kongops.fallback.time
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Masks secrets; of the environment file it shows only the region and the endpoint.
  platform:
    platforms: posix
seealso:
  - module: kongops.fallback.cluster_fallback_environment
  - module: kongops.fallback.cluster_fallback_config
  - module: kongops.fallback.cluster_fallback_config_info
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Let a data plane import the configuration in an outage
  kongops.fallback.cluster_fallback_node:
    environment:
      path: /etc/kong/fallback.env
      region: eu-central-1
      access_key_id: "{{ reader_access_key_id }}"
      secret_access_key: "{{ reader_secret_access_key }}"
      service: kong-enterprise-edition.service
    settings:
      node_role: data_plane
      storage: s3://example-kong-fallback/production
  register: node

- name: Restart the gateway
  ansible.builtin.systemd_service:
    name: kong-enterprise-edition.service
    state: restarted
    daemon_reload: true
  when: node.restart_needed

- name: Take a node out of the fallback
  kongops.fallback.cluster_fallback_node:
    state: absent
    environment:
      path: /etc/kong/fallback.env
      service: kong-enterprise-edition.service
"""

RETURN = r"""
changed_parts:
  description: Which parts of the node change, among V(environment), V(drop_in) and V(kong_conf).
  returned: success
  type: list
  elements: str
  sample: [environment, kong_conf]
restart_needed:
  description: Whether the gateway must start or restart to use what its files now say.
  returned: success
  type: bool
  sample: true
restart_reason:
  description: The reason for the restart in one sentence; otherwise empty.
  returned: success
  type: str
  sample: A change of /etc/kong/fallback.env and /etc/kong/kong.conf takes effect only when the gateway starts.
works:
  description: Whether the fallback of this node works. With O(state=present) it is false only for draft names; the
    module refuses anything else that would not work.
  returned: success
  type: bool
  sample: true
reasons:
  description: Why it does not work, one sentence for each finding of severity V(error), with the number of its fact.
  returned: success
  type: list
  elements: str
  sample: []
settings:
  description: The settings that matter for the fallback as the gateway would use them, each with its value and its
    source (V(default), V(file) or V(environment)).
  returned: success
  type: dict
  sample:
    cluster_fallback_config_import:
      value: "on"
      source: file
findings:
  description: Every reason why the fallback would not work, and what else an operator should know, as
    M(kongops.fallback.cluster_fallback_config_info) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - code: local-cache
      severity: info
      setting: null
      path: null
      line: null
      message: >-
        This node has a local cache of 120 kB: if it holds a configuration, the node starts from that and does not
        import the snapshot.
      fact: "4.1"
      pointer: null
variables:
  description: The names of the variables for the fallback storage that reach the gateway, without their values.
  returned: success
  type: list
  elements: str
  sample: [AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY]
credential_source:
  description: Where the gateway finds its credentials first, V(environment), V(amazon_environment) or V(shared_file);
    null if it has to ask for them, which M(kongops.fallback.snapshot_import_info) does as well.
  returned: success
  type: str
  sample: environment
access_key_id:
  description: The access key that the environment files pass to the gateway, without its secret; null without a key.
  returned: success
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
gateway_version:
  description: The gateway version that decided the rules and names.
  returned: success
  type: str
  sample: 3.11.0.3
parameter_names:
  description: The generation of the names of the settings; null with O(state=absent).
  returned: success
  type: str
  sample: released
certificate_expires:
  description: When C(cluster_cert), with which the node reaches its control plane, expires, in ISO 8601; null if there
    is none to read.
  returned: success
  type: str
  sample: "2027-11-22T07:30:00+00:00"
election:
  description: Whether several exporters of this version elect a leader; an older version allows only one exporter.
  returned: success
  type: bool
  sample: true
running:
  description: Whether the gateway is running.
  returned: success
  type: bool
  sample: true
ready:
  description: Whether the running gateway has a configuration to serve; null if it has no status listener.
  returned: success
  type: bool
  sample: true
ready_message:
  description: The gateway's own message about that.
  returned: success
  type: str
  sample: ready
configuration_hash:
  description: The hash of the configuration that the running gateway serves; null if it does not report one.
  returned: success
  type: str
  sample: 779742c3d7afee2e38f977044d2ed96b
configuration_age:
  description: Seconds since the running gateway last received a configuration, according to its local cache; null
    without one.
  returned: success
  type: int
  sample: 7200
data_planes:
  description: The data planes that the Admin API of a running control plane lists, each with C(hostname), C(version),
    C(config_hash) and C(last_seen); null without O(admin_url), on any other node, and if there is no answer.
  returned: success
  type: list
  elements: dict
  sample:
    - hostname: dp1
      version: 3.11.0.3
      config_hash: 779742c3d7afee2e38f977044d2ed96b
      last_seen: 1764060000
backup_file:
  description: The copy of the old kong.conf.
  returned: when O(settings.backup=true) and kong.conf changed
  type: str
  sample: /etc/kong/kong.conf.2913.2026-11-22@08:15:00~
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import (
    LONGEST_ENVIRONMENT,
    read_conf_file,
    read_regular,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import INFO, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node, diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import (
    ENVIRONMENT_ARGUMENTS,
    EnvironmentPlan,
    drop_in_path,
    plan_environment,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.error_log import exporter_findings
from ansible_collections.kongops.fallback.plugins.module_utils._node.file_change import FileChange
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import WrittenFile, write_files
from ansible_collections.kongops.fallback.plugins.module_utils._node.gateway_process import cache_bytes, gateway_process
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import NOT_RUNNING, Health
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import (
    ADMIN_ARGUMENTS,
    NODE_ARGUMENTS,
    gateway_findings,
    installation,
    planned_sources,
    trusted_certificate,
    with_surroundings,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.report import node_report
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import restart_for
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings_plan import (
    SETTINGS_ARGUMENTS,
    SettingsPlan,
    plan_settings,
    refuse_unworkable,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.status_listener import (
    gateway_health,
    listed_data_planes,
)

OWNERSHIP = {"owner": {"type": "str"}, "group": {"type": "str"}}
ARGUMENT_SPEC = {
    **TIME_ARGUMENTS,
    **NODE_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "check": {"type": "bool", "default": True},
    "instance_role": {"type": "bool", "default": False},
    **ADMIN_ARGUMENTS,
    "prefix": {"type": "path"},
    "environment": {"type": "dict", "required": True, "options": {**ENVIRONMENT_ARGUMENTS, **OWNERSHIP}},
    "settings": {
        "type": "dict",
        "apply_defaults": True,
        "options": {**SETTINGS_ARGUMENTS, **OWNERSHIP, "mode": {"type": "raw"}},
    },
}


@dataclass(frozen=True)
class NodePlan:
    """The planned files, and the node as it will be with them."""

    environment: EnvironmentPlan
    settings: SettingsPlan
    node: Node

    @property
    def changes(self) -> dict[str, FileChange]:
        """The parts of the node in the order in which they are written."""
        drop_in = {"drop_in": self.environment.drop_in} if self.environment.drop_in else {}
        return {"environment": self.environment.file, **drop_in, "kong_conf": self.settings.file}

    @property
    def changed_files(self) -> list[str]:
        """The files whose content will change."""
        return [change.path for change in self.changes.values() if change.changes_content]


def run(module: AnsibleModule) -> dict[str, Any]:
    """Look, plan, judge and write; raises InvalidInput or OperationFailed with all files unchanged."""
    params = module.params
    plan = plan_node(module)
    node, gateway = plan.node, plan.node.gateway
    prefix = params["prefix"] or gateway.value("prefix")
    process = gateway_process(prefix, gateway, start_files(plan))
    health = gateway_health(gateway, node.installation.version) if process.running else NOT_RUNNING
    listed = listed_data_planes(gateway, params["admin_url"], params["admin_headers"]) if process.running else None
    findings = diagnose(replace(node, cache_bytes=cache_bytes(prefix, gateway)))
    is_present = params["state"] == "present"
    if is_present:
        refuse(module, findings)
    if params["check"] and (is_present or plan.changed_files):
        spoken = gateway_findings(module, node, is_written=not plan.settings.file.changes_content)
        refuse(module, spoken)
        findings += spoken
    failures = exporter_findings(node, prefix) if is_present else []
    restart = restart_for(
        process,
        plan.changed_files,
        unready(node, health) if is_present else None,
        is_present,
        " ".join(finding.sentence for finding in failures) if params["settings"]["storage"] else "",
    )
    if is_present and not restart.needed:
        findings += failures
        refuse(module, findings)
    if is_present:
        warn(module, findings)
    written = dict(zip(plan.changes, write_files(module, list(plan.changes.values()))))
    names = plan.settings.names
    return {
        **node_report(node, findings, process, health, restart),
        "data_planes": listed,
        **what_was_written(written),
        "parameter_names": names.label if names else None,
    }


def plan_node(module: AnsibleModule) -> NodePlan:
    """Read the node and plan its files; raises InvalidInput when the options cannot be fulfilled."""
    params = module.params
    installed = installation(params["gateway_version"], params["kong_command"])
    environment = plan_of_environment(params)
    file = read_conf_file(params["path"])
    settings = plan_of_settings(params, file, installed)
    node = Node(
        path=params["path"],
        conf=settings.document,
        environment=planned_sources(params["environment_files"], environment, params["environment"]["mode"]),
        installation=installed,
        instance_role=params["instance_role"],
        exists=settings.file.after is not None,
        trusted_certificate=trusted_certificate(params["trusted_certificate"]),
    )
    return NodePlan(environment, settings, with_surroundings(node))


def plan_of_environment(params: Mapping[str, Any]) -> EnvironmentPlan:
    """The plan for environment file and drop-in."""
    shared = {name: params[name] for name in ("state", "instance_role")}
    options = {**params["environment"], **shared, "storage": params["settings"]["storage"]}
    drop_in = drop_in_path(options)
    file, unit = read_regular(options["path"], LONGEST_ENVIRONMENT), read_regular(drop_in) if drop_in else None
    try:
        return plan_environment(options, file, unit)
    except InvalidInput as error:
        raise InvalidInput(f"{options['path']}: {error.reason}", fact=error.fact) from None


def plan_of_settings(params: Mapping[str, Any], file: bytes | None, installed: Installation) -> SettingsPlan:
    """The plan for kong.conf."""
    options = {**params["settings"], "path": params["path"], "state": params["state"]}
    for name in ("node_role", "storage"):
        if params["state"] == "present" and not options[name]:
            raise InvalidInput(f"settings.{name} is required with state present: set it.")
    return plan_settings(options, file, installed.version)


def start_files(plan: NodePlan) -> list[str]:
    """The files that the gateway reads only when it starts."""
    sources = [source.path for source in plan.node.environment]
    return [*sources, plan.environment.drop_in.path] if plan.environment.drop_in else sources


def refuse(module: AnsibleModule, findings: list[Finding]) -> None:
    """Raise InvalidInput for a node that could not work."""
    refuse_unworkable(findings, module.params["settings"]["parameter_names"] == "draft")


def warn(module: AnsibleModule, findings: list[Finding]) -> None:
    """Warn about what may not work."""
    for finding in findings:
        if finding.severity != INFO:
            module.warn(finding.sentence)


def unready(node: Node, health: Health) -> str | None:
    """The message of a running data plane without a configuration, None for any other node."""
    return health.message if health.ready is False and node.gateway.value("role") == "data_plane" else None


def what_was_written(written: Mapping[str, WrittenFile]) -> dict[str, Any]:
    """The result for the files, as the module returns it."""
    changed_parts = [part for part, file in written.items() if file.changed]
    backup_file = written["kong_conf"].backup_file
    return {
        "changed": bool(changed_parts),
        "changed_parts": changed_parts,
        "diff": [difference for file in written.values() for difference in file.diff],
        **({"backup_file": backup_file} if backup_file else {}),
    }


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
