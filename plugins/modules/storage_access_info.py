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
  - Tries, with the credentials that are given to it, to write, read, list and delete snapshots and election objects,
    inside the prefix of the storage and outside, and compares what is allowed with what a backup node or a data plane
    needs.
  - Works on every store, with IAM or without, and with keys that somebody else has made.
  - Touches nothing but probe objects of its own under a name of its own, and removes them. Most stores keep nothing of
    what it writes, because it sends a wrong digest.
  - S3 does not tell those who may not list whether an object exists. So the module first puts there what it then reads,
    with the credentials of the host (environment, configuration files, instance role), if these are others than
    O(access_key).
options:
  expect:
    description:
      - What the key is for. V(write) is a backup node, V(read) a data plane.
    type: str
    choices: [write, read]
    required: true
extends_documentation_fragment:
  - kongops.fallback.storage
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Can run in check mode and does the same, as nothing of it lasts.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
seealso:
  - module: kongops.fallback.storage_credentials
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Look at what the key of the data planes may do
  kongops.fallback.storage_access_info:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    expect: read
    access_key: "{{ reader.access_key_id }}"
    secret_key: "{{ reader.secret_access_key }}"
  register: reader_access

- name: Stop if it may do too much or too little
  ansible.builtin.assert:
    that: reader_access.as_expected
    fail_msg: "{{ reader_access.findings | map(attribute='message') | join(' ') }}"
"""

RETURN = r"""
access:
  description:
    - For each operation whether it is V(allowed) or V(denied) inside the prefix and outside.
    - V(unknown) where S3 does not let on whether an object is missing or denied.
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
    - Whether the key can do its work and can change nothing that is not its own.
    - There is no finding of severity V(error) then.
  returned: success
  type: bool
  sample: true
findings:
  description: What is missing, what is too much, and what was left behind.
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
        take that from its policy.
      fact: "2.6"
"""

import secrets
from contextlib import suppress
from typing import Any

with suppress(ImportError):  # AnsibleAWSModule says so before anything here is called.
    import boto3

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import WARNING, errors
from ansible_collections.kongops.fallback.plugins.module_utils._storage.access import judge, left_behind
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import ACCESS
from ansible_collections.kongops.fallback.plugins.module_utils._storage.probe import Probe
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, StorageUrl, parse


def helper_of(module: AnsibleAWSModule) -> Any:
    """A client with the credentials of the host, None when it has none or they are those under test."""
    if not module.params["access_key"]:
        return None
    credentials = boto3.session.Session().get_credentials()
    if credentials is None or credentials.access_key == module.params["access_key"]:
        return None
    frozen = credentials.get_frozen_credentials()
    return client_of(
        module,
        "s3",
        profile_name=None,
        aws_access_key_id=frozen.access_key,
        aws_secret_access_key=frozen.secret_key,
        aws_session_token=frozen.token,
    )


def storage_of(params: dict[str, Any]) -> StorageUrl:
    storage = parse(params["storage"])
    if storage.scheme != S3:
        raise InvalidInput(f"storage is {storage.scheme}://…, and this module reaches s3:// storage only.")
    return storage


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "storage": {"type": "str", "required": True},
            "expect": {"type": "str", "choices": list(ACCESS), "required": True},
        },
        supports_check_mode=True,
    )
    try:
        storage = storage_of(module.params)
        helper = helper_of(module)
        probe = Probe(client_of(module, "s3"), storage, f"kong-fallback-probe-{secrets.token_hex(4)}", helper)
        access = probe.run()
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    findings = [
        *judge(access, module.params["expect"], storage),
        *left_behind([remnant.key for remnant in probe.remnants], storage),
    ]
    for finding in findings:
        if finding.severity == WARNING:
            module.warn(finding.message)
    module.exit_json(
        changed=False,
        access=access,
        as_expected=not errors(findings),
        findings=[finding.as_dict() for finding in findings],
    )


if __name__ == "__main__":
    main()
