# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a node has a control plane of its own, with a database and an Admin API, for the jobs that need one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import is_on

EXPORT = "export"
CANARY = "canary"

_ON_KONNECT = {
    EXPORT: (
        "export needs the database of a control plane, and on Konnect (konnect_mode = on) that is a service without"
        " db_export: only the exporter writes snapshots; verify proves them, rollback restores an older one,"
        " and promote copies one to another version. (fact 4.11)"
    ),
    CANARY: (
        "a canary needs an Admin API, and on Konnect (konnect_mode = on) the control plane is a service without one:"
        " leave kong_fallback_canary out, change something in Konnect, and run verify, which compares the snapshot with"
        " what the gateways serve. (fact 4.11)"
    ),
}
_NO_DATABASE = (
    "export needs the database of a control plane, and this gateway has none (database = off): set"
    " kong_fallback_export_host to a control plane. (fact 1.7)"
)


def control_plane_refusal(answer: Mapping[str, Any], host: str, work: str) -> str:
    """Why a host cannot do ``work``, ``export`` or ``canary``, empty if nothing says so.

    ``answer`` is that of ``cluster_fallback_config_info``. A canary may ask the Admin API of another host, and so needs
    no database here.
    """
    if "settings" not in answer:
        return f"{host}: {answer.get('msg', 'its gateway was not asked.')}"
    settings = {name: setting["value"] for name, setting in answer["settings"].items()}
    if is_on(settings.get("konnect_mode", "")):
        return f"{host}: {_ON_KONNECT[work]}"
    if work == EXPORT and settings.get("database") == "off":
        return f"{host}: {_NO_DATABASE}"
    return ""
