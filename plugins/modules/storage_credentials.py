#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_credentials
short_description: Give exporters and importers an identity of their own, with the least access, and rotate its keys
version_added: 0.1.0
description:
  - Makes an IAM user or role that may do what a backup node (O(access=write)) or a data plane (O(access=read)) does in
    the fallback storage, and nothing else.
  - A user gets one access key, made once. Its secret goes straight to a secret store, and nowhere else. Nodes are given
    it from there, so that a node added next year needs no new key.
  - A role needs no key at all, which makes it the better choice on EC2.
  - Whatever fails on the way, no key is left whose secret nobody has. The next run goes on from what is there.
  - The user is the module's own. It has no keys but those that this module makes.
options:
  name:
    description:
      - The name of the user or role.
    type: str
    required: true
  access:
    description:
      - V(write) is for backup nodes. It allows to write and read snapshots, and to write and list election objects.
      - V(read) is for data planes. It allows to read snapshots.
      - Required with O(state=present).
    type: str
    choices: [write, read]
  identity:
    description:
      - V(user) has an access key, for nodes anywhere.
      - V(role) has none, for nodes that AWS lends the role to, such as EC2 instances.
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
      - Where the secret of a user's key goes, as a JSON object with C(access_key_id), C(secret_access_key), C(created)
        and, where known, C(region), C(endpoint_url) and C(arn).
      - Required with O(identity=user) and O(state=present).
    type: dict
    suboptions:
      type:
        description:
          - V(secretsmanager) is AWS Secrets Manager, V(ssm) a SecureString of the AWS Systems Manager Parameter Store.
          - V(file) is a file on the host where the module runs, readable by its owner only.
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
      - V(none) changes no key that is in order.
      - V(begin) makes a second key, stores it, and waits until the storage accepts it. The previous key stays valid.
      - V(deactivate) makes the previous key inactive, once no node uses it any more. That can be taken back in IAM.
      - V(finish) deletes the previous key, which must be inactive.
      - V(status) changes nothing at all, and reports.
      - A phase that is done already changes nothing.
    type: str
    choices: [none, begin, deactivate, finish, status]
    default: none
  max_age_days:
    description:
      - O(rotation=begin) leaves a key alone that is younger.
    type: int
    default: 0
  wait_timeout:
    description:
      - How many seconds to wait for the storage to accept a new key.
    type: int
    default: 60
  list_objects:
    description:
      - Whether the identity may also list what is in the storage. Without it S3 answers a request for a missing
        snapshot as it answers a forbidden one.
    type: bool
    default: false
  kms_key:
    description:
      - The ARN of the KMS key that the bucket encrypts with, for the identity to use.
    type: str
  path:
    description:
      - The IAM path of the identity. It counts only when the identity is made.
    type: str
    default: /
  permissions_boundary:
    description:
      - The ARN of the policy that bounds what the identity may ever do.
      - Without it a boundary that is there stays.
    type: str
  trust_policy:
    description:
      - Who may take on the role, as a policy document. For a new role the default is EC2.
    type: dict
  instance_profile:
    description:
      - Whether a role gets an instance profile of its name, as EC2 needs it.
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
- name: A user for the backup node, its key in AWS Secrets Manager
  kongops.fallback.storage_credentials:
    name: kong-fallback-prod-write
    access: write
    storage: s3://kong-fallback/prod
    region: eu-central-1
    secret_store:
      type: secretsmanager
      name: kong-fallback/prod/write

- name: A role for data planes on EC2
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
  returned: when it exists
  type: str
  sample: arn:aws:iam::123456789012:user/kong-fallback-prod-write
