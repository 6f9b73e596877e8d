# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One decision on restarts, for every reason that there is."""

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import MASK
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import (
    NO_RESTART,
    GatewayProcess,
    key_in_use,
    restart_failure,
    restart_for,
)

STOPPED = GatewayProcess(running=False)
RUNNING = GatewayProcess(running=True)
OLD = GatewayProcess(running=True, older_than=("/etc/kong/fallback.env",))
WITHOUT_ENVIRONMENT = GatewayProcess(running=True, unread="/etc/kong/fallback.env")
DIFFERENT = GatewayProcess(running=True, differing=("cluster_fallback_config_import", "cluster_fallback_config_export"))


@pytest.mark.parametrize(
    ("process", "circumstances", "reason"),
    [
        (STOPPED, {}, "is not running"),
        (STOPPED, {"changed_files": ["/a"]}, "is not running"),
        (RUNNING, {"changed_files": ["/a", "/b", "/c"]}, "A change of /a, /b and /c takes effect"),
        (RUNNING, {"changed_files": ["/a"], "takes_part": False}, "A change of /a takes effect"),
        (OLD, {}, "/etc/kong/fallback.env changed after the gateway started."),
        (DIFFERENT, {}, "a value of cluster_fallback_config_import and cluster_fallback_config_export that"),
        (WITHOUT_ENVIRONMENT, {}, "started without the variables of /etc/kong/fallback.env."),
        (RUNNING, {"unready": "no configuration available"}, "(no configuration available)"),
        (RUNNING, {"export_failure": "The exporter does not write."}, "The exporter does not write."),
        (OLD, {"export_failure": "The exporter does not write."}, "fallback.env changed after"),
    ],
)
def test_each_reason_for_a_restart_is_named(process: GatewayProcess, circumstances: dict, reason: str) -> None:
    restart = restart_for(process, **circumstances)
    assert restart.needed
    assert reason in restart.reason


@pytest.mark.parametrize(("process", "takes_part"), [(RUNNING, True), (RUNNING, False), (STOPPED, False)])
def test_a_gateway_is_left_alone_without_a_reason(process: GatewayProcess, takes_part: bool) -> None:
    assert restart_for(process, takes_part=takes_part) == NO_RESTART


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            {"rc": 1, "stdout": "Stopped.", "stderr": "a\nb\n\nKONG_PG_PASSWORD=geheim\nbind() failed\n"},
            "b KONG_PG_PASSWORD= ******** bind() failed.",
        ),
        ({"msg": "non-zero return code", "stdout": "Port 8000 is in use.\n", "stderr": ""}, "Port 8000 is in use."),
        ({"msg": "non-zero return code", "rc": 7, "stdout": "", "stderr": ""}, "it printed nothing and exited with 7."),
        ({"msg": "Could not find the requested service kong"}, "Could not find the requested service kong."),
        ({}, "it printed nothing and exited with no code."),
    ],
)  # fmt: skip
def test_a_gateway_that_does_not_restart_has_its_command_and_its_last_words(
    result: dict[str, object], reason: str
) -> None:
    said = restart_failure(result, "dp1", 120, "kong restart --token=geheim")
    assert said == f"dp1 could not restart its gateway with `kong restart --token= {MASK}`: {reason}"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            {"running": False, "ready": False},
            "its process is not running: check its error.log, or the log of its container.",
        ),
        (
            {"running": True, "ready_message": "no configuration available"},
            "it was not ready within 120 seconds: no configuration available.",
        ),
    ],
)
def test_a_gateway_that_did_not_come_back_has_its_reason(result: dict[str, object], reason: str) -> None:
    assert restart_failure(result, "dp1", 120, "kong") == f"dp1 did not come back after its restart: {reason}"


def test_a_host_that_is_lost_after_the_restart_is_named() -> None:
    lost = {"unreachable": True, "msg": "No route to host"}
    assert restart_failure(lost, "dp1", 120, "kong.service") == (
        "dp1 has been unreachable since its restart ('No route to host'): fix the connection, and run again."
    )


def test_a_gateway_that_came_back_otherwise_than_its_files_say_has_its_reason() -> None:
    reason = "The gateway started without the variables of /etc/kong/fallback.env."
    result = {"running": True, "ready": True, "restart_needed": True, "restart_reason": reason}
    assert restart_failure(result, "dp1", 120, "kong.service").startswith(
        f"dp1 has restarted and still does not use its current files. {reason} Make its service or"
        " kong_fallback_restart"
    )


@pytest.mark.parametrize(
    ("restart_needed", "instance_role", "key"),
    [(False, False, "AKIA-NEW"), (True, False, "an older one"), (True, True, "")],
)
def test_the_key_in_use_is_that_of_the_last_start(restart_needed: bool, instance_role: bool, key: str) -> None:
    assert key_in_use({"access_key_id": "AKIA-NEW", "restart_needed": restart_needed}, instance_role) == key


@pytest.mark.parametrize(("storage", "key"), [("s3://far/prod", ""), ("s3://near/prod", "an older one")])
def test_a_gateway_uses_no_key_of_the_storage_once_its_files_name_the_replica(storage: str, key: str) -> None:
    settings = {"cluster_fallback_config_storage": {"value": storage}}
    look = {"access_key_id": "AKIAFAR", "restart_needed": True, "settings": settings}
    assert key_in_use(look, instance_role=False, replica="s3://far/prod") == key
