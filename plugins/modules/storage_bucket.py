#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_bucket
short_description: Create and secure the bucket of the fallback storage
version_added: 0.1.0
description:
  - Creates the bucket if it does not exist, and sets its features. It keeps old versions of objects, encrypts by
    default, blocks public access, gives all objects to the bucket owner, denies requests without TLS, and lets stale
    election objects and old versions expire. The current snapshot never expires.
  - All of this matters, because snapshots hold the secrets of the gateway's consumers in plain text.
  - Bucket policy statements and lifecycle rules of others stay as they are, so several storages can
    share a bucket.
  - In check mode it reports the posture of the bucket, for example for an audit.
options:
  state:
    description:
      - V(absent) deletes the bucket, which must be empty, old versions included.
    type: str
    choices: [present, absent]
    default: present
  object_lock_days:
    description:
      - For how many days Object Lock, in governance mode, keeps each version of an object. V(0) leaves the
        bucket as it is. A longer lock stays.
      - For the bucket of an archive only. In the bucket of a fallback storage it would keep every version of the
        election objects, which gateways rewrite all the time.
    type: int
    default: 0
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.bucket
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
    description: Shows all features of the bucket before and after.
    support: full
seealso:
  - module: kongops.fallback.storage_credentials
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Create the bucket of the fallback storage of production
  kongops.fallback.storage_bucket:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    encryption: kms
    kms_key: arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    required: [versioning, encryption, public_access]

- name: Create a bucket on an S3-compatible store in a private network
  kongops.fallback.storage_bucket:
    storage: s3://kong-fallback/prod
    endpoint_url: http://minio.example.com:9000
    tls_only: false

- name: Create the bucket of the archive, from which nothing can be deleted for 90 days
  kongops.fallback.storage_bucket:
    storage: s3://kong-fallback-archive/prod
    region: eu-central-1
    object_lock_days: 90
    required: [object_lock]

- name: Report the posture of the bucket
  kongops.fallback.storage_bucket:
    storage: s3://kong-fallback/prod
    region: eu-central-1
  check_mode: true
  register: bucket
"""

RETURN = r"""
bucket:
  description: The name of the bucket.
  returned: success
  type: str
  sample: kong-fallback
posture:
  description:
    - For each feature V(ok) if it was as requested, V(changed) if it was not, V(unsupported) if the store lacks it.
    - C(policy) stands for O(tls_only) and O(vpc_endpoints), C(lifecycle) for the expiry.
    - Features that the options leave as they are do not appear.
  returned: with O(state=present)
  type: dict
  sample:
    bucket: ok
    versioning: ok
    encryption: changed
    public_access: unsupported
    ownership: ok
    policy: ok
    lifecycle: ok
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, s3_storage
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import (
    bucket_exists,
    bucket_is_empty,
    delete_bucket,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket_task import (
    BUCKET_OPTIONS,
    bucket_present,
    check_bucket_options,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import KMS
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **BUCKET_OPTIONS,
    "object_lock_days": {"type": "int", "default": 0},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    storage = s3_storage(module.params["storage"])
    check_bucket_options(module.params)
    if module.params["kms_key"] and module.params["encryption"] != KMS:
        raise InvalidInput("kms_key is for encryption kms only: set encryption to kms, or leave kms_key out.")
    s3 = client_of(module, "s3")
    result = (absent if module.params["state"] == "absent" else bucket_present)(module, s3, storage)
    return {"bucket": storage.bucket, **result}


def absent(module: AnsibleAWSModule, s3: Any, storage: StorageUrl) -> dict[str, Any]:
    """Delete the bucket if it exists and is empty; in check mode only report it."""
    exists = bucket_exists(s3, storage.bucket)
    if exists and not bucket_is_empty(s3, storage.bucket):
        raise OperationFailed(
            f"The bucket {storage.bucket} is not empty: remove its objects and their old versions first."
        )
    if exists and not module.check_mode:
        delete_bucket(s3, storage.bucket)
    return {"changed": exists, "diff": {"before": {"bucket": storage.bucket} if exists else {}, "after": {}}}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
