#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_fallback_config_info
short_description: Say what the gateway would really use, and why its fallback would not work
version_added: 0.1.0
description:
  - Reads kong.conf and the environment files of a node as the gateway reads them, and reports the settings that count.
  - Names every reason why the node would not export or import, including those that the gateway itself does not
    report, such as C(key=value) lines written with a colon, values like V(yes) that count as off, draft names, and
    overrides by the environment.
  - With O(environment) or O(image) it judges a container before it exists, from its manifest alone, and reads no
    node.
options:
  environment:
    description:
      - The variables that the manifest of a container gives its gateway, in place of O(path) and O(environment_files).
    type: dict
  image:
    description:
      - The image of the container, as the manifest names it. Its tag gives the version; use O(gateway_version) for an
        image that only a digest identifies.
    type: str
  secret_variables:
    description:
      - Variables that the container gets from a secret of its platform, so that their values are not known here.
    type: list
    elements: str
    default: []
  check:
    description:
      - Whether to run C(kong check) with the environment of the node. If the gateway refuses the configuration,
        the finding V(gateway-refuses) quotes it.
    type: bool
    default: true
  wait_timeout:
    description:
      - The number of seconds to wait until the gateway runs with the current content of its files and is ready. They
        come on top of O(timeout).
      - If it is not ready by then, the module returns what it saw last.
    type: int
    default: 0
  restart_after:
    description:
      - Further files, such as a systemd drop-in, that the gateway reads only when it starts; they count for
        RV(restart_needed).
    type: list
    elements: path
    default: []
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.node
  - kongops.fallback.node.judged
  - kongops.fallback.node.admin
  - kongops.fallback.time
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: The module changes nothing.
  facts:
    support: none
    details: The module sets no facts.
  platform:
    platforms: posix
seealso:
  - module: kongops.fallback.cluster_fallback_config
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Look at the fallback of this node
  kongops.fallback.cluster_fallback_config_info:
    environment_files: [/etc/kong/fallback.env]
  register: fallback

- name: Judge a container before it is deployed
  kongops.fallback.cluster_fallback_config_info:
    image: kong/kong-gateway:3.11.0.14
    environment: "{{ container.environment }}"
    secret_variables: [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, KONG_LICENSE_DATA]
  delegate_to: localhost
  register: fallback

- name: Stop if the fallback would not work
  ansible.builtin.assert:
    that: fallback.works
    fail_msg: "{{ fallback.reasons | join(' ') }}"
"""

RETURN = r"""
works:
  description: Whether the fallback of this node works; if so, no finding has the severity V(error).
  returned: success
  type: bool
  sample: true
reasons:
  description: Why it does not work, one sentence for each finding of severity V(error), with the number of its fact.
  returned: success
  type: list
  elements: str
  sample:
    - >-
      cluster_fallback_config_import is 'yes', which the gateway takes as off:
      write on or off, in lower case and without quotes. (fact 5.9)
settings:
  description: The settings that matter for the fallback, each with its value and its source (V(default), V(file) or
    V(environment)).
  returned: success
  type: dict
  sample:
    cluster_fallback_config_import:
      value: "on"
      source: file
findings:
  description: Every reason why the fallback would not work, and what else an operator should know.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: A short code that stays the same across releases and has a section in the troubleshooting guide.
      type: str
    severity:
      description: One of V(error), V(warning) and V(info).
      type: str
    setting:
      description: The setting or variable.
      type: str
    path:
      description: The file.
      type: str
    line:
      description: The line of the file, counted from 1.
      type: int
    message:
      description: One sentence that says what is wrong and what to do.
      type: str
    fact:
      description: The number in docs/kong-facts.md.
      type: str
    pointer:
      description: Always empty here; findings on snapshots use it.
      type: str
  sample:
    - code: boolean-value
      severity: error
      setting: cluster_fallback_config_import
      path: /etc/kong/kong.conf
      line: 12
      message: >-
        cluster_fallback_config_import is 'yes', which the gateway takes as off:
        write on or off, in lower case and without quotes.
      fact: "5.9"
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
  description: The gateway version that the findings apply to.
  returned: success, unless the name of O(image) contains no version; then there are only RV(works), RV(reasons) and
    RV(findings)
  type: str
  sample: 3.11.0.3
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
  description: Whether the gateway is running; V(false) for a container that is judged by its manifest.
  returned: success
  type: bool
  sample: true
