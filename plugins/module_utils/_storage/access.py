# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a key may and may not do in the fallback storage, and what it should."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl

ACCESS_ALLOWED = "allowed"
ACCESS_DENIED = "denied"
ACCESS_UNKNOWN = "unknown"

GET_CONFIG = "get_config"
PUT_CONFIG = "put_config"
DELETE_CONFIG = "delete_config"
GET_ELECTION = "get_election"
PUT_ELECTION = "put_election"
DELETE_ELECTION = "delete_election"
LIST_ELECTION = "list_election"
OPERATIONS = (
    GET_CONFIG,
    PUT_CONFIG,
    DELETE_CONFIG,
    GET_ELECTION,
    PUT_ELECTION,
    DELETE_ELECTION,
    LIST_ELECTION,
)

INSIDE = "inside"
OUTSIDE = "outside"
PLACES = (INSIDE, OUTSIDE)

NEEDED: Mapping[str, frozenset[str]] = {
    WRITE: frozenset({GET_CONFIG, PUT_CONFIG, PUT_ELECTION, LIST_ELECTION}),
    READ: frozenset({GET_CONFIG}),
}
"""What the gateway does inside its prefix, by the access that it should have (fact 2.6)."""

_AT_WILL = (LIST_ELECTION, INSIDE)
"""What a key may do without needing it: ``list_objects`` grants it, so that a missing snapshot can be told from a
denied one."""
_CHANGES = frozenset({PUT_CONFIG, DELETE_CONFIG, PUT_ELECTION, DELETE_ELECTION})

Access = Mapping[str, Mapping[str, str]]
"""For each operation, for each place: ``allowed``, ``denied`` or ``unknown``."""


@dataclass(frozen=True)
class Cell:
    """One operation in one place, and its outcome."""

    operation: str
    place: str
    outcome: str

    def words(self) -> str:
        """The cell as part of a sentence."""
        action, what = self.operation.split("_")
        objects = {"config": "snapshots", "election": "election objects"}[what]
        verb = {"get": "read", "put": "write"}.get(action, action)
        return f"{verb} {objects} {self.place} its prefix"


def permission_findings(access: Access, expect: str, storage: StorageUrl) -> tuple[Finding, ...]:
    """What is wrong with the access of a key for ``write`` or ``read``.

    Access that the gateway needs and lacks is an error, as is permission to change what belongs to others. Too much
    reading is a warning, as is an exporter that may delete: a store without fine-grained permissions cannot grant less.
    """
    cells = (Cell(operation, place, access[operation][place]) for operation in OPERATIONS for place in PLACES)
    return tuple(finding for cell in cells for finding in [_finding(cell, expect, storage)] if finding)


def left_behind(keys: Iterable[str], storage: StorageUrl) -> tuple[Finding, ...]:
    """The finding about probe objects that could not be removed."""
    named = " and ".join(sorted(set(keys)))
    message = f"Probe objects are left in the bucket {storage.bucket}: delete {named}."
    return (Finding("probe-left", WARNING, message),) if named else ()


def _finding(cell: Cell, expect: str, storage: StorageUrl) -> Finding | None:
    needed = cell.place == INSIDE and cell.operation in NEEDED[expect]
    if needed and cell.outcome == ACCESS_DENIED:
        message = f"The key may not {cell.words()} {storage}, which {_who(expect)} needs to: allow it in its policy."
        return Finding("access-missing", ERROR, message, fact="2.6")
    if needed and cell.outcome == ACCESS_UNKNOWN:
        message = (
            f"It is unknown whether the key may {cell.words()} {storage}: give the controller credentials of its own."
        )
        return Finding("access-unproven", ERROR, message, fact="2.6")
    if needed or cell.outcome != ACCESS_ALLOWED or (cell.operation, cell.place) == _AT_WILL:
        return None
    message = f"The key may {cell.words()} {storage}, which {_who(expect)} never does: remove it from its policy."
    return Finding("access-excess", ERROR if _is_dangerous(cell, expect) else WARNING, message, fact="2.6")


def _is_dangerous(cell: Cell, expect: str) -> bool:
    return cell.operation in _CHANGES and (cell.place == OUTSIDE or expect == READ)


def _who(expect: str) -> str:
    return "a backup node" if expect == WRITE else "a data plane"
