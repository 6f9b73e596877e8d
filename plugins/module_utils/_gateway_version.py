# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateway versions, and what a release can and cannot do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput

_ENTERPRISE = re.compile(r"^Kong Enterprise (\S+)")
_FOUR_PARTS = re.compile(r"^(\d+)\.(\d+)\.(\d+)\.(\d+)$")


@dataclass(frozen=True, order=True)
class GatewayVersion:
    """A full Kong Gateway version of four parts, such as ``3.11.0.3``; exporter and importer must match exactly (fact
    3.1)."""

    major: int
    minor: int
    patch: int
    build: int

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor number, which decide features and documented setting names."""
        return (self.major, self.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}.{self.build}"


@dataclass(frozen=True)
class Installation:
    """What ``kong version`` says about a node: the edition and, for Enterprise, the version."""

    version: GatewayVersion
    enterprise: bool


def parse_version(text: str) -> GatewayVersion:
    """Read a four-part version; raises InvalidInput for anything else, because the snapshot key needs all four (fact
    3.1)."""
    match = _FOUR_PARTS.match(text.strip())
    if not match:
        raise InvalidInput(
            f"gateway_version '{text}' is not a full version: give all four parts as `kong version` prints them, for"
            " example 3.11.0.3.",
            fact="3.1",
        )
    return GatewayVersion(*(int(part) for part in match.groups()))


def parse_installation(output: str) -> Installation:
    """Read the output of ``kong version`` (fact 1.6): ``Kong Enterprise 3.11.0.3``, or a bare ``3.9.1`` on open source.

    Raises InvalidInput when it is neither.
    """
    text = output.strip()
    enterprise = _ENTERPRISE.match(text)
    if enterprise:
        return Installation(parse_version(enterprise.group(1)), enterprise=True)
    if re.match(r"^\d+\.\d+\.\d+$", text):
        return Installation(parse_version(text + ".0"), enterprise=False)
    raise InvalidInput(
        f"`kong version` printed '{text[:80]}', which is not a gateway version: set gateway_version, or kong_command."
    )


def reached(version: GatewayVersion, first: Mapping[tuple[int, int], tuple[int, int]]) -> bool:
    """Whether a backported change is in ``version``.

    ``first`` maps a release to the patch and build that first had the change; releases after the last one listed have
    it, releases before the first one listed never got it.
    """
    if version.release in first:
        return (version.patch, version.build) >= first[version.release]
    return version.release > max(first)


_IMPORT_WHILE_EXPORTING = {(3, 4): (3, 4), (3, 5): (0, 4), (3, 6): (0, 0)}
_EXPORT_BUGS_FIXED = {(3, 11): (0, 14), (3, 12): (0, 9), (3, 13): (0, 7), (3, 14): (0, 5)}
_EXPORTS_NO_STRAY_WORKSPACE_IDS = {(3, 10): (0, 15), **_EXPORT_BUGS_FIXED}
_EXPORTS_INCREMENTAL_SYNC = {(3, 10): (0, 13), **_EXPORT_BUGS_FIXED}
_IMPORTS_WITHOUT_CERTIFICATE = {
    **_EXPORTS_NO_STRAY_WORKSPACE_IDS,
    (3, 13): (0, 8),
    (3, 14): (0, 8),
    (3, 15): (0, 1),
}
_POD_IDENTITY = {(3, 4): (3, 13), (3, 6): (1, 8)}
_METADATA_TOKENS = {(3, 4): (3, 1)}


def has_fallback(version: GatewayVersion) -> bool:
    """Whether the release reads the ``cluster_fallback_config_*`` settings at all (fact 1.2)."""
    return version.release >= (3, 2)


def exporter_may_import(version: GatewayVersion) -> bool:
    """Whether an exporting data plane may import too, and several exporters elect a leader (fact 1.9)."""
    return reached(version, _IMPORT_WHILE_EXPORTING)


def exports_without_stray_workspace_ids(version: GatewayVersion) -> bool:
    """Whether a data plane that exports leaves ``ws_id`` out of entities without workspace (fact 3.8)."""
    return version.release < (3, 10) or reached(version, _EXPORTS_NO_STRAY_WORKSPACE_IDS)


def exports_with_incremental_sync(version: GatewayVersion) -> bool:
    """Whether a data plane with ``incremental_sync = on`` exports; the setting begins with 3.10 (fact 3.9)."""
    return version.release < (3, 10) or reached(version, _EXPORTS_INCREMENTAL_SYNC)


def imports_without_certificate(version: GatewayVersion) -> bool:
    """Whether a data plane whose cluster certificate cannot be used imports, instead of retrying forever
    (fact 4.10)."""
    return reached(version, _IMPORTS_WITHOUT_CERTIFICATE)


def checks_storage_certificate(version: GatewayVersion) -> bool:
    """Whether the gateway checks the certificate of its fallback storage (fact 2.5)."""
    return version.release >= (3, 3)


def has_pod_identity(version: GatewayVersion) -> bool:
    """Whether the gateway takes credentials from the agent of EKS Pod Identity (fact 2.4)."""
    return reached(version, _POD_IDENTITY)


def uses_metadata_tokens(version: GatewayVersion) -> bool:
    """Whether the gateway asks EC2's metadata by IMDSv2 (fact 2.4)."""
    return reached(version, _METADATA_TOKENS)


def storage_schemes(version: GatewayVersion) -> tuple[str, ...]:
    """The schemes of ``cluster_fallback_config_storage`` that the release accepts (fact 1.4)."""
    return (
        ("s3", "gcs")
        + (("gs",) if version.release >= (3, 13) else ())
        + (("azure",) if version.release >= (3, 14) else ())
    )
