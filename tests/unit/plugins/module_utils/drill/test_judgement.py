# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the course of a second gateway proves, in the words of gateways as we know them, and of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._drill.judgement import (
    Course,
    Outcome,
    Ports,
    Request,
    judge_drill,
    overrides,
    refusals,
    request_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import EnvironmentSource, Node
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import read_environment
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import EMPTY_HASH, Answer, Health
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.uploader import UPLOADER

SECRET = "c2VjcmV0LW9mLXRoZS1ub2Rl"
CONF = f"""\
role = data_plane
database = off
prefix = /usr/local/kong
cluster_control_plane = cp.example.com:8005
cluster_cert = /etc/kong/cluster.crt
cluster_cert_key = /etc/kong/cluster.key
cluster_fallback_config_import = on
cluster_fallback_config_storage = s3://kong-fallback/prod
proxy_listen = 0.0.0.0:8000
proxy_access_log = /var/log/kong/access.log
lmdb_environment_path = /srv/cache
pg_password = {SECRET}
"""
ENVIRONMENT = f"AWS_REGION=eu-central-1\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY={SECRET}\n"
READY = Health(True, "ready", "779742c3d7afee2e38f977044d2ed96b")
NOT_READY = Health(False, "no configuration available", EMPTY_HASH)
APPLIED = "2026/11/22 10:00:00 [notice] 7#0: [fallback config] fallback config applied\n"


def node(conf: str = CONF, environment: str = ENVIRONMENT, version: str = "3.11.0.14") -> Node:
    source = EnvironmentSource("/etc/kong/fallback.env", read_environment(environment.encode()), private=True)
    installation = Installation(parse_version(version), enterprise=True)
    return Node("/etc/kong/kong.conf", read_conf(conf.encode()), (source,), installation)


def course(**changed: Any) -> Course:
    return replace(Course(4.2, None, "", APPLIED, READY), **changed)


def fetch_failed(reason: str) -> dict[str, Any]:
    said = f"[fallback config] failed to fetch config from backup storage: {reason}"
    line = f"2026/11/22 10:00:00 [error] 7#0: *3 [lua] fallback.lua:7: {said}\n"
    return {"log": line, "health": NOT_READY}


def found(**changed: Any) -> tuple[Finding, ...]:
    return judge_drill(node(), 120, Outcome((), course(**changed)))


def test_a_gateway_that_came_up_from_the_snapshot_is_good() -> None:
    outcome = Outcome((), course(), READY, Request("/orders"), Answer(401, "{}"))
    assert judge_drill(node(), 120, outcome) == ()


STARTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no snapshot": (fetch_failed("GetObject prod/3.11.0.14/config.json: NoSuchKey"), "drill-missing", "3.11.0.14"),
    "not found": (fetch_failed("404 Not Found"), "drill-missing", "exporter runs a different version"),
    "another key": (fetch_failed("SignatureDoesNotMatch"), "drill-wrong-key", "run the role"),
    "no such key": (fetch_failed("InvalidAccessKeyId: unknown"), "drill-wrong-key", "does not accept the key"),
    "no right": (fetch_failed("AccessDenied"), "drill-denied", "or hides that there is none"),
    "another reason": (
        fetch_failed("in 'keyauth_credentials': duplicate, context: ngx.timer"),
        "drill-not-imported",
        "It logged: in ********: duplicate",
    ),
    "a vault": (
        {
            "exit_code": 1,
            "said": "Error: failed to dereference '{vault://env/x}'\n\n  Run with --v",
            "health": NOT_READY,
        },
        "drill-vault-reference",
        "Error: failed to dereference '{vault://env/x}'",
    ),
    "a bad setting": (
        {"exit_code": 1, "said": f"Error: log_level is {SECRET}", "health": NOT_READY},
        "drill-start",
        "Error: log_level is ********",
    ),
    "nothing in it": ({"health": NOT_READY}, "drill-empty", "the snapshot is empty"),
    "nothing said": (
        {"log": "", "health": Health(False, "Connection refused", None)},
        "drill-not-ready",
        "within 120 seconds; its last log line: Connection refused",
    ),
    "something said": (
        {"log": "2026/11/22 10:00:00 [error] 7#0: no memory\n", "health": NOT_READY},
        "drill-not-ready",
        "its last log line: no memory",
    ),
    "an old cache": ({"log": "", "had_cache": True}, "drill-stale-cache", "remove /srv/cache"),
}


@pytest.mark.parametrize("case", STARTS)
def test_a_start_that_proves_nothing_is_told(case: str) -> None:
    changed, code, words = STARTS[case]

    (finding,) = found(**changed)

    assert finding.code == code
    assert words in finding.message
    assert SECRET not in finding.message


def test_a_cache_without_a_configuration_does_no_harm() -> None:
    assert found(had_cache=True) == ()


