#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_bucket
short_description: Make a bucket fit for fallback storage, and keep it so
version_added: 0.1.0
description:
  - Sees to it that the bucket exists, keeps old versions, encrypts, is closed to the public, belongs in all its objects
    to its owner, is reached by TLS only, and lets stale election objects and old versions expire. The current snapshot
    never expires.
  - Snapshots hold the secrets of the gateway's consumers in clear, so all of this matters.
  - Statements of the bucket policy and lifecycle rules that are not this module's stay as they are. So several storages
    can share a bucket.
  - In check mode it reports the posture of the bucket, for an audit for example.
options:
  state:
    description:
      - V(absent) deletes the bucket, which must be empty, old versions included.
    type: str
    choices: [present, absent]
    default: present
  versioning:
    description:
      - Whether to keep old versions of every object, which a roll-back needs. V(false) leaves the bucket as it is.
    type: bool
    default: true
  encryption:
    description:
      - What the bucket encrypts with by default.
      - V(aes256) is the store's own key; any other encryption that is set already is at least as good and stays.
      - V(kms) is a key of AWS KMS.
      - V(keep) leaves the bucket as it is.
    type: str
    choices: [aes256, kms, keep]
    default: aes256
  kms_key:
    description:
      - The key for O(encryption=kms), as its ARN. Without it the account's key for S3.
    type: str
  tls_only:
    description:
      - Whether the bucket denies every request without TLS.
      - With an O(endpoint_url) of plain HTTP it must be V(false), because it would deny everything there.
    type: bool
    default: true
  vpc_endpoints:
    description:
      - The ids of the VPC endpoints through which alone objects can be reached. Empty for no such limit.
      - The configuration of the bucket can be reached from elsewhere, by the controller for example.
    type: list
    elements: str
    default: []
  gateway_versions:
    description:
      - The full gateway versions of the exporters, whose election objects shall expire. A lifecycle rule cannot say
        all of them at once.
      - Versions that have a rule already keep it.
    type: list
    elements: str
    default: []
  election_expiry_days:
    description:
      - After how many days an election object expires that its exporter has not rewritten. An exporter that runs
        rewrites it every ten minutes.
      - V(0) for never.
    type: int
    default: 7
  noncurrent_expiry_days:
    description:
      - After how many days an old version of any object in the storage expires. V(0) for never.
    type: int
    default: 90
  required:
    description:
      - The features without which the module fails. A store of another maker may lack any of them, which is otherwise
        a warning.
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
- name: A bucket for the fallback storage of production
  kongops.fallback.storage_bucket:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    encryption: kms
    kms_key: arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    required: [versioning, encryption, public_access]

- name: A bucket on a store in a private network, as far as that store goes
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
    - For each feature V(ok) where it is as asked, V(changed) where it was not, V(unsupported) where the store lacks it.
    - V(policy) stands for O(tls_only) and O(vpc_endpoints), V(lifecycle) for the expiry.
    - Features that are not asked about are left out.
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
from ansible_collections.kongops.fallback.plugins.module_utils._storage import bucket as _bucket
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of, is_plain_http
from ansible_collections.kongops.fallback.plugins.module_utils._storage.bucket import Posture, Wish
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, StorageUrl, parse

OK = "ok"
CHANGED = "changed"
UNSUPPORTED = "unsupported"


def storage_of(params: dict[str, Any]) -> StorageUrl:
    """The storage that the options name; raises InvalidInput for one that this module cannot bring about."""
    storage = parse(params["storage"])
    if storage.scheme != S3:
        raise InvalidInput(f"storage is {storage.scheme}://…, and this module sets up s3:// storage only.")
    if params["kms_key"] and params["encryption"] != _bucket.KMS:
        raise InvalidInput("kms_key is for encryption kms only: set encryption to kms, or leave kms_key out.")
    if params["tls_only"] and is_plain_http(params["endpoint_url"]):
        raise InvalidInput("tls_only would shut everybody out of an endpoint_url of plain http: set tls_only to false.")
    for name in ("election_expiry_days", "noncurrent_expiry_days"):
        if params[name] < 0:
            raise InvalidInput(f"{name} is {params[name]}: give a number of days, or 0 for never.")
    return storage


def wish_of(params: dict[str, Any]) -> Wish:
    return Wish(
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
    """Bring the bucket to what the options ask for; in check mode only say what would change."""
    wish = wish_of(module.params)
    found = _bucket.read(s3, storage.bucket, wish.asks_about())
    check_required(module.params["required"], found.unsupported)
    target = wish.on(found, storage, module.region)
    lacking: tuple[str, ...] = ()
    if not module.check_mode:
        lacking = _bucket.bring(s3, storage.bucket, module.region, found, target)
        check_required(module.params["required"], lacking)
    posture = posture_of(found, target, lacking)
    for name in (name for name, state in posture.items() if state == UNSUPPORTED):
        module.warn(f"The store lacks {name.replace('_', ' ')} of buckets: see to it in another way.")
    return {
        "changed": CHANGED in posture.values(),
        "diff": {"before": found.as_dict(), "after": target.as_dict()},
        "posture": posture,
    }


def check_required(required: list[str], unsupported: tuple[str, ...]) -> None:
    missing = [name for name in required if name in unsupported]
    if missing:
        names = " and ".join(missing).replace("_", " ")
        raise OperationFailed(f"The store lacks {names} of buckets, which is required: use another store.")


def posture_of(found: Posture, target: Posture, lacking: tuple[str, ...]) -> dict[str, str]:
    posture = {_bucket.BUCKET: OK if found.exists else CHANGED}
    changed = _bucket.changes(found, target)
    for name in target.features:
        if name in found.unsupported or name in lacking:
            posture[name] = UNSUPPORTED
        else:
            posture[name] = CHANGED if name in changed else OK
    return posture


def absent(module: AnsibleAWSModule, s3: Any, storage: StorageUrl) -> dict[str, Any]:
    """Delete the bucket if it is there and empty; in check mode only say so."""
    exists = _bucket.exists(s3, storage.bucket)
    if exists and not _bucket.is_empty(s3, storage.bucket):
        raise OperationFailed(
            f"The bucket {storage.bucket} is not empty: remove its objects and their old versions first."
        )
    if exists and not module.check_mode:
        _bucket.remove(s3, storage.bucket)
    return {"changed": exists, "diff": {"before": {"bucket": storage.bucket} if exists else {}, "after": {}}}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "storage": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "versioning": {"type": "bool", "default": True},
            "encryption": {"type": "str", "choices": list(_bucket.ENCRYPTIONS), "default": _bucket.AES256},
            "kms_key": {"type": "str", "no_log": False},
            "tls_only": {"type": "bool", "default": True},
            "vpc_endpoints": {"type": "list", "elements": "str", "default": []},
            "gateway_versions": {"type": "list", "elements": "str", "default": []},
            "election_expiry_days": {"type": "int", "default": 7},
            "noncurrent_expiry_days": {"type": "int", "default": 90},
            "required": {"type": "list", "elements": "str", "choices": list(_bucket.FEATURES), "default": []},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        storage = storage_of(module.params)
        s3 = client_of(module, "s3")
        result = (absent if module.params["state"] == "absent" else present)(module, s3, storage)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(bucket=storage.bucket, **result)


if __name__ == "__main__":
    main()
