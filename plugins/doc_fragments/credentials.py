# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules that set up the identities of backup nodes and data planes."""

    DOCUMENTATION = r"""
options:
  identity:
    description:
      - V(user) has an access key, for nodes anywhere.
      - V(role) has none, for nodes that can assume a role, such as EC2 instances.
    type: str
    choices: [user, role]
    default: user
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
      - Whether the identity may also list the storage. Without this permission, S3 gives the same answer for a missing
        snapshot as for a denied one.
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
  identities:
    description:
      - Several identities in one task, which is much faster than a task for each.
      - The module looks at all of them before it changes any. The other options apply to each of them.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the user or role.
        type: str
        required: true
      access:
        description:
          - What the identity is for, V(write) for backup nodes and V(read) for data planes.
        type: str
        choices: [write, read]
      secret_store:
        description:
          - Where the module stores the key of a user.
        type: dict
        suboptions:
          type:
            description:
              - V(secretsmanager) is AWS Secrets Manager.
              - V(ssm) is a SecureString of the AWS Systems Manager Parameter Store.
              - V(file) is a file on the host on which the module runs, readable by its owner only.
            type: str
            choices: [secretsmanager, ssm, file]
            required: true
          name:
            description:
              - The name of the secret or parameter, or the absolute path of the file.
            type: str
            required: true
"""
