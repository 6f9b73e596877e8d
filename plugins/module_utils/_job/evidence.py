# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job has learned about one node from the results that the tasks of the roles registered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._drill.judgement import tells_nothing
from ansible_collections.kongops.fallback.plugins.module_utils._job.canary import canary_refusal
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import (
    LISTED_HASH,
    logs_in,
    looks_at,
    node_of,
    nodes_of_groups,
    registered,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import WRITE

OK = "ok"
STOPPED = "It stopped because another host failed."
EXPORT_FAILED = "export-failed"
_REMOTE = ("__kong_fallback_look", "__kong_fallback_tries", "__kong_fallback_restarted", "__kong_fallback_gateway")
"""The results of tasks on the node itself."""
_EXPORT = ("cluster_fallback_config_export", "cluster_fallback_config_exporter")

Variables = Mapping[str, Any]
Snapshot = Mapping[str, Any]
"""A snapshot as config_snapshot_info returns it, or a part of that."""


@dataclass(frozen=True)
class Evidence:
    """A node as this run saw it; what the run did not look at is None or empty.

    ``exports`` says whether it is a backup node, and ``exporting`` whether its gateway is set to export and said of no
    export that it failed; ``proven`` whether its own gateway has shown, in a proof on the node or in a drill, that it
    takes the snapshot. ``objections`` are the reasons why a new data plane would not come up,
    ``doubt`` is the reason why its job failed without telling anything about that. ``noted`` is for the report.
    ``configuration_hash`` is what it serves, empty if it does not tell. ``logs_in`` says whether Ansible logs in there.
    """

    host: str
    storage: str
    exports: bool
    gateway_version: str | None = None
    running: bool | None = None
    ready: bool | None = None
    restarted: bool = False
    exporting: bool | None = None
    proven: bool = False
    snapshots: tuple[Snapshot, ...] = ()
    configuration_hash: str = ""
    objections: tuple[str, ...] = ()
    doubt: str = ""
    took_part: bool = False
    logs_in: bool = True
    noted: Variables = field(default_factory=dict)

    @property
    def serves(self) -> bool | None:
        """Whether it is ready; without a status listener a running process is enough (fact 4.6)."""
        return self.running if self.ready is None or not self.running else self.ready

    def names_itself(self, reason: str) -> str:
        """A reason with the host, unless the reason names the host or is about the whole cluster."""
        is_own = self.noted.get("of_node", self.noted.get("verdict", OK) == OK)
        return with_host(self.host, reason) if is_own else reason

    @property
    def own_snapshot(self) -> Snapshot | None:
        """The snapshot of its own version, if this run read it."""
        return next((one for one in self.snapshots if one["gateway_version"] == self.gateway_version), None)


def with_host(host: str, reason: str) -> str:
    """A reason that names its host, other than in a path."""
    is_named = re.search(rf"(?<![\w./-]){re.escape(host)}(?![\w/-])", reason)
    return reason if is_named else f"{host}: {reason}"


def evidence_of_nodes(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Variables]) -> tuple[Evidence, ...]:
    """The nodes of the inventory that are in the fallback, backup nodes first."""
    return tuple(
        evidence_of(host, access, hostvars[host])
        for host, access in nodes_of_groups(groups).items()
        if hostvars[host].get("kong_fallback_state") != "absent"
    )


def evidence_of(host: str, access: str, variables: Variables) -> Evidence:
    """One node, from its variables."""
    look, restarted = registered(variables, "__kong_fallback_look"), registered(variables, "__kong_fallback_restarted")
    proof, noted = _proof(host, variables), _noted(variables)
    answer, gateway = registered(variables, "__kong_fallback_answer"), registered(variables, "__kong_fallback_gateway")
    seen: Variables = next(iter(looks_at(variables)), {})
    return Evidence(
        host=host,
        storage=str(variables.get("kong_fallback_storage", "")),
        exports=access == WRITE,
        gateway_version=seen.get("gateway_version") or node_of(host, access, variables).gateway_version,
        running=seen.get("running"),
        ready=seen.get("ready"),
        restarted="running" in restarted,
        exporting=_exporting(seen),
        proven=proof.get("outcome") == OK or "time_to_ready" in noted,
        snapshots=tuple(_snapshots(host, variables, noted)),
        configuration_hash=_configuration_hash(seen, variables),
        objections=tuple(_objections(look, proof, noted)),
        doubt=_doubt(noted),
        took_part=bool(look or answer or gateway or noted) or _was_left_out(variables),
        logs_in=logs_in(variables),
        noted=noted,
    )


