# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules that set up the bucket of the fallback storage."""

    DOCUMENTATION = r"""
options:
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
  replica:
    description:
      - The storage to which S3 replicates what is written here from now on, as V(s3://bucket/prefix), with the same
        prefix. Its bucket has to be there, with versioning.
      - Without this option the replication of the bucket stays as it is.
    type: str
  replication_role:
    description:
      - The ARN of the role as which S3 replicates, see
        U(https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html).
    type: str
    default: ''
  required:
    description:
      - The features that the store must support. If it lacks one, the module fails.
      - Without this option, a feature that an S3-compatible store does not support is a warning.
    type: list
    elements: str
    choices: [versioning, encryption, public_access, ownership, policy, lifecycle, tags, object_lock, replication]
    default: []
"""
