#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fallback_storage
short_description: Set up a fallback storage in one step, its bucket and the identities of its nodes
version_added: 0.1.0
description:
  - Does the work of M(kongops.fallback.storage_bucket) and M(kongops.fallback.storage_credentials) in one task, which
    takes half the time.
  - Looks at the identities before it changes anything, then sets up the bucket, then the identities.
  - To remove what it has created, use the two modules.
options:
  manage_bucket:
    description:
      - Whether to create and secure the bucket. V(false) leaves the bucket as it is.
    type: bool
    default: true
  kms_key:
    description:
      - The ARN of the KMS key that the bucket encrypts with. The identities may then use it.
      - With O(encryption=kms) it becomes the key of the default encryption of the bucket.
    type: str
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.bucket
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
    description: Shows the features of the bucket, the identities, their policies and the state of their keys.
    support: full
seealso:
  - module: kongops.fallback.storage_bucket
  - module: kongops.fallback.storage_credentials
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Set up the fallback storage of production
  kongops.fallback.fallback_storage:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_versions: [3.11.0.3]
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
"""

RETURN = r"""
bucket:
  description: The name of the bucket.
  returned: success
  type: str
  sample: kong-fallback
posture:
  description: The features of the bucket, as M(kongops.fallback.storage_bucket) returns them.
  returned: with O(manage_bucket=true)
  type: dict
  sample:
    bucket: ok
    versioning: ok
    encryption: changed
identities:
  description: For each identity, by its name, what M(kongops.fallback.storage_credentials) returns.
  returned: success
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

from functools import cache
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, s3_storage
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket_task import (
    BUCKET_OPTIONS,
    bucket_present,
    check_bucket_options,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.credentials_task import (
    CREDENTIALS_OPTIONS,
    by_name,
    credentials_present,
    jobs_of,
    together,
)

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    "manage_bucket": {"type": "bool", "default": True},
    **BUCKET_OPTIONS,
    **CREDENTIALS_OPTIONS,
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}

UNTOUCHED: dict[str, Any] = {"changed": False, "diff": {"before": {}, "after": {}}}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    storage = s3_storage(module.params["storage"])
    manages_bucket = module.params["manage_bucket"]
    if manages_bucket:
        check_bucket_options(module.params)
    clients = cache(lambda service: client_of(module, service))
    jobs = jobs_of(module, storage, clients, by_name(module.params["identities"] or []))
    bucket = bucket_present(module, clients("s3"), storage) if manages_bucket else UNTOUCHED
    credentials = together(credentials_present(module, storage, jobs))
    return {
        **bucket,
        **credentials,
        "bucket": storage.bucket,
        "changed": bucket["changed"] or credentials["changed"],
        "diff": {when: {**bucket["diff"][when], **credentials["diff"][when]} for when in ("before", "after")},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