policy:
  description: What the identity may do.
  returned: with O(state=present)
  type: dict
  sample:
    Version: "2012-10-17"
    Statement:
      - Sid: ReadSnapshots
        Effect: Allow
        Action: [s3:GetObject]
        Resource: [arn:aws:s3:::kong-fallback/prod/*/config.json]
access_key_id:
  description: The stored key, for nodes to use. In check mode none for a key that is yet to be made.
  returned: with O(identity=user) and O(state=present)
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
previous_access_key_id:
  description: The key that a rotation replaces, as long as there is one.
  returned: with O(identity=user) and O(state=present)
  type: str
  sample: AKIAI44QH8DHBEXAMPLE
previous_active:
  description: Whether that key still works.
  returned: with O(identity=user) and O(state=present)
  type: bool
  sample: true
secret_ref:
  description: Where the secret is.
  returned: when O(secret_store) is given
  type: str
  sample: secretsmanager:kong-fallback/prod/write
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import (
    KINDS,
    ROLE,
    USER,
    Iam,
    Identity,
    Wish,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.key_ring import (
    KeyRing,
    delete_key,
    list_keys,
    wait_until_accepted,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import ACCESS, access_policy, partition
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import (
    CREATE,
    NONE,
    PHASES,
    STATUS,
    AccessKey,
    Secret,
    Step,
    Stored,
    applied,
    plan,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import (
    TYPES,
    SecretStore,
    secret_store,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl, parse

NEW_KEY = AccessKey("(a new key)")


@dataclass(frozen=True)
class State:
    """An identity with its keys, and which of them is stored."""

    identity: Identity
    keys: tuple[AccessKey, ...] = ()
    stored: str | None = None

    def as_diff(self) -> dict[str, Any]:
        """The state as a diff shows it."""
        keys = {key.access_key_id: "active" if key.active else "inactive" for key in self.keys}
        return {**self.identity.as_dict(), "keys": keys, "stored_key": self.stored}

    def after(self, target: Identity, steps: Sequence[Step]) -> State:
        """The state that the steps lead to, with ``NEW_KEY`` for a key that they make."""
        keys, stored = self.keys, self.stored
        for step in steps:
            keys = applied(keys, step, NEW_KEY)
            stored = NEW_KEY.access_key_id if step.action == CREATE else stored
        return State(target, keys, stored)

    def previous(self) -> AccessKey | None:
        """The key that a rotation replaces."""
        return next((key for key in self.keys if key.access_key_id != self.stored), None)


def wish_of(module: AnsibleAWSModule, storage: StorageUrl) -> Wish:
    params = module.params
    policy = access_policy(
        storage,
        params["access"],
        partition=partition(module.region),
        kms_key=params["kms_key"],
        list_objects=params["list_objects"],
    )
    return Wish(
        kind=params["identity"],
        policy=policy,
        path=params["path"],
        permissions_boundary=params["permissions_boundary"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
        trust=params["trust_policy"],
        instance_profile=params["instance_profile"],
    )


def store_of(module: AnsibleAWSModule) -> SecretStore | None:
    wanted = module.params["secret_store"]
    return secret_store(wanted["type"], wanted["name"], lambda service: client_of(module, service)) if wanted else None


def key_ring(module: AnsibleAWSModule, iam: Iam) -> KeyRing | None:
    """The keys of a user, None for a role; raises InvalidInput when the options fit neither."""
    store = store_of(module)
    if iam.kind == ROLE:
        if store or module.params["rotation"] != NONE:
            raise InvalidInput("A role has no keys: leave secret_store and rotation out, or set identity to user.")
        return None
    if store is None:
        raise InvalidInput(
            "The key of a user needs a place for its secret: give secret_store, or set identity to role."
        )
    details = Secret("", "", module.region, module.params["endpoint_url"])
    return KeyRing(iam.client, iam.name, store, details, module.no_log_values.add)


def present(module: AnsibleAWSModule, storage: StorageUrl, iam: Iam) -> dict[str, Any]:
    """Bring identity, key and secret to what the options ask for; in check mode only say what would change."""
    params, now = module.params, datetime.now(timezone.utc)
    wish, ring = wish_of(module, storage), key_ring(module, iam)
    stored = ring.stored() if ring else Stored()
    keys = list_keys(iam.client, iam.name) if ring else ()
    found = iam.find(wish, stored.secret.arn if stored.secret else None)
    target = found if params["rotation"] == STATUS else wish.on(found)
    due = not stored.secret or stored.secret.is_older_than(params["max_age_days"], now)
    steps = plan(keys, stored, params["rotation"], due) if ring else ()

    before = State(found, keys, stored.access_key_id)
    after = before.after(target, steps)
    makes_key = after.stored == NEW_KEY.access_key_id
    if module.check_mode:
        stored = Stored() if makes_key else stored
    else:
        if target != found:
            target = replace(target, arn=iam.bring(found, target, wish.path))
        if ring:
            stored = ring.carry_out(steps, keys, stored, target.arn, now)
        if makes_key:
            wait_until_accepted(client_of_key(module, stored.secret), storage, params["wait_timeout"])
    return {
        "changed": bool(steps) or before.as_diff() != after.as_diff(),
        "diff": {"before": before.as_diff(), "after": after.as_diff()},
        "arn": target.arn,
        "policy": target.policy,
        **(of_keys(ring, after, stored) if ring else {}),
    }


def of_keys(ring: KeyRing, after: State, stored: Stored) -> dict[str, Any]:
    previous = after.previous()
    return {
        "access_key_id": stored.access_key_id,
        "previous_access_key_id": previous.access_key_id if previous else None,
        "previous_active": bool(previous and previous.active),
        "secret_ref": ring.store.ref,
    }


def client_of_key(module: AnsibleAWSModule, secret: Secret) -> Any:
    return client_of(
        module,
        "s3",
        profile_name=None,
        aws_access_key_id=secret.access_key_id,
        aws_secret_access_key=secret.secret_access_key,
        aws_session_token=None,
    )


def absent(module: AnsibleAWSModule, iam: Iam) -> dict[str, Any]:
    """Remove the identity with its keys, then the secret; in check mode only say what there is to remove."""
    store = store_of(module)
    stored = store is not None and store.get() is not None
    found = iam.find(Wish(iam.kind, {}))
    keys = list_keys(iam.client, iam.name) if found.arn and iam.kind == USER else ()
    if not module.check_mode:
        if found.arn:
            for key in keys:
                delete_key(iam.client, iam.name, key.access_key_id)
            iam.remove(module.params["instance_profile"])
        if store and stored:
            store.remove()
    before = {**State(found, keys).as_diff(), "secret": store.ref} if stored else State(found, keys).as_diff()
    ref = {"secret_ref": store.ref} if store else {}
    return {"changed": bool(found.arn or stored), "diff": {"before": before, "after": {}}, **ref}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "access": {"type": "str", "choices": list(ACCESS)},
            "storage": {"type": "str", "required": True},
            "identity": {"type": "str", "choices": list(KINDS), "default": USER},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "secret_store": {
                "no_log": False,  # names the place, holds no secret
                "type": "dict",
                "options": {
                    "type": {"type": "str", "choices": list(TYPES), "required": True},
                    "name": {"type": "str", "required": True},
                },
            },
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
        },
        required_if=[("state", "present", ("access",))],
        supports_check_mode=True,
    )
    iam = Iam(client_of(module, "iam"), module.params["identity"], module.params["name"])
    try:
        storage = parse(module.params["storage"])
        result = absent(module, iam) if module.params["state"] == "absent" else present(module, storage, iam)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
