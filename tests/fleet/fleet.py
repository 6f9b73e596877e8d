# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of one or several clusters, the inventory that names them, and playbook runs on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ansible import Run, run_playbook
from tests.fleet.host import ControlPlane, DataPlane, Host


@dataclass(frozen=True)
class Group:
    """Some hosts of a fleet, such as those of one cluster, and what the inventory says of them."""

    hosts: Sequence[Host]
    variables: Mapping[str, Any]

    def as_inventory(self) -> dict[str, Any]:
        """The group as an inventory has it; the hosts' own variables stand elsewhere."""
        return {"hosts": {host.name: {} for host in self.hosts}, "vars": dict(self.variables)}


@dataclass
class Fleet:
    """Control planes and data planes below ``directory``.

    ``variables`` are those of the whole inventory, ``groups`` are more groups of its hosts.
    """

    directory: Path
    version: str = "3.11.0.14"
    variables: dict[str, Any] = field(default_factory=dict)
    backup_node: dict[str, Any] = field(default_factory=dict)
    data_plane: dict[str, Any] = field(default_factory=dict)
    hosts: list[Host] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *exception: object) -> None:
        for host in self.hosts:
            host.stop()

    @property
    def inventory(self) -> Path:
        """The inventory, rewritten with all hosts."""
        return self.write_inventory()

    def write_inventory(self) -> Path:
        """Write the inventory with all hosts; its path."""
        groups = {
            "kong_backup_node": (ControlPlane, self.backup_node),
            "kong_data_plane": (DataPlane, self.data_plane),
        }
        children = {
            group: {
                "hosts": {host.name: host.variables() for host in self.hosts if isinstance(host, kind)},
                "vars": variables,
            }
            for group, (kind, variables) in groups.items()
        }
        children |= {name: group.as_inventory() for name, group in self.groups.items()}
        file = self.directory / "inventory.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"all": {"vars": self.variables, "children": children}}, indent=2))
        return file

    def add_control_plane(self, name: str = "cp1", version: str = "") -> ControlPlane:
        """A provisioned control plane, not yet started."""
        return self._add(ControlPlane(name, self.directory / name, version or self.version))

    def add_data_plane(self, name: str, control_plane: ControlPlane, version: str = "") -> DataPlane:
        """A provisioned data plane, not yet started."""
        host = DataPlane(
            name, self.directory / name, version or self.version, control_plane=control_plane.cluster_address
        )
        return self._add(host)

    def play(
        self,
        playbook: str | Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        timeout: float = 900.0,
    ) -> Run:
        """Run a playbook on the fleet, by file or by its name in a collection."""
        return run_playbook(
            Path(playbook),
            self.directory / "run",
            *arguments,
            inventory=self.inventory,
            environment=environment,
            timeout=timeout,
        )

    def _add(self, host: Any) -> Any:
        host.provision()
        self.hosts.append(host)
        return host