def _configuration_hash(seen: Variables, variables: Variables) -> str:
    """What a node serves: what it showed, or where Ansible does not log in, what its control plane says."""
    shown = seen if logs_in(variables) else {"configuration_hash": variables.get(LISTED_HASH)}
    return shown.get("configuration_hash") or ""


def _was_left_out(variables: Variables) -> bool:
    """Whether a job that asks nodes came to this one and does not log in there."""
    return not logs_in(variables) and "__kong_fallback_answer" in variables


def _proof(host: str, variables: Variables) -> Variables:
    """What the node, or one with the same storage, version and access, answered when it tried the import; empty unless
    one tried."""
    own = registered(variables, "__kong_fallback_try")
    if "outcome" in own:
        return own
    tries = registered(variables, "__kong_fallback_tries").get("results", ())
    return next((result for result in tries if host in result["item"]["hosts"] and "outcome" in result), {})


def _exporting(seen: Variables) -> bool | None:
    """None if the run did not look, or only predicted what the gateway will do after its restart."""
    if "settings" not in seen or seen.get("restart_needed"):
        return None
    if any(finding["code"] == EXPORT_FAILED for finding in seen.get("findings", ())):
        return False
    return any(seen["settings"].get(name, {}).get("value") == "on" for name in _EXPORT)


def _snapshots(host: str, variables: Variables, noted: Variables) -> Iterator[Snapshot]:
    """The snapshots that were read for a node, the newest look at a version first."""
    yield from registered(variables, "__kong_fallback_after").get("snapshots", ())
    for result in registered(variables, "__kong_fallback_snapshots").get("results", ()):
        if host in result["item"]["hosts"]:
            yield from result.get("snapshots", ())
    yield from registered(variables, "__kong_fallback_verification").get("snapshots", ())
    yield from noted.get("snapshots", ())
    proof = _proof(host, variables)
    if proof:
        yield proof


def _objections(look: Variables, proof: Variables, noted: Variables) -> Iterator[str]:
    """Why the job failed, or else what is wrong with the node."""
    if noted.get("verdict", OK) != OK:
        if noted.get("tells", True):
            yield noted["verdict"]
        return
    if look.get("works") is False:
        yield from look.get("reasons", ())
    if proof.get("outcome", OK) != OK:
        yield proof["message"]


def _doubt(noted: Variables) -> str:
    return "" if noted.get("tells", True) or noted["verdict"] == STOPPED else str(noted["verdict"])


def _noted(variables: Variables) -> Variables:
    """What the job noted.

    An unreachable node, a drill that was refused because of what else runs on its host, a control plane of Konnect, or
    an Admin API that refused a canary says nothing about a new node. A job that has judged all this itself keeps its
    judgement.
    """
    noted: Variables = variables.get("__kong_fallback_outcome") or {}
    if noted.get("judged"):
        return noted
    refused = tells_nothing(registered(variables, "__kong_fallback_drill").get("findings", ()))
    is_lost = any(registered(variables, name).get("unreachable") for name in _REMOTE)
    is_managed = registered(variables, "__kong_fallback_control_plane").get("failed")
    is_silent = is_lost or refused or is_managed or _is_canary_refused(variables)
    return {**noted, "tells": False} if is_silent and noted.get("verdict", OK) != OK else noted


def _is_canary_refused(variables: Variables) -> bool:
    services, tagged = (registered(variables, f"__kong_fallback_{name}") for name in ("services", "tagged"))
    return bool(
        (services and canary_refusal(services, "", "")) or (tagged and canary_refusal(tagged, "", "", tags=True))
    )
