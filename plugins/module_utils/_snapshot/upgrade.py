# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the snapshots of a cluster suffice for its gateways: for the running ones, and for an upgrade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._archive.report import (
    confirmed_versions,
    tampering,
    vouched_copies,
)
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import enabled_plugins
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OK, UNSEEN
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.replica import replica_findings
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.served import (
    archive_findings,
    configuration_findings,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ

Snapshot = Mapping[str, Any]
"""A snapshot as config_snapshot_info reports it: ``gateway_version``, ``outcome``, ``message``."""


_NAMED = 5
"""How many addresses or hosts a sentence names."""


def running_versions(nodes: Iterable[KnownNode]) -> list[str]:
    """The gateway versions that the asked nodes run, oldest first.

    Raises InvalidInput for a version that is not a full one.
    """
    versions = {node.gateway_version for node in nodes if node.asked and node.gateway_version}
    return sorted(versions, key=parse_version)


def verification_findings(
    nodes: Sequence[KnownNode],
    judged: Sequence[Snapshot],
    stored: Sequence[Snapshot],
    grace: int = 300,
    archives: Sequence[Mapping[str, Any]] = (),
    copies: Sequence[Snapshot] = (),
    max_lag: int | None = None,
    unseen: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """What keeps a new data plane of a running version from coming up, and which snapshots no gateway uses.

    ``judged`` are the snapshots of the running versions, ``stored`` all of the storage; ``grace`` is how long (seconds)
    the configuration of a gateway may differ from its snapshot. ``archives`` are the signed ones of these
    versions, as snapshot_archive_info reports them. ``copies`` are the snapshots of the
    replica, which may be behind for ``max_lag`` (seconds). ``unseen`` says why the controller could not look at the
    storage.
    """
    return (
        *_bad_snapshots(judged),
        *_unseen_storage(judged, unseen),
        *replica_findings(judged, copies, max_lag),
        *tampering(archives),
        *_silent_nodes(nodes, "fix it, or set kong_fallback_gateway_version"),
        *_failing_nodes(nodes),
        *_refused_imports(nodes, judged),
        *several_control_planes(nodes, grace),
        *missing_plugins(nodes, judged),
        *configuration_findings(nodes, judged, grace, confirmed_versions(archives)),
        *unused_snapshots(stored, running_versions(nodes)),
    )


def archiving_findings(
    nodes: Sequence[KnownNode],
    judged: Sequence[Snapshot],
    archives: Sequence[Mapping[str, Any]],
    grace: int = 300,
) -> tuple[Finding, ...]:
    """What keeps the snapshots of the running versions from the archive; the arguments are those of a verification.

    A missing archive is not a reason: the job begins it.
    """
    return (
        *_bad_snapshots(judged),
        *(finding for finding in tampering(archives) if finding.code != "archive-missing"),
        *_silent_nodes(nodes, "fix it, or set kong_fallback_gateway_version"),
        *archive_findings(nodes, judged, vouched_copies(archives), grace),
    )


def upgrade_findings(
    nodes: Sequence[KnownNode], snapshots: Sequence[Snapshot], storage: str, to_version: str
) -> tuple[Finding, ...]:
    """What makes the upgrade of a cluster to a gateway version unsafe, and what else to know before it.

    ``snapshots`` are those of the running versions and of the new one.

    Raises InvalidInput unless all versions are full.
    """
    target = parse_version(to_version)
    answering = [(node, parse_version(node.gateway_version)) for node in nodes if node.asked and node.gateway_version]
    good = [snapshot["gateway_version"] for snapshot in snapshots if snapshot["outcome"] == OK]
    return (
        *_promotion([str(version) for _node, version in answering], good, storage, to_version),
        *_bad_snapshots(snapshot for snapshot in snapshots if snapshot["gateway_version"] != to_version),
        *_silent_nodes(nodes, "fix it, or take it out of the inventory"),
        *_newer_nodes(answering, target),
        *_draft_names(node for node, _version in answering),
        *_nodes_behind(answering),
    )


def _promotion(running: Sequence[str], good: Sequence[str], storage: str, to_version: str) -> Iterator[Finding]:
    """A data plane that is upgraded in an outage has nothing but the snapshot of its new version (facts 3.1, 4.4)."""
    if to_version in good:
        return
    # The backup node's export is the newest, and backup nodes come first.
    source = next((version for version in running if version in good), None)
    if source is None:
        message = f"No snapshot of {storage} can be promoted to {to_version}: fix the backup node, and run verify."
        yield Finding("upgrade-no-source", ERROR, message)
    else:
        message = (
            f"Gateway {to_version} would find nothing in {storage} (facts 3.1, 4.4): run promote with "
            f"kong_fallback_from_version={source} and kong_fallback_to_version={to_version} before you upgrade."
        )
        yield Finding("upgrade-promote", ERROR, message)


def _bad_snapshots(judged: Iterable[Snapshot]) -> Iterator[Finding]:
    for snapshot in judged:
        if snapshot["outcome"] in UNSEEN:
            yield Finding("snapshot-unseen", ERROR, snapshot["message"])
        elif snapshot["outcome"] != OK:
            yield Finding("snapshot-not-ok", ERROR, snapshot["message"])


def _unseen_storage(judged: Iterable[Snapshot], reasons: Iterable[str]) -> Iterator[Finding]:
    """Why the controller could not look, once for each reason, unless a snapshot says it already."""
    if not any(snapshot["outcome"] in UNSEEN for snapshot in judged):
        yield from (Finding("snapshot-unseen", ERROR, reason) for reason in dict.fromkeys(reasons))


def _silent_nodes(nodes: Iterable[KnownNode], cure: str) -> Iterator[Finding]:
    for node in nodes:
        if node.is_silent:
            yield Finding("node-silent", ERROR, f"{node.host} did not report its gateway version: {cure}.")


def _failing_nodes(nodes: Iterable[KnownNode]) -> Iterator[Finding]:
    for node in nodes:
        for failure in node.failures:
            yield Finding("node-failing", ERROR, f"{node.host}: {failure}")


def _refused_imports(nodes: Iterable[KnownNode], judged: Iterable[Snapshot]) -> Iterator[Finding]:
    """Nodes that tried and could not import; if a snapshot is bad for all nodes, its own finding is enough."""
    bad = {snapshot["gateway_version"] for snapshot in judged if snapshot["outcome"] not in (OK, *UNSEEN)}
    for node in nodes:
        if node.import_refusal and node.gateway_version not in bad:
            yield Finding("node-cannot-import", ERROR, node.import_refusal)


def missing_plugins(nodes: Iterable[KnownNode], judged: Iterable[Snapshot]) -> Iterator[Finding]:
    """Data planes that would refuse the snapshot of their version because of a plugin."""
    used = {snapshot["gateway_version"]: snapshot.get("plugins") or () for snapshot in judged}
    for node in nodes:
        enabled = enabled_plugins(node.plugins) if node.access == READ else None
        missing = [] if enabled is None else sorted(set(used.get(node.gateway_version or "", ())) - enabled)
        if missing:
            message = (
                f"{node.host} does not enable {', '.join(missing[:_NAMED])}, which the snapshot for"
                f" {node.gateway_version} uses, so a gateway with its settings refuses the snapshot: add them to"
                " plugins."
            )
            yield Finding("plugin-not-allowed", ERROR, message, setting="plugins", fact="3.4")


def several_control_planes(nodes: Iterable[KnownNode], grace: int) -> Iterator[Finding]:
    """Two addresses may be two ways to one control plane, or two clusters that overwrite one another's snapshots."""
    first: dict[str, KnownNode] = {}
    for node in sorted(nodes, key=lambda node: not _serves_for(node, grace)):
        if node.control_plane:
            first.setdefault(node.control_plane, node)
    if len(first) < 2:
        return
    what = "Data planes with the same storage get their configuration from several addresses: " + ", ".join(
        f"{node.host} from {address}" for address, node in list(first.items())[:_NAMED]
    )
    cure = "give each its own storage: a new data plane would come up with the configuration of the other"
    if _serve_differently(first.values(), grace):
        message = (
            f"{what}. For more than {grace} s their configurations have differed, so these are two clusters: {cure}."
        )
        yield Finding("several-control-planes", ERROR, message, fact="3.1")
    else:
        yield Finding("several-control-planes", INFO, f"{what}. If these are two clusters, {cure}.", fact="3.1")


def _serve_differently(nodes: Iterable[KnownNode], grace: int) -> bool:
    """Whether two nodes of one version have had different configurations for longer than ``grace`` (seconds)."""
    shown = {(node.gateway_version, node.configuration_hash) for node in nodes if _serves_for(node, grace)}
    return len(shown) > len({version for version, _hash in shown})


def _serves_for(node: KnownNode, seconds: int) -> bool:
    return bool(node.configuration_hash) and (node.configuration_age or 0) > seconds


def unused_snapshots(stored: Iterable[Snapshot], running: Sequence[str]) -> Iterator[Finding]:
    """Snapshots of versions that no node runs."""
    for snapshot in stored:
        version = snapshot["gateway_version"]
        if version not in running:
            yield Finding("snapshot-unused", INFO, f"No node runs gateway {version}, but its snapshot is still stored.")


def _newer_nodes(answering: Iterable[tuple[KnownNode, GatewayVersion]], target: GatewayVersion) -> Iterator[Finding]:
    for node, version in answering:
        if version > target:
            message = f"{node.host} runs a newer version than {target}: upgrade to {version} or later."
            yield Finding("upgrade-to-older", ERROR, message)


def _draft_names(answering: Iterable[KnownNode]) -> Iterator[Finding]:
    for node in answering:
        if node.draft_names and node.keeps_draft_names:
            message = (
                f"{node.host} keeps its draft names, which no release reads: remove kong_fallback_parameter_names."
            )
            yield Finding("upgrade-draft-names", ERROR, message, fact="1.3")
        elif node.draft_names:
            message = (
                f"The draft names of {node.host} become the released ones with the next run of the playbook nodes."
            )
            yield Finding("upgrade-draft-names", INFO, message, fact="1.3")


def _nodes_behind(answering: Sequence[tuple[KnownNode, GatewayVersion]]) -> Iterator[Finding]:
    newest = max((version for _node, version in answering), default=None)
    for node, version in answering:
        if newest and version < newest:
            message = f"{node.host} runs {version}, which is older than the version of other nodes in this cluster."
            yield Finding("upgrade-behind", INFO, message)
