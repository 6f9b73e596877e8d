# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether gateways serve the configuration of their snapshot, according to the hash that they show (fact 3.11)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import some
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import KnownNode
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import EMPTY_HASH
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.uploader import is_published_by_hand

_VERSION = re.compile(r"\d+(\.\d+){3}")
_LEAST_GRACE = 300
_USUAL_DELAY = 60
_HEARD_LATELY = 300
"""Seconds before the latest sign of any data plane; the control plane lists those that are gone for weeks."""


@dataclass(frozen=True)
class Serving:
    """A gateway and the hash that it shows; ``age`` is how long it has shown it (seconds), None if that is not
    known."""

    name: str
    gateway_version: str
    configuration_hash: str
    age: int | None = None


def grace_of(seconds: int, export_delay: int) -> int:
    """For how long (seconds) a gateway may serve a configuration that differs from its snapshot: ``seconds``, or else
    three delays of the exporter, which is 60 s unless ``export_delay`` says otherwise (fact 1.2)."""
    return seconds or max(_LEAST_GRACE, 3 * (export_delay or _USUAL_DELAY))


def configuration_findings(
    nodes: Iterable[KnownNode],
    snapshots: Iterable[Mapping[str, Any]],
    grace: int,
    confirmed: Iterable[str] = (),
) -> Iterator[Finding]:
    """For each good snapshot whether the gateways of its version serve it, those that a control plane lists included.

    ``snapshots`` are as config_snapshot_info reports them. A difference is an error only after ``grace`` (seconds), and
    only if a gateway of the version has shown that it computes hashes as we do, because we only believe so: another one
    in this run, or any in an earlier one. ``confirmed`` are the gateway versions for which the archive knows that.
    """
    nodes = list(nodes)
    serving = [*_asked(nodes), *_listed(nodes)]
    trusted = {version for node in nodes for version in node.trusted_hashes}.union(confirmed)
    for snapshot in snapshots:
        equal, different = _compared(snapshot, serving)
        if different:
            yield _difference(snapshot, different, _trust(equal, snapshot["gateway_version"] in trusted), grace)
        elif equal:
            yield _agreement(snapshot, equal)


def trusted_hashes(nodes: Iterable[KnownNode], snapshots: Iterable[Mapping[str, Any]]) -> list[str]:
    """The gateway versions for which a gateway has shown the hash of its snapshot, in this run or in an earlier one."""
    nodes = list(nodes)
    serving = [*_asked(nodes), *_listed(nodes)]
    before = {version for node in nodes for version in node.trusted_hashes}
    return sorted(before | {each["gateway_version"] for each in snapshots if _compared(each, serving)[0]})


def _compared(snapshot: Mapping[str, Any], serving: Sequence[Serving]) -> tuple[list[Serving], list[Serving]]:
    """The gateways with the version of a good snapshot that serve it, and those that do not."""
    if snapshot["outcome"] != "ok" or not snapshot.get("configuration_hash"):
        return [], []
    alike = _of_version(serving, snapshot["gateway_version"])
    equal = [each for each in alike if each.configuration_hash == snapshot["configuration_hash"]]
    return equal, [each for each in alike if each not in equal]


def _trust(equal: Sequence[Serving], before: bool) -> str:
    """Why the hashes of a release can be compared, empty if we only believe so."""
    if equal:
        return "although other gateways serve the snapshot"
    return "and an earlier run has shown that hashes of this release can be compared" if before else ""


def archive_findings(
    nodes: Iterable[KnownNode],
    snapshots: Iterable[Mapping[str, Any]],
    vouched: Mapping[str, Container[str]],
    grace: int,
) -> Iterator[Finding]:
    """For each good snapshot that must not go into the archive the reason; ``served`` has those that may.

    ``vouched`` are, for each gateway version, the SHA-256 of the copies that the archive already vouches for.
    """
    nodes = list(nodes)
    serving = [*_asked(nodes), *_listed(nodes)]
    for snapshot in snapshots:
        equal, different = _compared(snapshot, serving)
        is_vouched = snapshot["sha256"] in vouched.get(snapshot["gateway_version"], ())
        if snapshot["outcome"] == "ok" and not equal and not is_vouched:
            yield _unconfirmed(snapshot, different, grace)


