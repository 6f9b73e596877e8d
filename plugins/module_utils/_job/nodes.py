# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a cluster, and what a job has learned of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_installation
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.setting_names import DRAFT_NAMES
from ansible_collections.kongops.fallback.plugins.module_utils._node.witness import Answers, import_refusals
from ansible_collections.kongops.fallback.plugins.module_utils._storage.policy import READ, WRITE
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

GROUPS = {WRITE: "kong_backup_node", READ: "kong_data_plane"}
"""The group of the inventory whose nodes have each access."""

LISTED_HASH = "kong_data_plane_configuration_hash"
"""The variable in which the inventory plugin data_planes has the hash that a control plane shows of a data plane."""

_FAILURES = ("gateway-refuses", "export-failed")


@dataclass(frozen=True)
class KnownNode:
    """One node of a cluster.

    ``access`` is that of its role. ``asked`` says whether this run asked it for its version; ``gateway_version`` is its
    answer, or the variable of a node that was not asked. ``key_in_use`` is the access key its gateway runs with, empty
    with an instance role, None if this run did not look. ``failures`` are what its own gateway says: that it would not
    start, or does not export. ``import_refusal`` says why the node could not import its snapshot when it tried, and
    ``control_plane`` is the address from which a data plane takes its configuration. ``configuration_hash`` is that of
    the configuration it serves, None if it serves none or does not tell; it has not changed for ``configuration_age``
    (seconds, None: not known). ``data_planes`` are those that a control plane lists, with the hashes that they serve.
    ``trusted_hashes`` are gateway versions that, as an earlier run saw on this host, compute the hash as
    we do. ``plugins`` is the setting of that name, empty if this run did not see it.
    """

    host: str
    access: str
    asked: bool = False
    gateway_version: str | None = None
    draft_names: bool = False
    keeps_draft_names: bool = False
    key_in_use: str | None = None
    has_given_key: bool = False
    failures: tuple[str, ...] = ()
    import_refusal: str = ""
    control_plane: str = ""
    configuration_hash: str | None = None
    configuration_age: int | None = None
    data_planes: tuple[Mapping[str, Any], ...] = ()
    trusted_hashes: tuple[str, ...] = ()
    plugins: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether it was asked for its version and gave no answer."""
        return self.asked and not self.gateway_version


@dataclass(frozen=True)
class Cluster:
    """The hosts with one storage; ``host`` is the one of them that stands for all."""

    storage: str
    host: str
    is_s3: bool


def nodes_of_groups(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """All nodes of the inventory with their access, backup nodes first."""
    access_of: dict[str, str] = {}
    for access, group in GROUPS.items():
        for host in groups.get(group, ()):
            access_of.setdefault(host, access)
    return access_of


def nodes_of_cluster(
    groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]], storage: str
) -> tuple[KnownNode, ...]:
    """The nodes of the inventory that use a storage: backup nodes first, each in the order of its group."""
    return tuple(
        node_of(host, access, hostvars[host])
        for host, access in nodes_of_groups(groups).items()
        if hostvars[host].get("kong_fallback_storage") == storage
    )


def node_of(host: str, access: str, variables: Mapping[str, Any]) -> KnownNode:
    """One node, from its variables."""
    looks = looks_at(variables)
    answer = variables.get("__kong_fallback_answer", looks[0] if looks else None)
    told = (answer or {}) if logs_in(variables) else _told_by_others(variables)
    given = variables.get("kong_fallback_gateway_version") or None
    return KnownNode(
        host=host,
        access=access,
        asked=answer is not None,
        gateway_version=given if answer is None or not logs_in(variables) else _answered_version(answer, given),
        draft_names=not DRAFT_NAMES.isdisjoint(told.get("settings", ())),
        keeps_draft_names=variables.get("kong_fallback_parameter_names") == "draft",
        key_in_use=variables.get("__kong_fallback_key_in_use"),
        has_given_key=bool(variables.get("kong_fallback_access_key_id")),
        failures=_failures(told),
        control_plane=_control_plane(told),
        configuration_hash=told.get("configuration_hash") if told.get("ready") else None,
        configuration_age=told.get("configuration_age"),
        data_planes=_data_planes(looks),
        trusted_hashes=tuple(variables.get("__kong_fallback_trusted_hashes") or ()),
        plugins=_settings(told).get("plugins", ""),
        import_refusal="".join(import_refusals({host: Answers(variables.get("__kong_fallback_try") or {})})),
    )


def logs_in(variables: Mapping[str, Any]) -> bool:
    """Whether Ansible logs in to a host."""
    said = variables.get("kong_fallback_login", True)
    return str(said).strip().lower() not in ("false", "no", "off", "0", "n", "f")


def _told_by_others(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a host without a login: what its control plane says, as the inventory plugin data_planes
    has it (fact 3.11)."""
    shown = variables.get(LISTED_HASH)
    return {"configuration_hash": shown, "ready": True} if shown else {}


def _data_planes(looks: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The data planes that a control plane listed; not every look asks for them."""
    listed = next((look["data_planes"] for look in looks if look.get("data_planes")), ())
    return tuple(dict(each) for each in listed)


def looks_at(variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the modules said that looked at the gateway of a node in this run, newest first."""
    names = ("restarted", "look", "gateway", "answer")
    results = (registered(variables, f"__kong_fallback_{name}") for name in names)
    return [result for result in results if "running" in result]


def registered(variables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A registered result; empty unless its task ran."""
    result: Mapping[str, Any] = variables.get(name) or {}
    return {} if result.get("skipped") else result


def _control_plane(answer: Mapping[str, Any]) -> str:
    """Where a data plane gets its configuration from; empty for any other node."""
    settings = _settings(answer)
    return settings.get("cluster_control_plane", "") if settings.get("role") == "data_plane" else ""


def _settings(answer: Mapping[str, Any]) -> dict[str, str]:
    return {name: setting.get("value", "") for name, setting in answer.get("settings", {}).items()}


def _failures(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What cluster_fallback_config_info says of a gateway that does not start or export, or why it could not look."""
    if "findings" not in answer:
        is_refusal = "msg" in answer and "stdout" not in answer and not answer.get("unreachable")
        return (answer["msg"],) if is_refusal else ()
    return tuple(each["message"] for each in answer["findings"] if each["code"] in _FAILURES)


def _answered_version(answer: Mapping[str, Any], given: str | None) -> str | None:
    """The version that a node answered with: cluster_fallback_config_info, or `kong version` unless it was given."""
    if answer.get("skipped"):
        return given
    if "stdout" not in answer:
        return answer.get("gateway_version")
    try:
        return str(parse_installation(answer["stdout"]).version)
    except InvalidInput:
        return None


def clusters_of_hosts(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> tuple[Cluster, ...]:
    """The clusters of some hosts, each with the first of its hosts; hosts without a storage are in none."""
    first: dict[str, str] = {}
    for host in hosts:
        storage = hostvars[host].get("kong_fallback_storage")
        if storage:
            first.setdefault(storage, host)
    return tuple(Cluster(storage, host, _is_s3(storage)) for storage, host in first.items())


def _is_s3(storage: str) -> bool:
    """Whether a storage is in S3; one that gateways do not accept is not, and the role of its host refuses it."""
    try:
        return parse(storage).is_s3
    except InvalidInput:
        return False


def late(nodes: Iterable[KnownNode], current: Mapping[str, str]) -> list[str]:
    """The hosts of the nodes that do not use the current key of their access, or that this run could not ask."""
    return [node.host for node in nodes if node.key_in_use not in ("", current[node.access])]
