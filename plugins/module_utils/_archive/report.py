# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What jobs use of the reports on archives that snapshot_archive_info returns.

The copies of a report are those whose entries are signed, even if something else in the archive was tampered with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import SERVED, VOUCHED
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding

Report = Mapping[str, Any]


def tampering(archives: Iterable[Report]) -> Iterator[Finding]:
    """The findings about tampering with an archive."""
    for archive in archives:
        for finding in archive["findings"]:
            yield Finding(**finding)


def untampered_versions(archives: Iterable[Report]) -> list[str]:
    """The gateway versions whose archive is sound or does not exist yet."""
    return [
        archive["gateway_version"]
        for archive in archives
        if all(finding["code"] == "archive-missing" for finding in archive["findings"])
    ]


def vouched_copies(archives: Iterable[Report]) -> dict[str, set[str]]:
    """For each gateway version the SHA-256 of the copies that an operator or gateways vouched for."""
    return {
        archive["gateway_version"]: {copy["sha256"] for copy in archive["copies"] if copy["event"] in VOUCHED}
        for archive in archives
    }


def confirmed_versions(archives: Iterable[Report]) -> set[str]:
    """The gateway versions for which a gateway once showed the hash of a snapshot, which proves that this release
    computes hashes as we do."""
    return {
        archive["gateway_version"] for archive in archives if any(copy["event"] == SERVED for copy in archive["copies"])
    }
