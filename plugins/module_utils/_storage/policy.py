# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents: what an identity may do, and from where a bucket may be reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, StorageUrl

WRITE = "write"
READ = "read"
ACCESS = (WRITE, READ)

VERSION = "2012-10-17"
TLS_ONLY = "KongFallbackTlsOnly"
VPC_ENDPOINTS_ONLY = "KongFallbackVpcEndpointsOnly"

_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]+")

Policy = Mapping[str, Any]


def partition(region: str | None) -> str:
    """The partition of AWS that a region belongs to; the second part of every ARN there."""
    if region and region.startswith("cn-"):
        return "aws-cn"
    if region and region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def access_policy(
    storage: StorageUrl, access: str, *, partition: str = "aws", kms_key: str | None = None, list_objects: bool = False
) -> dict[str, Any]:
    """The minimum that an exporter (``write``) or an importer (``read``) needs (fact 2.6), for IAM.

    ``kms_key`` is the ARN of the key that the bucket encrypts with. With ``list_objects`` the identity may also list
    the storage, which tells a missing snapshot from a denied one. Raises InvalidInput for what IAM cannot express.
    """
    if storage.scheme != S3:
        raise InvalidInput(
            f"storage is {storage.scheme}://…, but IAM covers s3:// only: create the identity at its provider."
        )
    bucket = f"arn:{partition}:s3:::{storage.bucket}"
    snapshots = f"{bucket}/{storage.key('*')}"
    election = f"{storage.election_prefix('*')}*"
    statements = [_allow("ReadSnapshots", ["s3:GetObject"], [snapshots])]
    listed = []
    if access == WRITE:
        statements.append(_allow("WriteSnapshotsAndElection", ["s3:PutObject"], [snapshots, f"{bucket}/{election}"]))
        listed.append(election)
    if list_objects:
        listed = [f"{storage.prefix}/*"]
    if listed:
        condition = {"StringLike": {"s3:prefix": listed}}
        statements.append({**_allow("List", ["s3:ListBucket"], [bucket]), "Condition": condition})
    if kms_key:
        statements.append(_allow("UseKey", _key_actions(access), [_key_arn(kms_key)]))
    return {"Version": VERSION, "Statement": statements}


def _key_actions(access: str) -> list[str]:
    return ["kms:GenerateDataKey", "kms:Decrypt"] if access == WRITE else ["kms:Decrypt"]


def _key_arn(kms_key: str) -> str:
    if not _KEY_ARN.fullmatch(kms_key):
        raise InvalidInput(
            f"kms_key is '{kms_key}', but IAM accepts only the ARN of a key: give arn:aws:kms:region:account:key/id."
        )
    return kms_key


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def bucket_statements(
    bucket: str, *, partition: str, tls_only: bool, vpc_endpoints: Sequence[str]
) -> list[dict[str, Any]]:
    """Our statements in the policy of the bucket; raises InvalidInput for what is not the id of a VPC endpoint.

    Access from elsewhere than ``vpc_endpoints`` is denied to the objects only, so that the controller can still
    configure the bucket from outside the VPC.
    """
    for endpoint in vpc_endpoints:
        if not _VPC_ENDPOINT.fullmatch(endpoint):
            raise InvalidInput(f"vpc_endpoints has '{endpoint}': give ids such as vpce-0123456789abcdef0.")
    statements = []
    if tls_only:
        statements.append(_deny(TLS_ONLY, bucket, partition, ["s3:*"], {"Bool": {"aws:SecureTransport": "false"}}))
    if vpc_endpoints:
        outside = {"StringNotEquals": {"aws:SourceVpce": sorted(vpc_endpoints)}}
        actions = ["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:ListBucket*"]
        statements.append(_deny(VPC_ENDPOINTS_ONLY, bucket, partition, actions, outside))
    return statements


def _deny(sid: str, bucket: str, partition: str, actions: list[str], condition: Policy) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": [arn, f"{arn}/*"],
        "Condition": condition,
    }


def merged_policy(current: Policy | None, ours: Iterable[Policy]) -> dict[str, Any] | None:
    """The policy of the bucket with our statements as they should be and all others as they are; None without any."""
    before = current or {"Version": VERSION}
    statements = before.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    others = [statement for statement in statements if statement.get("Sid") not in (TLS_ONLY, VPC_ENDPOINTS_ONLY)]
    together = [*others, *ours]
    return {**before, "Statement": together} if together else None
