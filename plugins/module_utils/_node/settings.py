# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fallback settings: their names, and what each node role gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion, has_fallback
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import is_on
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective

BACKUP_NODE = "backup_node"
DATA_PLANE = "data_plane"


@dataclass(frozen=True)
class ParameterNames:
    """One generation of setting names; the draft has no names for later settings."""

    label: str
    switch: str
    storage: str
    export: str
    export_delay: str | None = None
    s3_config: str | None = None


DRAFT = ParameterNames(
    label="draft",
    switch="cluster_fallback_config",
    storage="cluster_fallback_config_storage",
    export="cluster_fallback_config_exporter",
)
RELEASED = ParameterNames(
    label="released",
    switch="cluster_fallback_config_import",
    storage="cluster_fallback_config_storage",
    export="cluster_fallback_config_export",
    export_delay="cluster_fallback_config_export_delay",
    s3_config="cluster_fallback_export_s3_config",
)
DRAFT_ONLY = (DRAFT.switch, DRAFT.export)
ALL_NAMES = (
    RELEASED.switch,
    RELEASED.storage,
    RELEASED.export,
    "cluster_fallback_config_export_delay",
    "cluster_fallback_export_s3_config",
    *DRAFT_ONLY,
)
"""Every fallback setting of the draft (fact 1.1) and of the releases (fact 1.2), in the order in which they are
written."""


@dataclass(frozen=True)
class NodeWish:
    """What an operator wants from one node; ``export_delay`` in seconds, ``s3_config`` PutObject arguments (fact
    1.2)."""

    node_role: str
    storage: str
    export_delay: int | None = None
    s3_config: Mapping[str, Any] | None = None
    also_import: bool = False


def names_for(version: GatewayVersion, choice: str = "auto") -> ParameterNames:
    """The names that ``choice`` (``auto``, ``draft``, ``released``) means; ``auto`` goes by the release (facts 1.1 to
    1.3)."""
    if choice == "auto":
        return RELEASED if has_fallback(version) else DRAFT
    return DRAFT if choice == DRAFT.label else RELEASED


def settings_for(wish: NodeWish, names: ParameterNames) -> dict[str, str]:
    """The settings of kong.conf that fulfil the wish (facts 1.1 and 1.2).

    Raises InvalidInput when the wish needs a setting that the names do not have, or does not fit the node role.
    """
    exporting = wish.node_role == BACKUP_NODE
    _check_options(wish, exporting)
    importing = names is DRAFT or not exporting or wish.also_import
    settings = {
        names.switch: _switch(importing),
        names.storage: wish.storage,
        names.export: _switch(exporting),
    }
    if wish.export_delay is not None:
        settings[_existing(names.export_delay, "export_delay")] = str(wish.export_delay)
    if wish.s3_config:
        settings[_existing(names.s3_config, "s3_config")] = json.dumps(
            wish.s3_config, sort_keys=True, separators=(",", ":")
        )
    return settings


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _existing(name: str | None, option: str) -> str:
    if name is None:
        raise InvalidInput(
            f"The draft names have no setting for {option}: leave it out, or set parameter_names to released.",
            fact="1.1",
        )
    return name


def _check_options(wish: NodeWish, exporting: bool) -> None:
    given = {
        "export_delay": wish.export_delay is not None,
        "s3_config": bool(wish.s3_config),
        "also_import": wish.also_import,
    }
    for option in (option for option, is_given in given.items() if is_given and not exporting):
        raise InvalidInput(
            f"{option} is for node_role backup_node only: a data plane never exports; leave it out.", fact="1.1"
        )
    if wish.export_delay is not None and wish.export_delay < 1:
        raise InvalidInput(
            f"export_delay is {wish.export_delay}: give the seconds between two exports, 1 or more.", fact="1.2"
        )


def imports(gateway: Effective) -> bool:
    """Whether the gateway reads the snapshot when it starts."""
    return is_on(gateway.value(RELEASED.switch))


def exports(gateway: Effective) -> bool:
    """Whether the gateway writes the snapshot."""
    return is_on(gateway.value(RELEASED.export))


def on_konnect(gateway: Effective) -> bool:
    """Whether the control plane is a service of Konnect (fact 4.11)."""
    return is_on(gateway.value("konnect_mode"))
