# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installed gateway is, and which facts hold for its version: the only place that compares versions."""

from __future__ import annotations

from dataclasses import dataclass

ENTERPRISE = "enterprise"
OPEN_SOURCE = "open source"

Numbers = tuple[int, int, int, int]

_DATA_PLANE_EXPORTS_FIXED: dict[tuple[int, int], Numbers] = {  # fact 3.8
    (3, 10): (3, 10, 0, 15),
    (3, 11): (3, 11, 0, 14),
    (3, 12): (3, 12, 0, 9),
    (3, 13): (3, 13, 0, 7),
    (3, 14): (3, 14, 0, 5),
}
_INCREMENTAL_SYNC_FIXED = {**_DATA_PLANE_EXPORTS_FIXED, (3, 10): (3, 10, 0, 13)}  # fact 3.9
_CERTIFICATE_FIXED: dict[tuple[int, int], Numbers] = {  # fact 4.10
    **_DATA_PLANE_EXPORTS_FIXED,
    (3, 13): (3, 13, 0, 8),
    (3, 14): (3, 14, 0, 8),
    (3, 15): (3, 15, 0, 1),
}
_READY_FIXED: dict[tuple[int, int], Numbers] = {(3, 12): (3, 12, 0, 11), (3, 13): (3, 13, 0, 10)}  # fact 4.7
_ELECTION_BACKPORTED: dict[tuple[int, int], Numbers] = {(3, 4): (3, 4, 3, 4), (3, 5): (3, 5, 0, 4)}  # fact 1.9
_SCHEMES = {"s3": (3, 2), "gcs": (3, 2), "gs": (3, 13), "azure": (3, 14)}  # fact 1.4


@dataclass(frozen=True)
class Installation:
    """The gateway that is installed on a host: ``version`` such as ``3.11.0.14`` and ``edition``."""

    version: str
    edition: str = ENTERPRISE

    def __post_init__(self) -> None:
        if self.edition not in (ENTERPRISE, OPEN_SOURCE):
            raise ValueError(f"the edition is {ENTERPRISE!r} or {OPEN_SOURCE!r}, not {self.edition!r}")
        if not 3 <= len(self.version.split(".")) <= 4 or not all(part.isdigit() for part in self.version.split(".")):
            raise ValueError(f"a gateway version has three or four numbers, not {self.version!r}")

    @property
    def numbers(self) -> Numbers:
        """The version as four numbers, so that versions compare."""
        first, second, third, fourth = (*map(int, self.version.split(".")), 0)[:4]
        return first, second, third, fourth

    @property
    def minor(self) -> tuple[int, int]:
        """The first two numbers of the version."""
        return self.numbers[:2]

    @property
    def banner(self) -> str:
        """What ``kong version`` prints (fact 1.6)."""
        return f"Kong Enterprise {self.version}" if self.edition == ENTERPRISE else self.version

    @property
    def has_fallback(self) -> bool:
        """Whether the fallback settings mean anything here (facts 1.2, 1.6)."""
        return self.edition == ENTERPRISE and self.minor >= (3, 2)

    @property
    def has_s3_config(self) -> bool:
        """Whether ``cluster_fallback_export_s3_config`` is known (fact 1.2)."""
        return self.minor >= (3, 5)

    @property
    def has_election(self) -> bool:
        """Whether exporters elect a leader, and a data plane may export and import (fact 1.9)."""
        return self.minor >= (3, 6) or self.numbers >= _ELECTION_BACKPORTED.get(self.minor, (9, 9, 9, 9))

    @property
    def storage_schemes(self) -> tuple[str, ...]:
        """Schemes of the fallback storage that this version accepts (fact 1.4)."""
        return tuple(scheme for scheme, since in _SCHEMES.items() if self.minor >= since)

    @property
    def checks_storage_tls(self) -> bool:
        """Whether the certificate of the store is checked (fact 2.5)."""
        return self.minor >= (3, 3)

    @property
    def has_ready_endpoint(self) -> bool:
        """Whether ``/status/ready`` exists (fact 4.7)."""
        return self.minor >= (3, 3)

    @property
    def may_say_ready_too_early(self) -> bool:
        """Whether ``/status/ready`` may say so before there is a configuration (fact 4.7)."""
        return self.numbers < _READY_FIXED.get(self.minor, (0, 0, 0, 0))

    @property
    def default_status_listen(self) -> str:
        """Where the status listener is unless a setting says otherwise (fact 4.7)."""
        return "127.0.0.1:8007 reuseport backlog=16384" if self.minor >= (3, 6) else "off"

    @property
    def wipes_cache_of_other_minor(self) -> bool:
        """Whether a cache written by another minor version is thrown away (fact 4.4)."""
        return self.minor >= (3, 6)

    @property
    def data_plane_exports_stray_ws_id(self) -> bool:
        """Whether a data plane writes ``ws_id`` into entities without workspace (fact 3.8)."""
        return self.minor >= (3, 10) and not self._fixed(_DATA_PLANE_EXPORTS_FIXED)

    @property
    def incremental_sync_stops_exports(self) -> bool:
        """Whether ``incremental_sync = on`` silences a data plane that exports (fact 3.9)."""
        return self.minor >= (3, 10) and not self._fixed(_INCREMENTAL_SYNC_FIXED)

    @property
    def imports_without_certificate(self) -> bool:
        """Whether a data plane goes to its fallback storage if its certificate cannot be set up (fact 4.10)."""
        return self.minor >= (3, 10) and self._fixed(_CERTIFICATE_FIXED)

    def _fixed(self, table: dict[tuple[int, int], Numbers]) -> bool:
        return self.numbers >= table[self.minor] if self.minor in table else self.minor > max(table)
