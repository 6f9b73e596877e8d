# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes try the import for all with the same storage, version and access, and what a try proves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, some
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import is_on
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import RELEASED
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OK
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

_SHOWN = 12
"""How much of a SHA-256 distinguishes two."""
"""How many hosts a sentence names."""


@dataclass(frozen=True)
class Reader:
    """A node that would import; ``access`` is its access key, empty where the host has a role."""

    host: str
    storage: str
    gateway_version: str
    access: str


def reader_of(host: str, report: Mapping[str, Any]) -> Reader | None:
    """The node in its report; None for a node that does not import."""
    settings = {name: setting["value"] for name, setting in report.get("settings", {}).items()}
    storage = settings.get(RELEASED.storage, "")
    if not is_on(settings.get(RELEASED.switch, "")) or not _is_storage(storage):
        return None
    return Reader(host, storage, report["gateway_version"], report.get("access_key_id") or "")


def _is_storage(text: str) -> bool:
    try:
        parse(text)
    except InvalidInput:
        return False
    return True


def witnesses(readers: Iterable[Reader], every: bool = False) -> list[str]:
    """The hosts that try the import: the first of those with one storage, gateway version and access; or ``every``
    one."""
    chosen: dict[object, str] = {}
    for reader in readers:
        kind = reader.host if every else (reader.storage, reader.gateway_version, reader.access)
        chosen.setdefault(kind, reader.host)
    return list(chosen.values())


@dataclass(frozen=True)
class Answers:
    """What a node answered when it tried the import (snapshot_import_info), and the snapshot as the controller read it
    for that node (config_snapshot_info); empty if it was not asked."""

    node: Mapping[str, Any] = field(default_factory=dict)
    controller: Mapping[str, Any] = field(default_factory=dict)


def answers_for(host: str, tries: Iterable[Mapping[str, Any]], reads: Iterable[Mapping[str, Any]]) -> Answers:
    """The answers that concern a host, among the results of two loops over groups of hosts with the same storage,
    version and access: the try of the node itself, and what the controller read for its group."""
    own = next((result for result in tries if result["item"]["host"] == host), {})
    shared: Mapping[str, Any] = next((result for result in reads if host in result["item"]["hosts"]), {})
    return Answers(own, next(iter(shared.get("snapshots", ())), {}))


def import_refusals(answers: Mapping[str, Answers]) -> list[str]:
    """Why hosts would have nothing to serve in an outage, one sentence per reason; none if nothing shows it."""
    hosts_of: dict[str, list[str]] = {}
    for host, each in answers.items():
        for reason in islice(_reasons(each), 1):
            hosts_of.setdefault(reason, []).append(host)
    return [f"{some(hosts)} {reason}" for reason, hosts in hosts_of.items()]


def _reasons(answers: Answers) -> Iterator[str]:
    """What follows the name of the host, most serious first."""
    node, controller = answers.node, answers.controller
    if "msg" in node and "outcome" not in node:
        yield f"could not try to import the snapshot: {node['msg']}"
    for proof in (node, controller):
        if proof.get("outcome", OK) != OK:
            yield f"would have nothing to serve in an outage: {proof['message']}"
    ours, theirs = (str(proof.get("sha256") or "")[:_SHOWN] for proof in (node, controller))
    if ours and theirs and ours != theirs:
        yield (
            f"and the controller read different snapshots of gateway {node['gateway_version']} (SHA-256 {ours}… and"
            f" {theirs}…): if the next run reports this too, they reach different stores: compare endpoint,"
            " proxy and name resolution."
        )
