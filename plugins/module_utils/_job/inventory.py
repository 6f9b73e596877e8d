# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a job from doing what its operator asked: mistakes of the inventory and of the command line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, shortened, some
from ansible_collections.kongops.fallback.plugins.module_utils._job.nodes import GROUPS, logs_in, nodes_of_groups
from ansible_collections.kongops.fallback.plugins.module_utils._node.clusters import InventoryNode, clusters_of
from ansible_collections.kongops.fallback.plugins.module_utils._node.preflight import NESTED, node_refusals
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import minimum_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3

PREFIX = "kong_fallback_"
ROTATION = "rotate_credentials"
EXPORT = "export"
CANARY = "kong_fallback_canary_host"
EXPORT_HOST = "kong_fallback_export_host"

_JUDGED_BY_NODE = ("backup_node", "data_plane", "nodes", "failover")
"""The jobs that refuse each node with a wrong storage separately, so that the others go on."""

_WITHOUT_LOGIN = {
    **dict.fromkeys(("storage", "promote", "rollback"), False),
    **dict.fromkeys(("verify", "archive", "upgrade_check", "audit"), True),
}
"""The jobs that work without a login, and whether they have to know the gateway version of each node."""

_LIKE_A_GROUP = 0.8
"""So `kong_backup` and `data_plane` count as typos, and `kong_control_plane` does not."""
_LIKE_A_VARIABLE = 0.75
_REGION = re.compile(r"(?P<before>[a-z]+(?:-[a-z]+)*)-(?P<direction>[a-z]+)-(?P<number>\d+)")
_DIRECTIONS = ("north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest")
_RENAME = f"correct it, or give your own variable a name without {PREFIX}."
_NOTHING_TO_ROTATE = (
    "rotate_credentials has no keys to rotate for {storage}: set kong_fallback_secret_store, where the collection keeps"
    " the keys that it creates, or leave the hosts of this cluster out with --limit."
)


@dataclass(frozen=True)
class JobRequest:
    """What an operator asks of a job.

    ``pattern`` is what the job works on and ``hosts`` what it matches in the inventory, ``chosen_by`` the variable that
    gives it, if any; ``play_hosts`` are all hosts of the inventory that ``limit`` leaves. ``canary`` is the pattern of
    the drill that the job ends with or is, empty if it has none, and ``canaries`` what it matches. ``is_sliced`` says
    that this may be one slice of a job of AWX, whose inventory is a part of the whole.
    """

    name: str
    pattern: str
    hosts: Sequence[str]
    play_hosts: Collection[str]
    limit: str = ""
    chosen_by: str = ""
    canary: str = ""
    canaries: Sequence[str] = ()
    is_sliced: bool = False

    @property
    def targets(self) -> list[str]:
        """The hosts that the job works on."""
        left = set(self.play_hosts)
        return [host for host in self.hosts if host in left]

    @property
    def is_about_nodes(self) -> bool:
        """Whether it works on nodes, not on the controller alone."""
        return self.pattern != "localhost"


def inventory_refusals(
    request: JobRequest,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    known: Collection[str],
) -> list[str]:
    """Why a job must not begin, one sentence each; none if nothing is wrong.

    ``known`` are the variables of the collection. Only the names of a host's variables are read, and the
    values of those that describe its storage.
    """
    refusals = [*_nothing_to_do(request, groups), *_nothing_to_drill(request), *_look_alikes(groups)]
    refusals += [*_unknown_variables(request.targets, hostvars, known), *_chosen_in_vain(request, hostvars)]
    refusals += [*_not_numbers(request.targets, hostvars), *_without_login(request, hostvars)]
    if request.is_about_nodes and request.name not in _JUDGED_BY_NODE:
        refusals += _of_storages(request, hostvars)
    return [shortened(refusal) for refusal in refusals]