def served(nodes: Iterable[KnownNode], snapshots: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The SHA-256 of each good snapshot that a gateway of its version serves, by gateway version."""
    nodes = list(nodes)
    serving = [*_asked(nodes), *_listed(nodes)]
    return {each["gateway_version"]: each["sha256"] for each in snapshots if _compared(each, serving)[0]}


def _unconfirmed(snapshot: Mapping[str, Any], alike: Sequence[Serving], grace: int) -> Finding:
    who, age = snapshot.get("uploader") or "an unknown uploader", snapshot["age_seconds"]
    written = f"{snapshot['sha256'][:12]}, written by {who} {age} s ago"
    what = f"Did not archive the snapshot of {snapshot['gateway_version']} ({written})"
    if not alike:
        cure = "set status_listen on its data planes, or kong_fallback_admin_url"
        message = f"{what}: no gateway of this version shows what it serves: {cure}."
        return Finding("archive-unconfirmed", ERROR, message, fact="3.11")
    severity = ERROR if age > grace else WARNING
    cure = "find out who wrote it" if severity == ERROR else "run again when they have received the last change"
    message = f"{what}: {some([each.name for each in alike])} serve a different configuration: {cure}."
    return Finding("archive-unconfirmed", severity, message, fact="3.11")


def _asked(nodes: Iterable[KnownNode]) -> Iterator[Serving]:
    for node in nodes:
        if node.asked and node.gateway_version and node.configuration_hash not in (None, EMPTY_HASH):
            yield Serving(node.host, node.gateway_version, node.configuration_hash, node.configuration_age)


def _listed(nodes: Iterable[KnownNode]) -> Iterator[Serving]:
    """The data planes that control planes list, each with its latest entry."""
    known = sorted((each for node in nodes for each in node.data_planes), key=_last_seen)
    last = _last_seen(known[-1]) if known else 0
    for each in {each.get("hostname"): each for each in known}.values():
        version = _VERSION.match(str(each.get("version")))
        shown = str(each.get("config_hash") or EMPTY_HASH)
        if version and shown != EMPTY_HASH and _last_seen(each) >= last - _HEARD_LATELY:
            yield Serving(f"{each.get('hostname')} (by the control plane)", version.group(), shown)


def _last_seen(data_plane: Mapping[str, Any]) -> int:
    return int(data_plane.get("last_seen") or 0)


def _of_version(serving: Sequence[Serving], version: str) -> list[Serving]:
    """The gateways of a version; a node's own report takes precedence over the list of the control plane."""
    found: dict[str, list[Serving]] = {}
    for each in serving:
        if each.gateway_version == version:
            found.setdefault(each.configuration_hash, []).append(each)
    return [each for alike in found.values() for each in _first_hand(alike)]


def _first_hand(alike: Sequence[Serving]) -> Sequence[Serving]:
    return [each for each in alike if not each.name.endswith("(by the control plane)")] or alike


def _agreement(snapshot: Mapping[str, Any], equal: Sequence[Serving]) -> Finding:
    names = some([each.name for each in equal])
    message = (
        f"The snapshot for {snapshot['gateway_version']} holds what these gateways serve now: {names}"
        f" (hash {snapshot['configuration_hash']})."
    )
    return Finding("configuration-served", INFO, message, fact="3.11")


def _difference(snapshot: Mapping[str, Any], different: Sequence[Serving], trust: str, grace: int) -> Finding:
    shown = some([f"{each.name} ({each.configuration_hash}{_since(each.age)})" for each in different])
    what = (
        f"The snapshot of {snapshot['gateway_version']}, {snapshot.get('age_seconds')} s old, holds a"
        f" configuration ({snapshot['configuration_hash']}) that differs from what is served by {shown}"
    )
    is_lasting = any(_lasts(each, snapshot) > grace for each in different)
    if is_published_by_hand(snapshot.get("uploader")):
        severity, why = (
            WARNING,
            "it was published by hand, so its text differs: verify after the exporter's next export",
        )
    elif not is_lasting:
        severity, why = WARNING, "if the last change has not been exported yet, verify again after the exporter's delay"
    elif trust:
        severity, why = ERROR, f"{_STALE}, {trust}"
    else:
        severity, why = (
            WARNING,
            f"{_STALE}, unless this release computes hashes in another way, which an outage drill shows",
        )
    return Finding("configuration-differs", severity, f"{what}: {why}.", fact="3.11")


_STALE = (
    "look for [fallback config] in the exporter's error log (fact 4.9), and check that these gateways reach their"
    " control plane"
)


def _lasts(each: Serving, snapshot: Mapping[str, Any]) -> int:
    """How long (seconds) a gateway and a snapshot have certainly differed: since the newer of the two exists."""
    return min(each.age or 0, snapshot.get("age_seconds") or 0)


def _since(age: int | None) -> str:
    return "" if age is None else f", for {age} s"