restart_needed:
  description: Whether the gateway must start or restart to use what its files say.
  returned: success
  type: bool
  sample: false
restart_reason:
  description: The reason for the restart in one sentence; otherwise empty.
  returned: success
  type: str
  sample: /etc/kong/fallback.env changed after the gateway had started.
ready:
  description: Whether the running gateway has a configuration to serve; null if it has no status listener.
  returned: success
  type: bool
  sample: true
ready_message:
  description: The gateway's own message about that.
  returned: success
  type: str
  sample: no configuration available (empty configuration present)
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
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._container.diagnosis import diagnosis_of
from ansible_collections.kongops.fallback.plugins.module_utils._container.manifest import Container, value_of
from ansible_collections.kongops.fallback.plugins.module_utils._container.variables import parted
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import TIME_ARGUMENTS, finish, last_look
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.error_log import exporter_findings
from ansible_collections.kongops.fallback.plugins.module_utils._node.gateway_process import cache_bytes, gateway_process
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import NOT_RUNNING, UNKNOWN
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import (
    ADMIN_ARGUMENTS,
    NODE_ARGUMENTS,
    gateway_findings,
    read_node,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.report import findings_report, node_report
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import (
    NO_RESTART,
    GatewayProcess,
    restart_for,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.status_listener import (
    gateway_health,
    listed_data_planes,
)

ARGUMENT_SPEC = {
    **TIME_ARGUMENTS,
    **NODE_ARGUMENTS,
    "check": {"type": "bool", "default": True},
    "prefix": {"type": "path"},
    "instance_role": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 0},
    **ADMIN_ARGUMENTS,
    "restart_after": {"type": "list", "elements": "path", "default": []},
    "environment": {"type": "dict", "no_log": True},
    "image": {"type": "str"},
    "secret_variables": {"type": "list", "elements": "str", "default": [], "no_log": False},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """What the module returns; raises InvalidInput or OperationFailed when the node cannot be read."""
    if module.params["environment"] is not None or module.params["image"]:
        return report_of_container(module)
    return last_look(lambda: look(module), has_come_back, module.params["wait_timeout"])


def has_come_back(report: dict[str, Any]) -> bool:
    """Whether the gateway uses its current files and is ready; without a status listener a running process is
    enough."""
    return report["running"] and report["ready"] is not False and not report["restart_needed"]


def look(module: AnsibleModule) -> dict[str, Any]:
    """Read the node and report on it."""
    params = module.params
    node = read_node(module.params)
    prefix = params["prefix"] or node.gateway.value("prefix")
    process = gateway_process(prefix, node.gateway, params["environment_files"] + params["restart_after"])
    health = gateway_health(node.gateway, node.installation.version) if process.running else NOT_RUNNING
    listed = listed_data_planes(node.gateway, params["admin_url"], params["admin_headers"]) if process.running else None
    findings = diagnose(replace(node, cache_bytes=cache_bytes(prefix, node.gateway)))
    findings += gateway_findings(module, node) if params["check"] else []
    restart = restart_for(process)
    findings += [] if restart.needed else exporter_findings(node, prefix)
    return {"changed": False, **node_report(node, findings, process, health, restart), "data_planes": listed}


def report_of_container(module: AnsibleModule) -> dict[str, Any]:
    """The report on a container that a manifest describes; raises InvalidInput if it has no version."""
    params = module.params
    variables = {name: value_of(value) for name, value in (params["environment"] or {}).items()}
    # Ansible would also censor values such as `on` in every sentence that contains this word.
    module.no_log_values.difference_update(parted(variables)["plain"].values())
    container = Container(
        "the container", params["image"] or "", variables, dict.fromkeys(params["secret_variables"], "")
    )
    diagnosis = diagnosis_of(container, params["gateway_version"], params["instance_role"])
    if diagnosis.node is None:
        return {"changed": False, **findings_report(diagnosis.findings)}
    process = GatewayProcess(running=False)
    return {"changed": False, **node_report(diagnosis.node, diagnosis.findings, process, UNKNOWN, NO_RESTART)}


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run, module.params["timeout"] + module.params["wait_timeout"])


if __name__ == "__main__":
    main()