def _nothing_to_do(request: JobRequest, groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if request.targets:
        return
    if request.hosts:
        yield (
            f"--limit {request.limit} leaves no host of {_in_words(request.pattern)}, so {request.name} has nothing to"
            f" do: give a limit that matches some of {some(request.hosts)}."
        )
    elif request.chosen_by:
        yield (
            f"{request.chosen_by} is {request.pattern}, which matches no host of the inventory, so {request.name} has"
            " nothing to do: give the name of a host or of a group."
        )
    elif not (request.is_sliced and nodes_of_groups(groups)):
        yield (
            f"The inventory has no host in {_in_words(request.pattern)}, so {request.name} has nothing to do: check its"
            " groups and sources."
        )


def _nothing_to_drill(request: JobRequest) -> Iterator[str]:
    """A sentence on a job that should end with a drill but has no canary; for a drill itself that is the host that it
    works on."""
    if not request.canary or request.canary == request.pattern or set(request.canaries) & set(request.play_hosts):
        return
    if request.canaries:
        yield (
            f"--limit {request.limit} leaves out {some(request.canaries)}, on which {request.name} should end with a"
            " drill: add it to the limit, or leave kong_fallback_drill_after out."
        )
    else:
        yield (
            f"{CANARY} is {request.canary}, which matches no host of the inventory, so {request.name} cannot end with a"
            " drill: give the name of a host or of a group."
        )


def _in_words(pattern: str) -> str:
    return " or ".join(part.partition("[")[0] for part in pattern.split(":"))


def _look_alikes(groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A sentence for each group whose name is almost one of ours, with hosts that no job would see."""
    ours = tuple(GROUPS.values())
    nodes = nodes_of_groups(groups)
    for group, hosts in groups.items():
        plain = group.lower().replace("-", "_")
        unseen = [host for host in hosts if host not in nodes]
        if group in ours or not unseen or plain.startswith(tuple(f"{name}_" for name in ours)):
            continue
        for name in difflib.get_close_matches(plain, ours, n=1, cutoff=_LIKE_A_GROUP):
            yield f"No job uses the group {group} with {some(unseen)}: did you mean {name}? Rename the group."


def _unknown_variables(
    hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]], known: Collection[str]
) -> Iterator[str]:
    """A sentence for each variable with our prefix that nothing reads."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        for name in hostvars[host]:
            if str(name).startswith(PREFIX) and name not in known:
                found.setdefault(str(name), []).append(host)
    ends = [name.removeprefix(PREFIX) for name in known]
    for name, having in found.items():
        close = difflib.get_close_matches(name.removeprefix(PREFIX), ends, n=1, cutoff=_LIKE_A_VARIABLE)
        cure = f"did you mean {PREFIX}{close[0]}?" if close else _RENAME
        yield f"{some(having)}: nothing reads the variable {name}: {cure}"


def _chosen_in_vain(request: JobRequest, hostvars: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A sentence on the host of an export if the inventory sets it, which is too late for a play."""
    if request.name != EXPORT or request.chosen_by:
        return
    for host in request.targets:
        if hostvars[host].get(EXPORT_HOST):
            yield (
                f"{EXPORT_HOST} is {hostvars[host][EXPORT_HOST]} in the inventory, where it has no effect, because"
                " Ansible chooses the hosts of a play before it reads the inventory: give it with -e, or in the survey."
            )
            return


def _not_numbers(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for each minimum of entities that is not a number, with the hosts that have it."""
    having: dict[str, list[str]] = {}
    for host in hosts:
        for refusal in _of_minimum(hostvars[host].get(f"{PREFIX}minimum_entities")):
            having.setdefault(refusal, []).append(host)
    yield from (f"{some(found)}: {refusal}" for refusal, found in having.items())


def _without_login(request: JobRequest, hostvars: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A sentence on the hosts that the job has to log in to and may not, or of which nothing tells the version."""
    hosts = [host for host in request.targets if not logs_in(hostvars[host])] if request.is_about_nodes else []
    if hosts and request.name not in _WITHOUT_LOGIN:
        yield (
            f"{some(hosts)}: kong_fallback_login is false, and {request.name} works on the nodes themselves: leave"
            " these hosts out with --limit, or let Ansible log in to them."
        )
    unknown = [host for host in hosts if not hostvars[host].get(f"{PREFIX}gateway_version")]
    if unknown and _WITHOUT_LOGIN.get(request.name):
        yield (
            f"{some(unknown)}: kong_fallback_login is false, so no job can ask for the gateway version: set"
            " kong_fallback_gateway_version, or take the hosts from the inventory plugin kongops.fallback.data_planes."
        )


def _of_minimum(value: Any) -> Iterator[str]:
    """What is wrong with the numbers of a mapping; what else the value is, the argument specs judge."""
    try:
        minimum_of(value if isinstance(value, Mapping) else {})
    except InvalidInput as error:
        yield error.reason


def _of_storages(request: JobRequest, hostvars: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the storages of the clusters, each looked at once."""
    without = [host for host in request.targets if not hostvars[host].get(f"{PREFIX}storage")]
    if without:
        yield (
            f"{some(without)}: {PREFIX}storage is not set, so no job would check the snapshot there: set"
            " it in the inventory, for example to s3://bucket/prefix, or take the host out of its group."
        )
    places: dict[tuple[str, ...], str] = {}
    for host in request.targets:
        variables = hostvars[host]
        if host not in without and _takes_part(variables):
            place = tuple(str(variables.get(PREFIX + name) or "") for name in ("storage", "region", "endpoint_url"))
            places.setdefault(place, host)
    for (storage, region, endpoint_url), host in places.items():
        yield from _of_storage(host, storage, region, endpoint_url)
    clusters = clusters_of(InventoryNode(host, storage, False) for (storage, *_at), host in places.items())
    nested = dict.fromkeys(sentence for cluster in clusters.values() for sentence in cluster["nested"])
    yield from (NESTED.format(nested=sentence) for sentence in nested)
    if request.name == ROTATION:
        keyless = dict.fromkeys(storage for (storage, *_at), host in places.items() if not _has_users(hostvars[host]))
        yield from (_NOTHING_TO_ROTATE.format(storage=storage) for storage in keyless)


def _of_storage(host: str, storage: str, region: str, endpoint_url: str) -> Iterator[str]:
    """What is wrong with one storage; the credentials of a node are judged with the node."""
    refusals = node_refusals(
        {
            "host": host,
            "state": "present",
            "storage": storage,
            "region": region,
            "endpoint_url": endpoint_url,
            "instance_role": True,
            "access_key_id": "",
            "secret_access_key": "",
            "environment": {},
        }
    )
    yield from refusals
    if not refusals and not endpoint_url and region and storage.startswith(f"{S3}://"):
        yield from _of_region(host, region)


def _of_region(host: str, region: str) -> Iterator[str]:
    """A sentence on a region that AWS cannot have; a new region still has a direction in its name."""
    parts = _REGION.fullmatch(region)
    if parts and parts["direction"] in _DIRECTIONS:
        return
    close = difflib.get_close_matches(parts["direction"], _DIRECTIONS, n=1) if parts else []
    cure = (
        f"did you mean {parts['before']}-{close[0]}-{parts['number']}?" if parts and close else "such as eu-central-1."
    )
    yield f"{host}: kong_fallback_region is '{region}', but AWS has no such region: {cure}"


def _has_users(variables: Mapping[str, Any]) -> bool:
    """Whether the nodes of a cluster have keys that the collection created."""
    identity = variables.get(f"{PREFIX}identity", "auto")
    return bool(variables.get(f"{PREFIX}secret_store")) and identity in ("auto", "user")


def _takes_part(variables: Mapping[str, Any]) -> bool:
    return bool(variables.get(f"{PREFIX}state", "present") == "present")
