#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_access_info
short_description: Prove with real calls what a key may and may not do in the fallback storage
version_added: 0.1.0
description:
  - Tries to write, read, list and delete snapshots and election objects with the given credentials, inside and outside
    the prefix of the storage. Then compares what is allowed with what a backup node or a data plane needs.
  - Works on every store, with or without IAM, and with keys of any origin.
  - Touches only its own probe objects, which have a unique name, and removes them. Most stores keep nothing of what it
    writes, because it sends a wrong digest.
  - S3 does not tell a key without permission to list whether an object exists. So the module first writes the objects
    that it then reads. For this it uses the credentials of the controller (environment, configuration files, instance
    role), if they are not the O(access_key) under test.
options:
  expect:
    description:
      - What the key is for. V(write) for a backup node, V(read) for a data plane.
    type: str
    choices: [write, read]
    required: true
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - kongops.fallback.requirements.controller
attributes:
  check_mode:
    description: Does the same in check mode, because nothing that it writes stays.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: none
seealso:
  - module: kongops.fallback.storage_credentials
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Test what the key of the data planes may do
  kongops.fallback.storage_access_info:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    expect: read
    access_key: "{{ reader.access_key_id }}"
    secret_key: "{{ reader.secret_access_key }}"
  register: reader_access

- name: Stop if the key may do too much or too little
  ansible.builtin.assert:
    that: reader_access.as_expected
    fail_msg: "{{ reader_access.findings | map(attribute='message') | join(' ') }}"
"""

RETURN = r"""
access:
  description:
    - For each operation whether it is V(allowed) or V(denied) inside the prefix and outside.
    - V(unknown) if S3 does not tell whether an object is missing or denied.
  returned: success
  type: dict
  sample:
    put_config: {inside: denied, outside: denied}
    get_config: {inside: allowed, outside: denied}
    delete_config: {inside: denied, outside: denied}
    put_election: {inside: denied, outside: denied}
    get_election: {inside: denied, outside: denied}
    delete_election: {inside: denied, outside: denied}
    list_election: {inside: denied, outside: denied}
as_expected:
  description:
    - Whether the key can do its work and cannot change anything else.
    - Then there is no finding of severity V(error).
  returned: success
  type: bool
  sample: true
findings:
  description: What access is missing, what is too much, and which probe objects are left.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: One of V(access-missing), V(access-unproven), V(access-excess) and V(probe-left).
      type: str
    severity:
      description: V(error) or V(warning).
      type: str
    message:
      description: One sentence that says what is wrong and what to do.
      type: str
    fact:
      description: The number in docs/kong-facts.md.
      type: str
  sample:
    - code: access-excess
      severity: error
      message: >-
        The key may write snapshots inside its prefix s3://kong-fallback/prod, which a data plane never does:
        remove it from its policy.
      fact: "2.6"
"""

import secrets
from contextlib import suppress
from typing import Any

with suppress(ImportError):  # AnsibleAWSModule says so before anything here is called.
    import boto3

# Not by AnsibleAWSModule.warn, which passes warnings on in a way that ansible-core deprecates.
from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors, warnings
from ansible_collections.kongops.fallback.plugins.module_utils._storage.access import left_behind, permission_findings
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, client_of_key, s3_storage
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import ACCESS
from ansible_collections.kongops.fallback.plugins.module_utils._storage.probe import Probe

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    "expect": {"type": "str", "choices": list(ACCESS), "required": True},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the probing; raises InvalidInput and OperationFailed."""
    storage = s3_storage(module.params["storage"])
    helper = helper_of(module)
    probe = Probe(client_of(module, "s3"), storage, f"kong-fallback-probe-{secrets.token_hex(4)}", helper)
    access = probe.run()
    findings = [
        *permission_findings(access, module.params["expect"], storage),
        *left_behind([remnant.key for remnant in probe.remnants], storage),
    ]
    for finding in warnings(findings):
        warn(finding.message)
    return {
        "changed": False,
        "access": access,
        "as_expected": not errors(findings),
        "findings": [finding.as_dict() for finding in findings],
    }


def helper_of(module: AnsibleAWSModule) -> Any:
    """A client with the credentials of the controller, None if it has none or they are those under test."""
    if not module.params["access_key"]:
        return None
    credentials = boto3.session.Session().get_credentials()
    if credentials is None or credentials.access_key == module.params["access_key"]:
        return None
    own = credentials.get_frozen_credentials()
    return client_of_key(module, own.access_key, own.secret_key, own.token)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
