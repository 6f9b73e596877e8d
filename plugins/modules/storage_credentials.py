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
  identities:
    description:
      - Several identities instead of one, which takes much less time than a task for each.
      - The module looks at all of them before it changes any. The other options apply to each of them.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - As O(name).
        type: str
        required: true
      access:
        description:
          - As O(access).
        type: str
        choices: [write, read]
      secret_store:
        description:
          - As O(secret_store).
        type: dict
        suboptions:
          type:
            description:
              - As O(secret_store.type).
            type: str
            choices: [secretsmanager, ssm, file]
            required: true
          name:
            description:
              - As O(secret_store.name).
            type: str
            required: true
  identity:
    description:
      - V(user) has an access key, for nodes anywhere.
      - V(role) has none, for nodes that can assume a role, such as EC2 instances.
    type: str
    choices: [user, role]
    default: user
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
  rotation:
    description:
      - V(none) creates a key if there is none, and otherwise changes no key.
      - V(begin) creates a second key, stores it, and waits until the storage accepts it. The previous key stays active.
      - V(deactivate) deactivates the previous key. Use it when no node uses that key any more. You can undo it in IAM.
      - V(finish) deletes the previous key, which must be inactive.
      - V(status) changes nothing and reports.
      - A phase that is already done changes nothing.
    type: str
    choices: [none, begin, deactivate, finish, status]
    default: none
  max_age_days:
    description:
      - O(rotation=begin) does not replace a key that is younger.
    type: int
    default: 0
  wait_timeout:
    description:
      - How many seconds to wait for the storage to accept a new key.
    type: int
    default: 60
  list_objects:
    description:
      - Whether the identity may also list the storage. If it may not, S3 gives the same answer for a missing snapshot
        as for a denied one.
    type: bool
    default: false
  kms_key:
    description:
      - The ARN of the KMS key that the bucket encrypts with. The identity may then use it.
    type: str
  path:
    description:
      - The IAM path of the identity. It counts only when the identity is created.
    type: str
    default: /
  permissions_boundary:
    description:
      - The ARN of the policy that is the permissions boundary of the identity.
      - Without this option, an existing boundary stays.
    type: str
  trust_policy:
    description:
      - Who may assume the role, as a policy document. By default, EC2 may assume a new role.
    type: dict
  instance_profile:
    description:
      - Whether to create an instance profile of the same name for the role, which EC2 needs.
    type: bool
    default: false
