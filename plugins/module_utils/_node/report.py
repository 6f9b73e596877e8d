# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on a node: the settings that count, what is wrong, and the state of its gateway."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import exporter_may_import
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import certain_winner
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import ACCESS_KEY_ID, STORE_VARIABLES
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Health
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import GatewayProcess, Restart
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import ALL_NAMES

_REPORTED = (
    "role",
    "database",
    "prefix",
    "proxy_listen",
    "status_listen",
    "cluster_control_plane",
    "konnect_mode",
    "declarative_config",
    "plugins",
    *ALL_NAMES,
)


def node_report(
    node: Node, findings: Iterable[Finding], process: GatewayProcess, health: Health, restart: Restart
) -> dict[str, Any]:
    """The node as modules return it; never the value of a secret variable."""
    gateway, findings = node.gateway, list(findings)
    return {
        **findings_report(findings),
        "settings": {name: gateway.settings[name].as_dict() for name in _REPORTED if name in gateway.settings},
        "variables": [name for name in STORE_VARIABLES if node.variables.get(name)],
        "credential_source": _credential_source(node),
        "access_key_id": node.variables.get(ACCESS_KEY_ID),
        "gateway_version": str(node.installation.version),
        "certificate_expires": node.certificate_expires.isoformat() if node.certificate_expires else None,
        "election": exporter_may_import(node.installation.version),
        "running": process.running,
        "restart_needed": restart.needed,
        "restart_reason": restart.reason,
        "ready": health.ready,
        "ready_message": health.message,
        "configuration_hash": health.configuration_hash,
        "configuration_age": process.configuration_age,
    }


def findings_report(findings: Sequence[Finding]) -> dict[str, Any]:
    """What is wrong, as modules return it."""
    return {
        "works": not errors(findings),
        "reasons": [finding.sentence for finding in errors(findings)],
        "findings": [finding.as_dict() for finding in findings],
    }


def _credential_source(node: Node) -> str | None:
    """The source in which the gateway finds credentials first (fact 2.4), None if it has to ask
    for them."""
    winner = certain_winner(node.credential_order)
    return winner.source if winner else None
