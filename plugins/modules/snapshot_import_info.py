#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_import_info
short_description: Read the snapshot as this node's gateway would, and ask the gateway whether it accepts it
version_added: 0.1.0
description:
  - Does on the node what its gateway would do in an outage. Looks for credentials where the gateway looks, in the same
    order, and reads the snapshot of its own version with them, on its own network, through its own proxy, and trusting
    the certificates that it trusts.
  - Then asks the gateway itself, with C(kong config parse) and the kong.conf and environment of the node, whether it
    accepts the snapshot. Only the gateway knows the schemas of its plugins. The module names the place in the snapshot.
  - Changes nothing. It keeps the snapshot in a private file while it runs and removes the file afterwards, even if the
    module is killed.
  - Does not fail for a bad snapshot, node or storage. It fails only if its options make no sense. Look at
    RV(outcome).
options:
  environment:
    description:
      - The environment that the gateway will get, as in M(kongops.fallback.cluster_fallback_environment). The module
        uses it as if it were already written, and writes nothing. O(environment.path) counts as the last of
        O(environment_files), unless it is among them.
    type: dict
extends_documentation_fragment:
  - kongops.fallback.requirements
  - kongops.fallback.node
  - kongops.fallback.node.import
  - kongops.fallback.environment.in_a_dict
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Can run in check mode with the same result, because it changes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
  platform:
    platforms: posix
notes:
  - The module reads what the gateway reads, so it needs the permissions of the user who starts the gateway.
seealso:
  - module: kongops.fallback.config_snapshot_info
    description: The same from the controller, with the history of the snapshot.
  - module: kongops.fallback.outage_drill
    description: Starts a gateway from the snapshot.
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Prove that the gateway of this node would import the snapshot
  kongops.fallback.snapshot_import_info:
    environment_files: [/etc/kong/fallback.env]
  register: proof
  failed_when: proof.outcome != 'ok'

- name: Prove the same on an EC2 instance with its own role
  kongops.fallback.snapshot_import_info:
    environment_files: [/etc/kong/fallback.env]
    instance_role: true
  register: proof
  failed_when: proof.outcome != 'ok' or proof.credential_source != 'instance_metadata'
"""

RETURN = r"""
outcome:
  description:
    - V(ok), or the most serious problem.
    - V(unreachable), V(denied) and V(missing) mean that the node could not read a snapshot; V(denied) may hide a
      missing one from credentials without C(s3:ListBucket).
    - A V(corrupt) snapshot cannot be read as a configuration; a V(refused_by_gateway) or V(unimportable) one can, but
      the gateway does not accept it; an V(empty) one has nothing to serve, and a V(shrunk) one too little.
  returned: success
  type: str
  sample: ok
message:
  description: The outcome as a sentence.
  returned: success
  type: str
  sample: >-
    This node read s3://kong-fallback/prod/3.11.0.3/config.json with the role of its instance,
    and its gateway 3.11.0.3 takes it.
credential_source:
  description:
    - The source of the gateway's credentials. V(environment) are the C(AWS_*) variables, V(amazon_environment)
      the C(AMAZON_*) variables, V(shared_file) is the credentials file of AWS's tools, V(container) the endpoint of ECS
      or EKS, V(web_identity) a token file with a role, and V(instance_metadata) EC2.
    - Null if no source gives credentials, or if the module stopped earlier.
  returned: success
  type: str
  sample: instance_metadata
sha256:
  description: SHA-256 of the bytes of the snapshot; null if the module did not read them.
  returned: success
  type: str
  sample: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7
size:
  description: Size of the snapshot in bytes; null if there was none.
  returned: success
  type: int
  sample: 421337
configuration_hash:
  description: The hash that a gateway shows once it has imported this snapshot; null if it is not a configuration.
  returned: success
  type: str
  sample: 779742c3d7afee2e38f977044d2ed96b
seconds:
  description: How long the proof took.
  returned: success
  type: float
  sample: 1.7
gateway_version:
  description: The gateway version of the snapshot.
  returned: success
  type: str
  sample: 3.11.0.3
findings:
  description: All findings, warnings included, as M(kongops.fallback.cluster_fallback_config_info) returns them. No
    finding repeats a secret. The module also warns of the warnings among them.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import time
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import LONGEST_ENVIRONMENT, read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._finding import WARNING
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import (
    ENVIRONMENT_ARGUMENTS,
    plan_environment,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import planned_sources, read_node
from ansible_collections.kongops.fallback.plugins.module_utils._node.snapshot_import import (
    IMPORT_ARGUMENTS,
    importer_of,
    prove,
)

ARGUMENT_SPEC = {
    **IMPORT_ARGUMENTS,
    "environment": {
        "type": "dict",
        "options": {**ENVIRONMENT_ARGUMENTS, "owner": {"type": "str"}, "group": {"type": "str"}},
    },
}


def planned_node(params: dict[str, Any]) -> Node:
    """The node with the environment that it has, or will have; raises InvalidInput or OperationFailed."""
    node = read_node(params)
    if not params["environment"]:
        return node
    shared = {name: params[name] for name in ("instance_role", "storage")}
    options = {**params["environment"], **shared, "state": "present"}
    plan = plan_environment(options, read_regular(options["path"], LONGEST_ENVIRONMENT), None)
    return replace(node, environment=planned_sources(params["environment_files"], plan, options["mode"]))


def run(module: AnsibleModule) -> dict[str, Any]:
    """Carry out the proof and report on it; raises InvalidInput or OperationFailed when the options make no sense, or
    the proof itself breaks off."""
    started = time.monotonic()
    importer = importer_of(planned_node(module.params), module.params)
    proof = prove(importer, str(module.tmpdir), time.monotonic() - started)
    for finding in proof.findings:
        if finding.severity == WARNING:
            module.warn(finding.sentence)
    return {
        "changed": False,
        "outcome": proof.outcome,
        "message": proof.message,
        "credential_source": proof.credential_source,
        "sha256": proof.sha256,
        "size": proof.size,
        "configuration_hash": proof.configuration_hash,
        "seconds": round(time.monotonic() - started, 2),
        "gateway_version": str(importer.node.installation.version),
        "findings": [finding.as_dict() for finding in proof.findings],
    }


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    # The proof keeps its own time limit, and reports what is known by then.
    finish(module, run, module.params["timeout"] + 1)


if __name__ == "__main__":
    main()
