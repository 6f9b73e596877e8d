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
  - Bucket policy statements and lifecycle rules that are not this module's stay as they are, so several storages can
    share a bucket.
  - In check mode it reports the posture of the bucket, for example for an audit.
options:
  state:
    description:
      - V(absent) deletes the bucket, which must be empty, old versions included.
    type: str
    choices: [present, absent]
    default: present
  versioning:
    description:
      - Whether to keep old versions of every object, which a rollback needs. V(false) leaves the bucket as it is.
    type: bool
    default: true
  encryption:
    description:
      - The default encryption of the bucket.
      - V(aes256) encrypts with a key of the store. Any default encryption that the bucket already has stays.
      - V(kms) encrypts with a key of AWS KMS.
      - V(keep) leaves the bucket as it is.
    type: str
    choices: [aes256, kms, keep]
    default: aes256
  kms_key:
    description:
      - The ARN of the key for O(encryption=kms). Without it, S3 uses the AWS managed key of the account.
    type: str
  tls_only:
    description:
      - Whether the bucket denies every request without TLS.
      - Set it to V(false) if O(endpoint_url) is plain HTTP. Otherwise the bucket would deny every request.
    type: bool
    default: true
  vpc_endpoints:
    description:
      - The ids of the VPC endpoints from which objects may be accessed. Empty for no such limit.
      - The configuration of the bucket stays accessible from elsewhere, for example to the controller.
    type: list
    elements: str
    default: []
  gateway_versions:
    description:
      - The full gateway versions of the exporters, whose election objects expire. Each version needs a lifecycle rule
        of its own.
      - Versions that already have a rule keep it.
    type: list
    elements: str
    default: []
  election_expiry_days:
    description:
      - After how many days an election object expires. A running exporter rewrites its own every ten minutes, so only
        those of former exporters expire.
      - V(0) for never.
    type: int
    default: 7
  noncurrent_expiry_days:
    description:
      - After how many days an old version of an object in the storage expires. V(0) for never.
    type: int
    default: 90
  required:
    description:
      - The features that the store must support. If it does not, the module fails.
      - Without this option, a feature that an S3-compatible store does not support is a warning.
    type: list
    elements: str
    choices: [versioning, encryption, public_access, ownership, policy, lifecycle, tags]
    default: []
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
    - For each feature V(ok) if it was as asked, V(changed) if it was not, V(unsupported) if the store does not have it.
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

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, is_plain_http, s3_storage
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import (
    bucket_exists,
    bucket_is_empty,
    delete_bucket,
    read_posture,
    set_posture,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.posture import (
    AES256,
    ENCRYPTIONS,
    FEATURES,
    KMS,
    BucketWish,
    Posture,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

ARGUMENT_SPEC: dict[str, Any] = {
    "storage": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "versioning": {"type": "bool", "default": True},
    "encryption": {"type": "str", "choices": list(ENCRYPTIONS), "default": AES256},
    "kms_key": {"type": "str", "no_log": False},
    "tls_only": {"type": "bool", "default": True},
    "vpc_endpoints": {"type": "list", "elements": "str", "default": []},
    "gateway_versions": {"type": "list", "elements": "str", "default": []},
    "election_expiry_days": {"type": "int", "default": 7},
    "noncurrent_expiry_days": {"type": "int", "default": 90},
    "required": {"type": "list", "elements": "str", "choices": list(FEATURES), "default": []},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}

OK = "ok"
CHANGED = "changed"
UNSUPPORTED = "unsupported"


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    storage = s3_storage(module.params["storage"])
    check_options(module.params)
    s3 = client_of(module, "s3")
    result = (absent if module.params["state"] == "absent" else present)(module, s3, storage)
    return {"bucket": storage.bucket, **result}


def check_options(params: dict[str, Any]) -> None:
    """Raise InvalidInput for options that contradict one another."""
    if params["kms_key"] and params["encryption"] != KMS:
        raise InvalidInput("kms_key is for encryption kms only: set encryption to kms, or leave kms_key out.")
    if params["tls_only"] and is_plain_http(params["endpoint_url"]):
        raise InvalidInput(
            "tls_only denies every request to an endpoint_url of plain HTTP: set tls_only to false, or use https://."
        )
    for name in ("election_expiry_days", "noncurrent_expiry_days"):
        if params[name] < 0:
            raise InvalidInput(f"{name} is {params[name]}: give a number of days, or 0 for never.")


def wish_of(params: dict[str, Any]) -> BucketWish:
    """What the options ask of the bucket."""
    return BucketWish(
        versioning=params["versioning"],
        encryption=params["encryption"],
        kms_key=params["kms_key"],
        tls_only=params["tls_only"],
        vpc_endpoints=params["vpc_endpoints"],
        versions=params["gateway_versions"],
        election_days=params["election_expiry_days"],
        noncurrent_days=params["noncurrent_expiry_days"],
        tags=params["tags"],
        purge_tags=params["purge_tags"],
    )


def present(module: AnsibleAWSModule, s3: Any, storage: StorageUrl) -> dict[str, Any]:
    """Give the bucket what the options ask for; in check mode only say what would change."""
    wish = wish_of(module.params)
    found = read_posture(s3, storage.bucket, wish.asks_about())
    refuse_lack(module.params["required"], found.unsupported)
    target = wish.on(found, storage, module.region)
    lacking: tuple[str, ...] = ()
    if not module.check_mode:
        lacking = set_posture(s3, storage.bucket, module.region, found, target)
        refuse_lack(module.params["required"], lacking)
    outcome = outcome_of(found, target, lacking)
    for name in (name for name, state in outcome.items() if state == UNSUPPORTED):
        module.warn(f"The store does not support {name.replace('_', ' ')} of buckets: protect the snapshots otherwise.")
    return {
        "changed": CHANGED in outcome.values(),
        "diff": {"before": found.as_dict(), "after": target.as_dict()},
        "posture": outcome,
    }


def refuse_lack(required: list[str], unsupported: tuple[str, ...]) -> None:
    """Raise OperationFailed if the store lacks a required feature."""
    missing = [name for name in required if name in unsupported]
    if missing:
        names = " and ".join(missing).replace("_", " ")
        raise OperationFailed(f"The store does not support {names} of buckets, which is required: use another store.")


def outcome_of(found: Posture, target: Posture, lacking: tuple[str, ...]) -> dict[str, str]:
    """For the bucket and each of its features: ok, changed or unsupported."""
    outcome = {"bucket": OK if found.exists else CHANGED}
    changed = found.changes_to(target)
    for name in target.features:
        if name in found.unsupported or name in lacking:
            outcome[name] = UNSUPPORTED
        else:
            outcome[name] = CHANGED if name in changed else OK
    return outcome


def absent(module: AnsibleAWSModule, s3: Any, storage: StorageUrl) -> dict[str, Any]:
    """Delete the bucket if it is there and empty; in check mode only say so."""
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
    try:
        result = run(module)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
