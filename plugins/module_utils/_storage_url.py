# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value of ``cluster_fallback_config_storage``, and the keys under it.

A URL must have only one reading: what could be read in two ways, such as a trailing or a double slash,
is refused rather than corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

S3 = "s3"
AZURE = "azure"
GOOGLE = ("gcs", "gs")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_S3_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+\Z)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_GCS_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+\Z)(?!.*\.\.)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_AZURE_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_AZURE_CONTAINER = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET = {S3: _S3_BUCKET, **dict.fromkeys(GOOGLE, _GCS_BUCKET), AZURE: _AZURE_CONTAINER}
SCHEMES = tuple(_BUCKET)
# No `*`, `?`, `#` or blank: a prefix also occurs in IAM patterns, kong.conf and shells.
_SEGMENT = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._=+@~-]+")

# What the gateway puts between the prefix and the end of a key (fact 3.1).
_GATEWAYS_OWN = re.compile(r"\d+\.\d+\.\d+(?:\.\d+)?|config\.json|election")


@dataclass(frozen=True)
class StorageUrl:
    """A fallback storage (fact 1.4). ``bucket`` is the container on Azure, and only Azure has an ``account``."""

    scheme: str
    bucket: str
    prefix: str
    account: str | None = None

    def __str__(self) -> str:
        account = f"{self.account}/" if self.account else ""
        return f"{self.scheme}://{account}{self.bucket}/{self.prefix}"

    def at(self, key: str) -> str:
        """Where an object is, for messages."""
        return (
            f"{self.scheme}://{self.account}/{self.bucket}/{key}"
            if self.account
            else f"{self.scheme}://{self.bucket}/{key}"
        )

    @property
    def is_s3(self) -> bool:
        """Whether its service is S3: only there does the storage have keys and a region of AWS (facts 1.4, 2.1)."""
        return self.scheme == S3

    @property
    def is_google(self) -> bool:
        """Whether it is in Google Cloud Storage (fact 2.8)."""
        return self.scheme in GOOGLE

    def key(self, gateway_version: object) -> str:
        """The key of the snapshot of one gateway version (fact 3.1)."""
        return f"{self.prefix}/{gateway_version}/config.json"

    def election_prefix(self, gateway_version: object) -> str:
        """The prefix of the keys of the exporters' election objects (fact 3.2)."""
        return f"{self.prefix}/{gateway_version}/election/"

    def archive_key(self, gateway_version: object, sha256: str) -> str:
        """The key of the immutable copy of a snapshot whose bytes have this SHA-256."""
        return f"{self.archive_prefix(gateway_version)}{sha256}.json"

    def archive_prefix(self, gateway_version: object) -> str:
        """The prefix of the keys of the copies of one gateway version, and of their chain."""
        return f"{self.prefix}/archive/{gateway_version}/"

    def chain_key(self, gateway_version: object) -> str:
        """The key of the chain of entries that vouches for these copies."""
        return f"{self.archive_prefix(gateway_version)}chain.json"


def parse(text: str) -> StorageUrl:
    """Read ``s3://bucket/prefix``, ``gcs://…``, ``gs://…`` or ``azure://account/container/prefix`` (fact 1.4).

    Does not decide which release accepts which scheme. Raises InvalidInput, and never repeats a URL that may carry
    credentials.
    """
    try:
        return _parsed(text)
    except InvalidInput as error:
        raise InvalidInput(error.reason, fact="1.4") from None


def _parsed(text: str) -> StorageUrl:
    match = _SCHEME.fullmatch(text)
    if not match:
        raise InvalidInput("storage has no scheme: write s3://bucket/prefix.")
    scheme, rest = match.groups()
    if scheme in ("http", "https"):
        raise InvalidInput(
            "storage is a web address, but the gateway has no https:// form: write s3://bucket/prefix "
            "and name the server in endpoint_url (on a node: AWS_CONFIG_STORAGE_ENDPOINT)."
        )
    if scheme not in SCHEMES:
        raise InvalidInput(
            f"storage has the scheme {scheme}://: write s3://bucket/prefix"
            f" (or {', '.join(f'{other}://' for other in SCHEMES if other != S3)})."
        )
    if "@" in rest.split("/", 1)[0]:
        raise InvalidInput("storage contains credentials: leave them out, the gateway takes them from its environment.")
    if "?" in rest or "#" in rest:
        raise InvalidInput(f"storage {scheme}://… has a query or a fragment: end it after the prefix.")
    segments = rest.split("/")
    account = _azure_account(segments) if scheme == AZURE else None
    bucket = segments.pop(0)
    _check_bucket(scheme, bucket)
    return StorageUrl(scheme, bucket, _prefix(segments), account)


def _azure_account(segments: list[str]) -> str:
    account = segments.pop(0)
    if not _AZURE_ACCOUNT.fullmatch(account) or not segments:
        raise InvalidInput("storage has no valid storage account: write azure://account/container/prefix.")
    return account


def _check_bucket(scheme: str, bucket: str) -> None:
    if not _BUCKET[scheme].fullmatch(bucket):
        kind = "container" if scheme == AZURE else "bucket"
        raise InvalidInput(
            f"storage names the {kind} '{bucket}': give 3 to 63 lower-case letters, digits and inner hyphens."
        )


def _prefix(segments: list[str]) -> str:
    if not segments or segments == [""]:
        raise InvalidInput("storage is a bare bucket: add a prefix, for example s3://bucket/prod.")
    if segments[-1] == "":
        raise InvalidInput("storage ends with a slash: leave the slash out.")
    for segment in segments:
        if segment == "":
            raise InvalidInput("storage has a double slash: leave one slash out.")
        if not _SEGMENT.fullmatch(segment):
            raise InvalidInput(
                f"storage has the prefix part '{segment}': use letters, digits and any of . _ - = + @ ~ in it."
            )
    if _GATEWAYS_OWN.fullmatch(segments[-1]):
        raise InvalidInput(f"storage ends with '{segments[-1]}', which the gateway adds itself: end it before that.")
    return "/".join(segments)