extends_documentation_fragment:
  - kongops.fallback.storage
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, client_of_key
from ansible_collections.kongops.fallback.plugins.module_utils._storage.credentials import (
    CredentialsPlan,
    CredentialsWish,
    carry_out,
    plan_credentials,
    remove_credentials,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.iam import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import (
    KINDS,
    ROLE,
    USER,
    IdentityWish,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.key_ring import KeyRing, wait_until_accepted
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import ACCESS, access_policy, partition
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import NONE, PHASES, Secret, StoredKey
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import (
    TYPES,
    SecretStore,
    secret_store,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl, parse

ONE_IDENTITY: dict[str, Any] = {
    "name": {"type": "str"},
    "access": {"type": "str", "choices": list(ACCESS)},
    "secret_store": {
        "no_log": False,  # names the place, holds no secret
        "type": "dict",
        "options": {
            "type": {"type": "str", "choices": list(TYPES), "required": True},
            "name": {"type": "str", "required": True},
        },
    },
}
ARGUMENT_SPEC: dict[str, Any] = {
    **ONE_IDENTITY,
    "identities": {
        "type": "list",
        "elements": "dict",
        "options": {**ONE_IDENTITY, "name": {"type": "str", "required": True}},
    },
    "storage": {"type": "str", "required": True},
    "identity": {"type": "str", "choices": list(KINDS), "default": USER},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "rotation": {"type": "str", "choices": list(PHASES), "default": NONE},
    "max_age_days": {"type": "int", "default": 0},
    "wait_timeout": {"type": "int", "default": 60},
    "list_objects": {"type": "bool", "default": False},
    "kms_key": {"type": "str", "no_log": False},
    "path": {"type": "str", "default": "/"},
    "permissions_boundary": {"type": "str"},
    "trust_policy": {"type": "dict"},
    "instance_profile": {"type": "bool", "default": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}

Clients = Callable[[str], Any]
"""Gives the client of a service, always the same one: a new one takes longer than all requests."""


@dataclass(frozen=True)
class Job:
    """One identity that the task asks for, with what it takes to look at it and to change it."""

    iam: Iam
    ring: KeyRing | None
    wish: CredentialsWish


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    storage = parse(module.params["storage"])
    clients = cache(lambda service: client_of(module, service))
    identities = identities_of(module.params)
    if module.params["state"] == "absent":
        results = {name: absent(module, clients, identity) for name, identity in identities.items()}
    else:
        results = present(module, storage, clients, identities)
    return results[module.params["name"]] if module.params["name"] else together(results)


def identities_of(params: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The identities that the options name, each with access and secret store; raises InvalidInput."""
    given = params["identities"] or [{name: params[name] for name in ONE_IDENTITY}]
    for identity in given:
        if params["state"] == "present" and not identity["access"]:
            raise InvalidInput(f"The identity {identity['name']} has no access: set access to write or read.")
    identities = {identity["name"]: identity for identity in given}
    if len(identities) < len(given):
        raise InvalidInput("identities has the same name twice: give each identity a name of its own.")
    return identities


def together(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The results of several identities as one."""
    return {
        "changed": any(result["changed"] for result in results.values()),
        "diff": {
            when: {name: result["diff"][when] for name, result in results.items()} for when in ("before", "after")
        },
        "identities": {
            name: {key: value for key, value in result.items() if key != "diff"} for name, result in results.items()
        },
    }


def present(
    module: AnsibleAWSModule, storage: StorageUrl, clients: Clients, identities: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Give identities, keys and secrets what the options ask for; in check mode only say what would change.

    Nothing is changed before everything has been looked at.
    """
    now = datetime.now(timezone.utc)
    jobs = [job_of(module, storage, clients, identity) for identity in identities.values()]
    planned = [(job, plan_credentials(job.iam, job.ring, job.wish, now)) for job in jobs]
    return {job.iam.name: result_of(module, storage, job, plan, now) for job, plan in planned}


def job_of(module: AnsibleAWSModule, storage: StorageUrl, clients: Clients, identity: Mapping[str, Any]) -> Job:
    """What the options ask for one identity; raises InvalidInput if they contradict one another."""
    params = module.params
    policy = access_policy(
        storage,
        identity["access"],
        partition=partition(module.region),
        kms_key=params["kms_key"],
        list_objects=params["list_objects"],
    )
    wish = IdentityWish(
        kind=params["identity"],
        policy=policy,
        path=params["path"],
        permissions_boundary=params["permissions_boundary"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
        trust=params["trust_policy"],
        instance_profile=params["instance_profile"],
    )
    iam = Iam(clients("iam"), params["identity"], identity["name"])
    ring = key_ring_of(module, iam, store_of(identity, clients))
    return Job(iam, ring, CredentialsWish(wish, params["rotation"], params["max_age_days"]))


def store_of(identity: Mapping[str, Any], clients: Clients) -> SecretStore | None:
    """The secret store of an identity, if it has one."""
    wanted = identity["secret_store"]
    return secret_store(wanted["type"], wanted["name"], clients) if wanted else None


def key_ring_of(module: AnsibleAWSModule, iam: Iam, store: SecretStore | None) -> KeyRing | None:
    """The keys of a user, None for a role; raises InvalidInput if the options fit neither."""
    if iam.kind == ROLE:
        if store or module.params["rotation"] != NONE:
            raise InvalidInput(
                f"The role {iam.name} has no keys: leave secret_store and rotation out, or set identity to user."
            )
        return None
    if store is None:
        raise InvalidInput(
            f"The key of the user {iam.name} needs a place for its secret: give secret_store, or set identity to role."
        )
    details = Secret("", "", module.region, module.params["endpoint_url"])
    return KeyRing(iam.client, iam.name, store, details, module.no_log_values.add)


def result_of(
    module: AnsibleAWSModule, storage: StorageUrl, job: Job, plan: CredentialsPlan, now: datetime
) -> dict[str, Any]:
    """Carry out the plan for one identity, unless in check mode; what the module returns about it."""
    if module.check_mode:
        arn, stored = plan.target.arn, StoredKey() if plan.creates_key else plan.stored
    else:
        arn, stored = carry_out(plan, job.iam, job.ring, job.wish, now)
        if plan.creates_key and stored.secret:
            s3 = client_of_key(module, stored.secret.access_key_id, stored.secret.secret_access_key)
            wait_until_accepted(s3, storage, module.params["wait_timeout"])
    return {
        "changed": plan.changes,
        "diff": {"before": plan.before(), "after": plan.after()},
        "arn": arn,
        "policy": plan.target.policy,
        **(keys_of(job.ring, plan, stored) if job.ring else {}),
    }


def keys_of(ring: KeyRing, plan: CredentialsPlan, stored: StoredKey) -> dict[str, Any]:
    """What the module returns about the keys of a user."""
    previous = plan.previous_key()
    return {
        "access_key_id": stored.access_key_id,
        "previous_access_key_id": previous.access_key_id if previous else None,
        "previous_active": bool(previous and previous.active),
        "secret_ref": ring.store.ref,
    }


def absent(module: AnsibleAWSModule, clients: Clients, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the identity with its keys, then the secret; in check mode only say what there is to remove."""
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
    try:
        result = run(module)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
