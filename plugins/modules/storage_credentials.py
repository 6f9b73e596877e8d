#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_credentials
short_description: Create least-privilege IAM identities for backup nodes and data planes, and rotate their keys
version_added: 0.1.0
description:
  - Creates an IAM user or role that may do what a backup node (O(access=write)) or a data plane (O(access=read)) does
    in the fallback storage, and nothing else.
  - A user gets one access key, once. The module writes the secret of the key to a secret store and nowhere else. Nodes
    get it from there, so a node that you add next year needs no new key.
  - A role needs no key, which makes it the better choice on EC2.
  - If the module fails, it leaves no key whose secret is lost. The next run continues from there.
  - The user must not have keys that this module has not created.
options:
  name:
    description:
      - The name of the user or role.
      - Give either this option or O(identities).
    type: str
  access:
    description:
      - V(write) is for backup nodes, which write and read snapshots, and write and list election objects.
      - V(read) is for data planes, which read snapshots.
      - Required with O(name) and O(state=present).
    type: str
    choices: [write, read]
  state:
    description:
      - V(absent) deletes the identity, its policy, its keys and the stored secret.
    type: str
    choices: [present, absent]
    default: present
  secret_store:
    description:
      - Where the module stores the key of a user, as a JSON object with C(access_key_id), C(secret_access_key),
        C(created), C(arn) and, if known, C(region) and C(endpoint_url).
      - Required with O(name), O(identity=user) and O(state=present).
    type: dict
    suboptions:
      type:
        description:
          - V(secretsmanager) is AWS Secrets Manager, V(ssm) a SecureString of the AWS Systems Manager Parameter Store.
          - V(file) is a file on the host on which the module runs, readable by its owner only.
        type: str
        choices: [secretsmanager, ssm, file]
        required: true
      name:
        description:
          - The name of the secret or parameter, or the absolute path of the file.
        type: str
        required: true
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.credentials
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - kongops.fallback.requirements.controller
attributes:
  check_mode:
    description: Predicts what a run would do.
    support: full
  diff_mode:
    description: Shows the identity, its policy and the state of its keys; never a secret.
    support: full
seealso:
  - module: kongops.fallback.storage_access_info
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Create a user for the backup node, with its key in AWS Secrets Manager
  kongops.fallback.storage_credentials:
    name: kong-fallback-prod-write
    access: write
    storage: s3://kong-fallback/prod
    region: eu-central-1
    secret_store:
      type: secretsmanager
      name: kong-fallback/prod/write

- name: Create a user for backup nodes and one for data planes
  kongops.fallback.storage_credentials:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    identities:
      - name: kong-fallback-prod-write
        access: write
        secret_store:
          type: secretsmanager
          name: kong-fallback/prod/write
      - name: kong-fallback-prod-read
        access: read
        secret_store:
          type: secretsmanager
          name: kong-fallback/prod/read

- name: Create a role for data planes on EC2
  kongops.fallback.storage_credentials:
    name: kong-fallback-prod-read
    access: read
    storage: s3://kong-fallback/prod
    region: eu-central-1
    identity: role
    instance_profile: true

- name: Begin to rotate the key of the data planes if it is older than 90 days
  kongops.fallback.storage_credentials:
    name: kong-fallback-prod-read
    access: read
    storage: s3://kong-fallback/prod
    region: eu-central-1
    secret_store:
      type: secretsmanager
      name: kong-fallback/prod/read
    rotation: begin
    max_age_days: 90
"""

RETURN = r"""
arn:
  description: The ARN of the identity.
  returned: with O(name), when it exists
  type: str
  sample: arn:aws:iam::123456789012:user/kong-fallback-prod-write
policy:
  description: What the identity may do.
  returned: with O(name) and O(state=present)
  type: dict
  sample:
    Version: "2012-10-17"
    Statement:
      - Sid: ReadSnapshots
        Effect: Allow
        Action: [s3:GetObject]
        Resource: [arn:aws:s3:::kong-fallback/prod/*/config.json]
access_key_id:
  description: The stored key, for nodes to use. In check mode null for a key that a run would create.
  returned: with O(name), O(identity=user) and O(state=present)
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
previous_access_key_id:
  description: The key that a rotation replaces, as long as there is one.
  returned: with O(name), O(identity=user) and O(state=present)
  type: str
  sample: AKIAI44QH8DHBEXAMPLE
previous_active:
  description: Whether that key is active.
  returned: with O(name), O(identity=user) and O(state=present)
  type: bool
  sample: true
secret_ref:
  description: Where the secret is.
  returned: with O(name) and O(secret_store)
  type: str
  sample: secretsmanager:kong-fallback/prod/write
identities:
  description:
    - For each of O(identities), by its name, what the module returns for a single one, and whether it C(changed).
  returned: with O(identities)
  type: dict
  sample:
    kong-fallback-prod-read:
      changed: false
      arn: arn:aws:iam::123456789012:user/kong-fallback-prod-read
      access_key_id: AKIAIOSFODNN7EXAMPLE
      previous_access_key_id: null
      previous_active: false
      secret_ref: secretsmanager:kong-fallback/prod/read
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.credentials import remove_credentials
from ansible_collections.kongops.fallback.plugins.module_utils._storage.credentials_task import (
    CREDENTIALS_OPTIONS,
    ONE_IDENTITY,
    Clients,
    by_name,
    credentials_present,
    jobs_of,
    store_of,
    together,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.iam import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    **ONE_IDENTITY,
    "storage": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **CREDENTIALS_OPTIONS,
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    storage = parse(module.params["storage"])
    clients = cache(lambda service: client_of(module, service))
    identities = by_name(module.params["identities"] or [{name: module.params[name] for name in ONE_IDENTITY}])
    if module.params["state"] == "absent":
        results = {name: absent(module, clients, identity) for name, identity in identities.items()}
    else:
        results = credentials_present(module, storage, jobs_of(module, storage, clients, identities))
    return results[module.params["name"]] if module.params["name"] else together(results)


def absent(module: AnsibleAWSModule, clients: Clients, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the identity with its keys, then the secret; in check mode only report what it would remove."""
    iam = Iam(clients("iam"), module.params["identity"], identity["name"])
    store = store_of(identity, clients)
    before = remove_credentials(iam, store, module.params["instance_profile"], module.check_mode)
    ref = {"secret_ref": store.ref} if store else {}
    return {"changed": bool(before), "diff": {"before": before, "after": {}}, **ref}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[(name, "identities") for name in ONE_IDENTITY],
        required_one_of=[("name", "identities")],
        supports_check_mode=True,
    )
    finish(module, run)


if __name__ == "__main__":
    main()
