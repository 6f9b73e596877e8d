#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: outage_drill
short_description: Start a second gateway as if the control plane were down, and check whether it serves
version_added: 0.1.0
description:
  - Starts a second gateway on this host with the host's kong.conf and environment files, in its own directory and on
    its own loopback ports, with an empty cache and a control plane that does not answer. The second gateway must come
    up from the snapshot in the fallback storage, serve a request, and have the configuration of the running gateway.
  - Always stops that gateway and removes its directory, even after Ctrl-C or if the module itself is killed.
  - Changes neither the running gateway nor the storage.
options:
  allow_proxying:
    description:
      - Drill even if the gateway of the host runs and proxies. The second gateway competes with it for memory and CPU
        time.
    type: bool
    default: false
  timeout:
    description:
      - The number of seconds for everything that the module does. After that the drill has failed.
      - Without it, twice O(ready_timeout) and a minute.
    type: int
  ready_timeout:
    description:
      - How many seconds the second gateway may take to become ready.
    type: int
    default: 120
  route:
    description:
      - A request that the second gateway must serve. It reaches the service behind the gateways.
      - Without it the drill sends no request and ends when the gateway is ready.
    type: dict
    suboptions:
      path:
        description: The path with its query.
        type: str
        default: /
      host:
        description: The host of the request.
        type: str
      method:
        description: The method.
        type: str
        default: GET
        choices: [GET, HEAD, OPTIONS]
      status:
        description:
          - The expected status. Without it any status passes except the gateway's own 404 and 500 or higher.
        type: int
  snapshot_uploader:
    description:
      - Who wrote the snapshot, RV(kongops.fallback.config_snapshot_info#module:snapshots[].uploader).
      - For a snapshot that M(kongops.fallback.config_snapshot) published, a gateway shows a different hash than for
        the same configuration from the control plane, so a difference is then a warning and not a failure.
    type: str
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.node
  - kongops.fallback.node.judged
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Refuses what a drill would refuse, and starts nothing.
    support: full
  diff_mode:
    description: The module changes nothing.
    support: none
  platform:
    platforms: posix
notes:
  - The drill reads the files of the host, so it needs the permissions of the user who starts the gateway.
seealso:
  - module: kongops.fallback.config_snapshot_info
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Prove that a new data plane would come up without its control plane
  kongops.fallback.outage_drill:
    environment_files: [/etc/kong/fallback.env]
    route:
      path: /status
      host: shop.example.com
      status: 200
"""

RETURN = r"""
gateway_version:
  description: The version of the gateway.
  returned: always
  type: str
  sample: 3.11.0.3
time_to_ready:
  description: Seconds from the start of the second gateway until it was ready; null if it never was.
  returned: always
  type: float
  sample: 4.2
configuration_hash:
  description: The hash of the second gateway's configuration.
  returned: always
  type: str
  sample: 779742c3d7afee2e38f977044d2ed96b
running_configuration_hash:
  description: The hash of the running gateway's configuration; null without one, or if it has no status listener.
  returned: always
  type: str
  sample: 779742c3d7afee2e38f977044d2ed96b
route:
  description: The request that the drill sent; null without one.
  returned: always
  type: str
  sample: GET shop.example.com/status
status:
  description: The status of the answer; null without a request or an answer.
  returned: always
  type: int
  sample: 200
findings:
  description: Why the drill refused or failed, and what else an operator should know, as
    M(kongops.fallback.cluster_fallback_config_info) returns it.
  returned: always
  type: list
  elements: dict
  sample: []
"""

import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import finish
from ansible_collections.kongops.fallback.plugins.module_utils._drill.judgement import (
    Course,
    Outcome,
    Request,
    drill_forecast,
    judge_drill,
    overrides,
    refusals,
    request_of,
    unserved,
)
from ansible_collections.kongops.fallback.plugins.module_utils._drill.second_gateway import (
    SecondGateway,
    Start,
    clean_environment,
    free_ports,
    new_folder,
    output_is_read,
    owner_for,
    second_gateway,
    send,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors, warnings
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective, effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.gateway_process import cache_file, running_pid
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import NODE_ARGUMENTS, read_node
from ansible_collections.kongops.fallback.plugins.module_utils._node.status_listener import gateway_health

ROUTE: dict[str, Any] = {
    "path": {"type": "str", "default": "/"},
    "host": {"type": "str"},
    "method": {"type": "str", "default": "GET", "choices": ["GET", "HEAD", "OPTIONS"]},
    "status": {"type": "int"},
}
ARGUMENT_SPEC: dict[str, Any] = {
    **NODE_ARGUMENTS,
    "prefix": {"type": "path"},
    "instance_role": {"type": "bool", "default": False},
    "allow_proxying": {"type": "bool", "default": False},
    "timeout": {"type": "int"},
    "ready_timeout": {"type": "int", "default": 120},
    "route": {"type": "dict", "options": ROUTE},
    "snapshot_uploader": {"type": "str"},
}
ROUTE_PATIENCE = 10
"""Seconds in which a gateway that is ready may still be building its router."""


def drill(module: AnsibleModule, node: Node, prefix: str, is_running: bool, request: Request | None) -> Outcome:
    """Start the second gateway, observe it, and leave nothing behind."""
    folder, timeout = new_folder(), module.params["ready_timeout"]
    with free_ports() as ports:
        variables = {**node.variables, **overrides(folder, ports, str(uuid.uuid4()))}
        start = start_of(module, node, variables, folder, None if is_running else cache_file(prefix, node.gateway))
        with second_gateway(start) as gateway:
            own = effective(node.conf, variables, node.installation.version)
            course = replace(follow(gateway, node, own, timeout), had_cache=start.cache is not None)
            running = gateway_health(node.gateway, node.installation.version) if is_running else None
            answer = ask(ports.proxy, request, timeout) if request and course.health.ready else None
    outcome = Outcome((), course, running, request, answer, module.params["snapshot_uploader"])
    return replace(outcome, findings=judge_drill(node, timeout, outcome))


def start_of(module: AnsibleModule, node: Node, variables: Mapping[str, str], folder: str, cache: str | None) -> Start:
    """What to start. If no gateway runs, the next one to start would use the cache (fact 4.1)."""
    kong = module.params["kong_command"]
    return Start(
        command=[shutil.which(kong) or kong, "start", *(["-c", node.path] if node.exists else [])],
        environment={**clean_environment(folder), **variables},
        folder=folder,
        owner=owner_for(node.gateway.value("nginx_user")),
        cache=cache,
    )


def follow(gateway: SecondGateway, node: Node, own: Effective, timeout: int) -> Course:
    """The state of the second gateway once its outcome was clear, or its time was up."""
    started = time.monotonic()
    while True:
        exit_code = gateway.exit_code
        health = gateway_health(own, node.installation.version)
        seconds = round(time.monotonic() - started, 1)
        course = Course(seconds, exit_code, gateway.said, gateway.log, health)
        if course.is_over or seconds > timeout:
            return course
        if not output_is_read():
            raise OperationFailed("The drill was interrupted: run it again.")
        time.sleep(0.2)


def ask(port: int, request: Request, timeout: int) -> Answer:
    """Send the request until it is served, or the router has had enough time."""
    deadline = time.monotonic() + ROUTE_PATIENCE
    while True:
        answer = send(port, request, timeout)
        if not unserved(request, answer) or answer.status not in (0, 404) or time.monotonic() > deadline:
            return answer
        time.sleep(0.5)


def run(module: AnsibleModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    params = module.params
    request = request_of(params["route"]) if params["route"] else None
    node = read_node(module.params)
    prefix = params["prefix"] or node.gateway.value("prefix")
    is_running = running_pid(prefix) is not None
    outcome = Outcome(refusals(node, is_running, params["allow_proxying"]), request=request)
    if not outcome.findings and not module.check_mode:
        outcome = drill(module, node, prefix, is_running, request)
    return answer_of(module, node.installation.version, outcome)


def answer_of(module: AnsibleModule, version: GatewayVersion, outcome: Outcome) -> dict[str, Any]:
    """What the module returns; the drill failed if there are errors among the findings."""
    result: dict[str, Any] = {"changed": False, "gateway_version": str(version), **outcome.as_dict()}
    for warning in warnings(outcome.findings):
        module.warn(warning.message)
    if found := errors(outcome.findings):
        result.update(failed=True, msg=" ".join(error.sentence for error in found))
    elif module.check_mode:
        result.update(msg=drill_forecast(version, outcome.request))
    return result


def patience(params: Mapping[str, Any]) -> int:
    """The seconds for everything."""
    return int(params["timeout"] or 2 * params["ready_timeout"] + 60)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run, patience(module.params))


if __name__ == "__main__":
    main()
