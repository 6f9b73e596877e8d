# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits of fleets in which much is wrong, for those who look at what an audit writes."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer
from tests.audited_fleet import DATA_PLANES, SECRET, Fleet
from tests.certificates import cluster_certificate
from tests.snapshots import identity

HOSTILE = "\x1b[2J\x1b]0;owned\x07</td><script>alert(1)</script>\"} 1\nkong_fallback_findings 1\n'&\u202e\ud800\x00"


def hostile() -> dict[str, Any]:
    """An audit of a fleet in which everything that comes from outside tries to be more than text."""
    line = HOSTILE.translate({0: None, 10: " "}).replace("\ud800", "")
    fleet = Fleet((*DATA_PLANES, f"dp5 {HOSTILE}", "dp6"))
    dp1, dp2, dp3, dp4, hostile_name, dp6 = (host for name, host in fleet.hosts.items() if name != "cp1")
    dp1.parses = (1, f"Error: Failed parsing: {HOSTILE}")
    dp2.ready = Answer(503, json.dumps({"message": HOSTILE}))
    dp2.status = Answer(200, json.dumps({"configuration_hash": HOSTILE}))
    dp3.changed = (HOSTILE,)
    dp4.unreachable = HOSTILE
    hostile_name.refuses = line
    dp6.conf = f"{dp6.conf}cluster_fallback_config_{line} = {line}\n{line}: {line}\nrole = {line}\n"
    dp6.environment = f"{dp6.environment}{line}={line}\nexport AWS_REGION: {line}\n"
    control_plane = fleet.hosts["cp1"]
    control_plane.log = f"2026/11/25 11:00:00 [error] 42#0: *7 [fallback config] failed to export: {line}"
    listed = {"hostname": HOSTILE, "version": "3.11.0.14", "config_hash": HOSTILE}
    control_plane.listed = Answer(200, json.dumps({"data": [listed]}))
    stored = fleet.storage.snapshots["3.12.0.9"]
    readable = HOSTILE.replace("\ud800", "")
    content = json.loads(stored.body)
    content["routes"] += [{**content["routes"][0], "id": readable, "name": readable, "service": readable}] * 2
    stored.body = json.dumps({**content, readable: [{"id": readable, "name": readable}]}).encode()
    stored.uploader = stored.encryption = HOSTILE
    fleet.storage.features["versioning"] = {"Status": HOSTILE}
    return fleet.audit()


SPOKEN_SECRETS = tuple(f"a-secret-nobody-may-read-{number}" for number in range(6))


def talkative() -> dict[str, Any]:
    """An audit of a fleet whose files, gateways and snapshots repeat their secrets."""
    fleet = Fleet()
    in_conf, in_environment, in_log, in_check, in_words, in_snapshot = SPOKEN_SECRETS
    dp1, dp2, cp1 = (fleet.hosts[name] for name in ("dp1", "dp2", "cp1"))
    dp1.parses = (1, f"Error: Failed parsing: the key {SECRET} or {in_words} is not one")
    dp1.environment = f"{dp1.environment}KONG_PG_PASSWORD={in_words}\n"
    dp2.conf = f"{dp2.conf}AWS_SECRET_ACCESS_KEY = {in_conf}\npg_password = {in_check}\n"
    dp2.environment = f"{dp2.environment}AWS_SESSION_TOKEN: {in_environment}\n"
    dp2.refuses = f"Error: cannot use pg_password '{in_check}' with {SECRET}"
    cp1.environment = f"{cp1.environment}KONG_ADMIN_GUI_SESSION_CONF={in_log}\nKONG_PG_PASSWORD={in_log}\n"
    cp1.log = f"2026/11/25 11:00:00 [error] 42#0: *7 [fallback config] failed to export: {SECRET} {in_log}"
    credential = {"id": identity("credential", 1), "key": in_snapshot, "consumer": {"id": in_snapshot}}
    stored = fleet.storage.snapshots["3.12.0.9"]
    stored.body = json.dumps({**json.loads(stored.body), "keyauth_credentials": [credential, credential]}).encode()
    return fleet.audit()


def rich() -> dict[str, Any]:
    fleet = Fleet()
    fleet.hosts["dp1"].set("cluster_fallback_config_import", "yes")
    fleet.hosts["dp2"].unreachable = "Connection timed out"
    del fleet.storage.snapshots["3.12.0.9"]
    return fleet.audit()


def large(nodes: int) -> Fleet:
    """A fleet of so many data planes, of which some do not answer."""
    fleet = Fleet(tuple(f"gateway-{number:03}.eu.example.com" for number in range(nodes)))
    for number in range(0, nodes, 100):
        fleet.hosts[f"gateway-{number + 7:03}.eu.example.com"].unreachable = "Connection timed out"
    return fleet


def pictured() -> dict[str, Any]:
    """The audit in the picture of the documentation: a dozen data planes with something of everything."""
    fleet = Fleet(tuple(f"dp{number}.example.com" for number in range(1, 13)))
    dp3, dp5, dp6, dp9, dp11 = (fleet.hosts[f"dp{number}.example.com"] for number in (3, 5, 6, 9, 11))
    for host in (dp3, dp9):
        host.set("cluster_fallback_config_import", "yes")
    dp5.unreachable = "Connection timed out"
    dp6.environment = (dp6.environment or "").replace("KONG_LICENSE_PATH", "LICENSE_PATH")
    dp11.certificate = cluster_certificate(5)
    return fleet.audit()