def test_the_empty_cache_of_a_new_gateway_is_proof_enough_without_a_line_in_the_log() -> None:
    assert found(log="") == ()


@pytest.mark.parametrize(
    ("running", "code"),
    [
        (None, None),
        (READY, None),
        (Health(None, "", None), "drill-not-compared"),
        (Health(True, "ready", "another"), "drill-other-configuration"),
    ],
)
def test_the_running_gateway_has_to_serve_the_same(running: Health | None, code: str | None) -> None:
    findings = judge_drill(node(), 120, Outcome((), course(), running))
    assert [finding.code for finding in findings] == ([code] if code else [])


def test_a_snapshot_published_by_hand_has_another_hash_even_of_the_same_configuration() -> None:
    other = Outcome((), course(), Health(True, "ready", "another"), uploader=UPLOADER)
    (finding,) = judge_drill(node(), 120, other)
    assert (finding.severity, finding.code) == ("warning", "drill-not-compared")
    assert "published by hand" in finding.message
    of_exporter = replace(other, uploader="5c6c7b9e-0d6f-4a57-9a0e-2f3f3c2c8a11")
    assert [each.code for each in judge_drill(node(), 120, of_exporter)] == ["drill-other-configuration"]
    assert judge_drill(node(), 120, replace(other, running=READY)) == ()


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (None, Answer(200, "hello"), None),
        (None, Answer(401, "{}"), None),
        (None, Answer(404, "the service has nothing there"), None),
        (None, Answer(404, '{"message":"no Route matched with those values"}'), "no route of the snapshot matches"),
        (404, Answer(404, '{"message":"no Route matched with those values"}'), "no route of the snapshot matches"),
        (None, Answer(503, "{}"), "the answer is 503"),
        (503, Answer(503, "{}"), None),
        (200, Answer(301, ""), "the answer is 301, not 200"),
        (None, Answer(0, "timed out"), "there is no answer (timed out)"),
    ],
)
def test_what_counts_as_served(status: int | None, answer: Answer, reason: str | None) -> None:
    findings = judge_drill(node(), 120, Outcome((), course(), None, Request("/orders", None, "GET", status), answer))
    assert [finding.code for finding in findings] == (["drill-route"] if reason else [])
    assert all(f"does not serve GET /orders: {reason}" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("changed", "is_running", "codes"),
    [
        ({}, True, []),
        ({"conf": CONF + "pluginserver_names = go\n"}, True, ["drill-plugin-servers"]),
        ({"conf": CONF + "pluginserver_names = go\n"}, False, []),
        ({"conf": CONF + "declarative_config = /etc/kong/kong.yml\n"}, False, ["declarative-config"]),
        ({"environment": "AWS_REGION=eu-central-1\n"}, False, ["credentials-missing"]),
        ({"version": "3.1.1.6"}, False, ["feature-missing"]),
        (
            {"conf": CONF + "cluster_fallback_config_import = off\ncluster_fallback_config_export = on\n"},
            False,
            ["drill-import-off"],
        ),
    ],
)
def test_a_drill_that_could_prove_nothing_is_refused(
    changed: dict[str, str], is_running: bool, codes: list[str]
) -> None:
    assert [finding.code for finding in refusals(node(**changed), is_running, allow_proxying=True)] == codes


def test_a_proxying_host_needs_permission_only_while_its_gateway_runs() -> None:
    (finding,) = refusals(node(), is_running=True, allow_proxying=False)
    assert finding.code == "drill-on-proxying-host"
    assert refusals(node(), is_running=False, allow_proxying=False) == ()


def test_the_second_gateway_shares_nothing_with_the_running_one() -> None:
    host = node(
        CONF + "admin_listen = 0.0.0.0:8001\nproxy_error_log = /var/log/kong/error.log\ncluster_use_proxy = on\n"
    )
    variables = {**host.variables, **overrides("/var/kong-drill-1", Ports(1001, 1002, 1003), "an-id")}

    second = effective(host.conf, variables, host.installation.version)

    first = host.gateway
    kept = {"role", "database", "cluster_cert", "cluster_cert_key", "cluster_fallback_config_storage", "pg_password"}
    shared = {name for name in first.settings if second.value(name) == first.value(name)}
    assert shared == kept | {
        "cluster_fallback_config_import",
        "cluster_fallback_config_export",
        "cluster_fallback_config_export_delay",
        "konnect_mode",
    }
    assert second.value("cluster_control_plane") == "127.0.0.1:1003"
    assert second.value("lmdb_environment_path") == "dbless.lmdb"


@pytest.mark.parametrize("changed", [{"path": "orders"}, {"path": "/a b"}, {"path": "/\r\n"}, {"host": "http://a/"}])
def test_a_request_that_cannot_be_sent_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="route has a path or host"):
        request_of({"path": "/", "host": None, "method": "GET", "status": None, **changed})
