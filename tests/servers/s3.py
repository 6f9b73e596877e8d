# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all S3 servers of the tests have in common: where they are, who may use them, and their AWS-like clients."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"


@dataclass(frozen=True)
class Credentials:
    """An access key; the secret stays out of ``repr``."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class S3Server:
    """A running S3 server; ``root`` may do everything."""

    name: str
    endpoint_url: str
    root: Credentials
    pid: int
    log: Path
    region: str = REGION
    authority: Path | None = None
    """The private authority that signed its certificate, if it speaks TLS."""

    def client(self, service: str = "s3", credentials: Credentials | None = None, **config: Any) -> Any:
        """A boto3 client for these credentials (default: root); ``config`` goes to botocore's Config."""
        who = credentials or self.root
        return _client(self.endpoint_url, self.region, self.authority, service, who, tuple(config.items()))

    def create_identity(self, name: str, policy: Mapping[str, Any]) -> Credentials:
        """A new IAM user with this inline policy, and its key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def create_bucket(self, bucket: str, versioning: bool = True) -> str:
        """A new bucket; its name."""
        client = self.client()
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        if versioning:
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        return bucket


@cache  # Making a client takes longer than most tests.
def _client(
    endpoint_url: str,
    region: str,
    authority: Path | None,
    service: str,
    who: Credentials,
    config: tuple[tuple[str, Any], ...],
) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        verify=None if authority is None else str(authority),
        aws_access_key_id=who.access_key_id,
        aws_secret_access_key=who.secret_access_key,
        aws_session_token=who.session_token,
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"total_max_attempts": 2},
        ).merge(Config(**dict(config))),
    )


def new_root() -> Credentials:
    """Random credentials, long enough not to occur in other text."""
    return Credentials("AKIA" + secrets.token_hex(8).upper(), secrets.token_hex(20))


def allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    """A policy of one Allow statement."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}],
    }


def program(name: str) -> Path:
    """The program that a package of requirements.lock put beside this interpreter."""
    return Path(sys.executable).with_name(name)
