# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit has seen: the results that its tasks registered, sorted by cluster and node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import (
    KnownNode,
    node_of,
    nodes_of_groups,
    registered,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.witness import Reader, reader_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3

Result = Mapping[str, Any]
"""The result of a task; empty if it did not run."""

_LOOKS = {
    "verification": "__kong_fallback_verification",
    "stored": "__kong_fallback_stored",
    "bucket": "__kong_fallback_bucket",
    "access": "__kong_fallback_proofs_of_access",
    "replica": "__kong_fallback_copies",
    "archive": "__kong_fallback_archives",
    "keys": "__kong_fallback_stored_keys",
}
_WITHOUT_SNAPSHOTS = ("open-source-gateway", "feature-missing")


@dataclass(frozen=True)
class SeenNode:
    """One node: ``answer`` is that of cluster_fallback_config_info, ``proof`` that of snapshot_import_info.

    ``storage`` is what it has to use by the inventory: that of its cluster, or after a failover the replica.
    """

    known: KnownNode
    storage: str
    answer: Result = field(default_factory=dict)
    proof: Result = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Its name in the inventory."""
        return self.known.host

    @property
    def exports(self) -> bool:
        """Whether it is a backup node."""
        return self.known.access == WRITE

    @property
    def is_silent(self) -> bool:
        """Whether it reported nothing about its gateway."""
        return "findings" not in self.answer

    @property
    def reads(self) -> bool:
        """Whether its gateway knows snapshots at all (facts 1.6, 1.9)."""
        return not any(finding["code"] in _WITHOUT_SNAPSHOTS for finding in self.answer.get("findings", ()))

    @property
    def silence(self) -> str:
        """Why it reported nothing."""
        if self.answer.get("skipped"):
            return "Ansible does not log in to it"
        return str(self.answer.get("msg") or "this run did not ask it")

    @property
    def reader(self) -> Reader | None:
        """How it reads its snapshot; None if it reads none, or not from S3."""
        return None if self.is_silent else reader_of(self.host, self.answer)


@dataclass(frozen=True)
class SeenKey:
    """A stored key: its access, where its secret is, and when it was created, None if the secret does not tell."""

    access: str
    secret_ref: str
    created: datetime | None

    def age(self, now: datetime) -> int | None:
        """Its age in seconds."""
        return int((now - self.created).total_seconds()) if self.created else None


@dataclass(frozen=True)
class SeenCluster:
    """One cluster: what its storage holds for the running versions (``verification``) and for all (``stored``), its
    bucket, what its keys may do, what the replica holds for the running versions, its signed ``archive``, and its
    stored ``keys``."""

    storage: str
    nodes: tuple[SeenNode, ...]
    verification: Result = field(default_factory=dict)
    stored: Result = field(default_factory=dict)
    bucket: Result = field(default_factory=dict)
    access: Result = field(default_factory=dict)
    replica: Result = field(default_factory=dict)
    archive: Result = field(default_factory=dict)
    keys: Result = field(default_factory=dict)

    @property
    def is_s3(self) -> bool:
        """Whether its storage is in S3, the only kind whose bucket and keys the collection looks at (fact 1.4)."""
        return self.storage.startswith(f"{S3}://")

    @property
    def snapshots(self) -> list[Result]:
        """The snapshots of the versions that run, as config_snapshot_info returns them; not those of versions that only
        gateways run which read none."""
        versions = {
            reads: {node.known.gateway_version for node in self.nodes if node.reads is reads} for reads in (True, False)
        }
        unread = versions[False] - versions[True]
        return [each for each in self.verification.get("snapshots", ()) if each["gateway_version"] not in unread]

    @property
    def copies(self) -> list[Result]:
        """The snapshots that the replica has of these versions."""
        return list(self.replica.get("snapshots", ()))

    def snapshots_for(self, node: SeenNode) -> list[Result]:
        """The snapshots of the storage that a node has to read."""
        return self.snapshots if node.storage == self.storage else self.copies

    @property
    def is_read(self) -> bool:
        """Whether data planes read the storage itself, and not all the replica."""
        return any(node.storage == self.storage for node in self.nodes if not node.exports)

    @property
    def is_replica_read(self) -> bool:
        """Whether data planes read the replica."""
        return any(node.storage != self.storage for node in self.nodes)

    def archived(self, version: str) -> frozenset[str] | None:
        """The SHA-256 of what the archive holds of a gateway version; None if the audit did not look at it."""
        reports = [each for each in self.archive.get("archives", ()) if each["gateway_version"] == version]
        return frozenset(copy["sha256"] for each in reports for copy in each["copies"]) if reports else None

    @property
    def stored_keys(self) -> tuple[SeenKey, ...]:
        """The stored keys that could be read."""
        read = (each for each in self.keys.get("results", ()) if "access_key_id" in each)
        return tuple(SeenKey(each["item"], each["secret_ref"], _moment(each.get("created"))) for each in read)

    @property
    def is_listed(self) -> bool:
        """Whether a control plane listed its data planes."""
        return any(node.answer.get("data_planes") is not None for node in self.nodes)


def seen_clusters(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]]
) -> tuple[SeenCluster, ...]:
    """The clusters in which this run asked a node, each with all its nodes in the inventory."""
    nodes: dict[str, list[SeenNode]] = {}
    looks: dict[str, dict[str, Result]] = {}
    for host, access in nodes_of_groups(groups).items():
        variables = hostvars[host]
        storage = str(variables.get("kong_fallback_storage") or "")
        if not storage or variables.get("kong_fallback_state") == "absent":
            continue
        nodes.setdefault(storage, []).append(_seen_node(host, access, variables))
        for look, name in _LOOKS.items():
            if name in variables:
                looks.setdefault(storage, {})[look] = registered(variables, name)
    return tuple(
        SeenCluster(storage, tuple(seen), **looks.get(storage, {}))
        for storage, seen in nodes.items()
        if any(node.known.asked for node in seen)
    )


def _moment(text: Any) -> datetime | None:
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else None
    return None


def _seen_node(host: str, access: str, variables: Mapping[str, Any]) -> SeenNode:
    answer, proof = (registered(variables, f"__kong_fallback_{name}") for name in ("answer", "try"))
    fails_over = access == READ and variables.get("kong_fallback_import_from") == "replica"
    storage = variables.get("kong_fallback_replica_storage" if fails_over else "kong_fallback_storage")
    return SeenNode(node_of(host, access, variables), str(storage or ""), answer, proof)
