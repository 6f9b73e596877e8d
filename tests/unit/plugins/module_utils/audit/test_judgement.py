# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In a healthy fleet an audit finds exactly the faults that are planted, on the right node, in every face."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import EndpointConnectionError

from ansible_collections.kongops.fallback.plugins.filter.audit_face import audit_face
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import StoreAnswer
from tests.audited_fleet import DATA_PLANE, NEXT, NOW, REPLICA, STORAGE, VERSION, Fleet, found, reads
from tests.audited_host import Host
from tests.audited_storage import May, Stored, refused
from tests.certificates import Pair, cluster_certificate
from tests.snapshots import flat, identity

Expected = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Fault:
    """Something wrong, and the one finding that it has to be."""

    plant: Callable[[Fleet], None]
    expected: Expected
    verdict: str

    @property
    def name(self) -> str:
        """How a test names it."""
        return "-".join((self.expected[1], *self.expected[2]))


def on(host: str, code: str, plant: Callable[[Host], None], severity: str = ERROR, verdict: str | None = None) -> Fault:
    """A fault of one node."""
    told = verdict or ("no" if severity == ERROR else "yes")
    return Fault(lambda fleet: plant(fleet.hosts[host]), (severity, code, (host,)), told)


def setting(name: str, value: str | None) -> Callable[[Host], None]:
    return lambda host: host.set(name, value)


def line(text: str) -> Callable[[Host], None]:
    return lambda host: setattr(host, "conf", f"{host.conf}{text}\n")


def first(text: str) -> Callable[[Host], None]:
    return lambda host: setattr(host, "conf", f"{text}\n{host.conf}")


def having(**state: Any) -> Callable[[Host], None]:
    def plant(host: Host) -> None:
        for name, value in state.items():
            setattr(host, name, value)

    return plant


def variables(pattern: str, text: str) -> Callable[[Host], None]:
    return lambda host: setattr(host, "environment", re.sub(pattern, text, host.environment or ""))


def variable(text: str) -> Callable[[Host], None]:
    return lambda host: setattr(host, "environment", f"{host.environment}{text}\n")


def answering(code: str, status: int = 403) -> Callable[[Host], None]:
    """The store answers the node so."""
    return having(store=StoreAnswer(status, code))


def of_cluster(code: str, plant: Callable[[Fleet], None], severity: str = ERROR, verdict: str | None = None) -> Fault:
    """A fault of the storage."""
    return Fault(plant, (severity, code, ()), verdict or ("no" if severity == ERROR else "yes"))


def stored(version: str = NEXT, **state: Any) -> Callable[[Fleet], None]:
    def plant(fleet: Fleet) -> None:
        for name, value in state.items():
            setattr(fleet.storage.snapshots[version], name, value)

    return plant


def holding(version: str = NEXT, **collections: Any) -> Callable[[Fleet], None]:
    """The snapshot of a version holds something else, and its data planes serve just that."""
    return stored(version, body=json.dumps(flat(**collections)).encode())


def failing(operation: str, error: Exception) -> Callable[[Fleet], None]:
    """The store answers an operation of the controller so."""
    return stored(fails={operation: error})


def feature(name: str, value: Any = None) -> Callable[[Fleet], None]:
    """A feature of the bucket is another, or there is none."""

    def plant(fleet: Fleet) -> None:
        if value is None:
            del fleet.storage.features[name]
        else:
            fleet.storage.features[name] = value

    return plant


def key(kind: str, may: May) -> Callable[[Fleet], None]:
    """The key for one of the two kinds of access may do this, and nothing else."""
    return lambda fleet: fleet.may.update({kind: may})


def also_deletes(operation: str, key: str) -> bool:
    return reads(operation, key) or (operation == "DeleteObject" and key.startswith("prod/") and "config" in key)


def without_a_plugin(fleet: Fleet) -> None:
    plugin = {"id": identity("plugin", 1), "name": "cors", "config": {}}
    holding(VERSION, services=3, routes=5, plugins=[plugin])(fleet)
    fleet.hosts["dp2"].set("plugins", "key-auth")


def silent_exporters(fleet: Fleet) -> None:
    for version in (VERSION, NEXT):
        stored(version, signs=(7200,))(fleet)


def elsewhere(fleet: Fleet) -> None:
    """A data plane that the inventory does not have serves something else."""
    listed = {"hostname": "dp9", "version": VERSION, "config_hash": "cd" * 16, "last_seen": NOW.timestamp()}
    fleet.hosts["cp1"].listed = Answer(200, json.dumps({"data": [listed]}))


def another_control_plane(fleet: Fleet) -> None:
    fleet.hosts["dp2"].set("cluster_control_plane", "other.example.com:8005")
    fleet.hosts["dp2"].status = serving("ab" * 16)


def serving(configuration_hash: str) -> Answer:
    return Answer(200, json.dumps({"configuration_hash": configuration_hash}))


def replica(age: int = 600, **state: Any) -> Callable[[Fleet], None]:
    """A replica in which the snapshot of the next version is another, since its storage was written ``age`` ago."""

    def plant(fleet: Fleet) -> None:
        copies = fleet.add_replica().snapshots
        fleet.storage.snapshots[NEXT].age = age
        copies[NEXT] = Stored(**{"body": json.dumps(flat(2, 4)).encode(), "age": 9000, **state})

    return plant


IMPORT = "cluster_fallback_config_import"
STORE = "cluster_fallback_config_storage"
EXPORT_LOG = "2026/11/25 11:00:00 [error] 42#0: *7 [fallback config] {}, context: ngx.timer"
NO_REGION = "AWS_REGION=.*\n"
NO_KEY = "AWS_(ACCESS|SECRET).*\n"
NO_ANSWER = EndpointConnectionError(endpoint_url="https://s3.example.com")

FAULTS = [
    # What a node does not say.
    on("dp2", "node-silent", having(unreachable="Connection timed out"), WARNING, "unknown"),
    on("cp1", "node-silent", having(unreachable="Connection timed out"), WARNING),
    # kong.conf
    on("dp4", "conf-missing", having(conf=None)),
    on("dp2", "boolean-value", setting(IMPORT, "yes")),
    on("dp4", "not-configured", setting(IMPORT, None)),
    on("dp2", "draft-name", lambda host: setattr(host, "conf", host.conf.replace(IMPORT, "cluster_fallback_config"))),
    on("dp2", "role", setting("role", "traditional")),
    on("cp1", "proxying-exporter", having(conf=DATA_PLANE.replace("_import", "_export")), WARNING),
    on("dp4", "storage-url", setting(STORE, "s3://kong-fallback")),
    on("dp2", "storage-differs", setting(STORE, "s3://kong-fallback/test")),
    on("cp1", "storage-differs", setting(STORE, "s3://elsewhere/prod")),
    on("dp2", "storage-missing", setting(STORE, None)),
    on("dp4", "declarative-config", setting("declarative_config", "/etc/kong/kong.yml")),
    on("dp2", "status-listen", setting("status_listen", "off"), WARNING),
    on("dp4", "control-plane-address", setting("cluster_control_plane", None), WARNING),
    on("dp2", "proxy-listen", setting("proxy_listen", "off")),
    on("dp4", "vault-reference", setting("cluster_cert", "{vault://hcv/cluster/cert}"), WARNING),
    on("dp2", "ignored-line", line("cluster_fallback_config_export_delay: 60")),
    on("dp4", "section", line("[kong]"), WARNING),
    on("dp2", "continuation", line("nginx_http_log_format = a \\\nlog_level = info"), WARNING),
    on("dp4", "byte-order-mark", lambda host: setattr(host, "conf", f"\ufeff{host.conf}")),
    on("dp2", "duplicate-setting", first(f"{STORE} = s3://elsewhere/prod"), WARNING),
    on("dp4", "unknown-setting", line("cluster_fallback_config_imports = on"), WARNING),
    on("dp4", "credentials-in-kong-conf", line("AWS_SECRET_ACCESS_KEY = example")),
    on("cp1", "export-delay", setting("cluster_fallback_config_export_delay", "soon"), WARNING),
    on("cp1", "s3-config-json", setting("cluster_fallback_export_s3_config", "{ServerSideEncryption: x}")),
    on("dp2", "empty-setting", setting("prefix", "")),
    # The environment file
    on("dp2", "environment-file-missing", having(environment=None)),
    on("dp4", "environment-file-mode", having(mode=0o644), WARNING),
    on("dp2", "region-missing", variables(NO_REGION, "")),
    on("dp4", "environment-line", variables("AWS_REGION=", "export AWS_REGION: ")),
    on("dp4", "credentials-missing", variables(NO_KEY, "")),
    on("dp2", "endpoint-url", variable("AWS_CONFIG_STORAGE_ENDPOINT=minio.example.com:9000")),
    on("dp4", "endpoint-path", variable("AWS_CONFIG_STORAGE_ENDPOINT=https://minio.example.com/x")),
    on("dp2", "environment-override", variable(f"KONG_{IMPORT.upper()}=off")),
    on("dp4", "proxy", variable("HTTPS_PROXY=ftp://proxy.example.com")),
    on("dp2", "licence", variables("KONG_LICENSE.*\n", ""), WARNING),
    # The certificate of the cluster
    on("dp2", "cluster-certificate", having(certificate=cluster_certificate(-10)), WARNING),
    on("dp4", "cluster-certificate", having(certificate=cluster_certificate(5)), WARNING),
    on(
        "dp1",
        "cluster-certificate",
        having(certificate=Pair(cluster_certificate(400).certificate, cluster_certificate(399).key)),
        WARNING,
    ),
    # What the gateway says
    on("dp2", "open-source-gateway", having(says="3.9.1")),
    on("dp2", "gateway-refuses", having(refuses="Error: proxy_listen must be of form: [off] | <ip>:<port>")),
    on("cp1", "export-failed", having(log=EXPORT_LOG.format("failed to export: AccessDenied"))),
    on("dp4", "gateway-stopped", having(running=False), WARNING),
    on("dp2", "gateway-not-ready", having(ready=Answer(503, '{"message": "no configuration available"}')), WARNING),
    on("dp4", "restart-pending", having(changed=("/etc/kong/kong.conf",)), WARNING),
    on("dp2", "configuration-differs", having(status=serving("ab" * 16))),
    Fault(without_a_plugin, (ERROR, "plugin-not-allowed", ("dp2",)), "no"),
    # What a node finds that tries the import
    on("dp3", "refused-by-gateway", having(parses=(1, "Error: Failed parsing: in 'routes': unknown field"))),
    on("dp3", "gateway-not-asked", having(parses=(127, "kong: not found")), WARNING),
    on("dp1", "denied", answering("AccessDenied")),
    on("dp3", "denied", answering("InvalidAccessKeyId")),
    on("dp1", "missing", answering("NoSuchBucket", 404)),
    on("dp1", "unreachable", answering("SlowDown", 503)),
    on("dp3", "truncated", having(store=StoreAnswer(200, size=400, announced=900))),
    on("dp1", "not-json", having(store=StoreAnswer(200, content_type="text/html"))),
    # The snapshots
    of_cluster("missing", lambda fleet: fleet.storage.snapshots.pop(NEXT) and None),
    of_cluster("not-json", stored(body=b"<html>")),
    of_cluster("truncated", stored(body=json.dumps(flat()).encode()[:-20])),
    of_cluster("no-routes", holding(services=2, routes=[])),
    of_cluster("below-minimum", holding(services=2, routes=1)),
    of_cluster("stale", stored(age=40 * 86400)),
    of_cluster("unencrypted", stored(encryption=None), WARNING),
    of_cluster("unreachable", failing("GetObject", NO_ANSWER), WARNING),
    of_cluster("denied", failing("GetObject", refused("GetObject", "AccessDenied")), WARNING),
    of_cluster("exporters-unknown", failing("ListObjectsV2", refused("ListObjectsV2", "AccessDenied")), WARNING),
    of_cluster(
        "history-unknown", failing("ListObjectVersions", refused("ListObjectVersions", "AccessDenied")), WARNING
    ),
    of_cluster("exporter-silent", silent_exporters, WARNING),
    of_cluster("replica-behind", replica(age=90), WARNING),
    of_cluster("replica-bad", replica(body=b""), WARNING),
    # The bucket and the keys
    of_cluster("bucket-posture", feature("versioning", {"Status": "Suspended"}), WARNING),
    of_cluster("bucket-posture", feature("encryption"), WARNING),
    of_cluster("bucket-posture", feature("public_access_block"), WARNING),
    of_cluster("bucket-posture", feature("policy"), WARNING),
    of_cluster("bucket-posture", feature("lifecycle_configuration"), WARNING),
    of_cluster("access-missing", key("read", lambda operation, key: False)),
    of_cluster("access-excess", key("read", also_deletes), WARNING),
    # The control plane
    of_cluster("configuration-differs", elsewhere, WARNING),
    of_cluster("several-control-planes", another_control_plane),
    # The archive and the stored keys
    of_cluster(
        "archive-altered",
        lambda fleet: fleet.archive.append(Finding("archive-altered", ERROR, "A copy has other bytes.")),
        WARNING,
    ),
]
"""Every kind of fault, on nodes that try the import and on others, planted in texts and answers."""

PAIRS = [
    (one, other)
    for one, other in zip(FAULTS, FAULTS[25:] + FAULTS[:25], strict=True)
    if one.expected[2] != other.expected[2]
]


@cache
def audit(*faults: Fault) -> dict[str, Any]:
    fleet = Fleet()
    for fault in faults:
        fault.plant(fleet)
    return fleet.audit()


def test_a_key_is_old_from_its_day_on_and_one_that_tells_no_age_is_none() -> None:
    fleet = Fleet()
    fleet.key_age = timedelta(days=181)
    model = fleet.audit()
    assert found(model) == [("warning", "credential-old", ())] * 2
    assert model["would_come_up"] == "yes"
    assert (
        'kong_fallback_credential_age_seconds{cluster="s3://kong-fallback/prod",access="write"} 15638400'
        in audit_face(model, "prom")
    )

    variables = Fleet().hostvars()
    for key in variables["cp1"]["__kong_fallback_stored_keys"]["results"]:
        key["created"] = "once"
    fleet = Fleet()
    fleet.hostvars = lambda: variables  # type: ignore[method-assign]
    model = fleet.audit()
    assert found(model) == []
    assert model["clusters"][0]["checks"]["keys"] == "unknown"
    assert "credential_age" not in audit_face(model, "prom")


def test_what_was_not_given_or_could_not_be_read_is_named() -> None:
    fleet = Fleet()
    variables = fleet.hostvars()
    del variables["cp1"]["__kong_fallback_archives"]
    variables["cp1"]["__kong_fallback_stored_keys"]["results"][0] = {"item": "write", "msg": "Access denied."}
    fleet.hostvars = lambda: variables  # type: ignore[method-assign]
    (cluster,) = fleet.audit()["clusters"]
    unseen = {each["what"]: each["why"] for each in cluster["not_looked_at"]}
    assert unseen["the signed archive"] == "kong_fallback_verification_key is not given"
    assert unseen["the age of the write key"] == "Access denied."
    assert cluster["checks"]["archive"] == "unknown"
    assert [key["access"] for key in cluster["credentials"]] == ["read"]


def test_there_are_faults_and_pairs_enough() -> None:
    assert len({fault.expected[1] for fault in FAULTS}) >= 40
    assert len(PAIRS) >= 40


def test_nothing_is_found_in_a_healthy_fleet() -> None:
    model = audit()
    assert found(model) == []
    assert model["would_come_up"] == "yes"
    assert {node["would_come_up"] for node in model["clusters"][0]["nodes"]} == {"yes"}


def test_a_good_replica_is_told_with_its_lag_and_without_one_there_is_nothing_to_say() -> None:
    assert audit()["clusters"][0]["checks"]["replica"] == "none"
    fleet = Fleet()
    fleet.add_replica()
    (cluster,) = fleet.audit()["clusters"]
    assert cluster["checks"]["replica"] == "ok"
    assert any("it lags 0 s behind" in note for note in cluster["notes"])


def test_after_a_failover_the_replica_counts_and_not_the_storage() -> None:
    fleet = Fleet()
    replica = fleet.fail_over()
    fleet.storage.snapshots[NEXT].body = b""
    (severity, code, _hosts), *more = found(fleet.audit())
    assert (severity, code, more) == (WARNING, "truncated", [])
    assert fleet.audit()["would_come_up"] == "yes"
    replica.snapshots[NEXT].body = b""
    assert (ERROR, "replica-bad", ()) in found(fleet.audit())
    assert fleet.audit()["would_come_up"] == "no"


def test_a_data_plane_that_stayed_with_the_storage_after_a_failover_is_found() -> None:
    fleet = Fleet()
    fleet.fail_over()
    fleet.hosts["dp2"].set(STORE, STORAGE)
    assert (ERROR, "storage-differs", ("dp2",)) in found(fleet.audit())
    (told,) = (each for each in fleet.audit()["clusters"][0]["findings"] if each["code"] == "storage-differs")
    assert f"the inventory says {REPLICA}" in told["message"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_where_it_is_and_nothing_else(fault: Fault) -> None:
    model = audit(fault)
    assert found(model) == [fault.expected]
    assert model["would_come_up"] == fault.verdict
    assert bool(model["because"]) is (fault.verdict != "yes")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].name} {pair[1].name}")
def test_two_faults_give_two_findings(pair: tuple[Fault, Fault]) -> None:
    model = audit(*pair)
    assert sorted(found(model)) == sorted(fault.expected for fault in pair)
    verdicts = {fault.verdict for fault in pair}
    assert model["would_come_up"] == next(word for word in ("no", "unknown", "yes") if word in verdicts)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_face_tells_the_fault_and_no_other(fault: Fault) -> None:
    told = [fault.expected]
    model = audit(fault)
    assert found(json.loads(audit_face(model, "json"))) == told
    assert in_metrics(audit_face(model, "prom")) == told
    assert in_summary(audit_face(model, "txt")) == told
    assert in_page(audit_face(model, "html")) == told
    assert in_junit(audit_face(model, "xml")) == told


def in_metrics(text: str) -> list[Expected]:
    samples = re.findall(
        r'^kong_fallback_findings\{cluster="(.*)",node="(.*)",code="(.*)",severity="(.*)"\} 1$', text, re.M
    )
    return [(severity, code, (node,) if node else ()) for _cluster, node, code, severity in samples]


def in_summary(text: str) -> list[Expected]:
    """The findings of the cluster; the host stands before the sentence, none before that of the cluster."""
    unwrapped = re.sub("\n {8,}", " ", text)
    lines = re.findall(rf"^({ERROR}|{WARNING}) +([\w-]+): (?:((?:cp|dp)\d): )?", unwrapped, re.M)
    return [(severity, code, (host,) if host else ()) for severity, code, host in lines]


def in_page(text: str) -> list[Expected]:
    items = re.findall(r"<li><div>.*?</li>", text, re.DOTALL)
    return [
        (
            "".join(re.findall(r'class="pill (\w+)"', item)),
            "".join(re.findall(r"troubleshooting\.md#([\w-]+)", item)),
            tuple(re.findall(r"1 node: (\w+)", item)),
        )
        for item in items
    ]


def in_junit(text: str) -> list[Expected]:
    """The findings below the case of the node that has them, or of a check of the cluster."""
    return [
        (severity, code, (name.split()[1],) if name.startswith(("data_plane ", "backup_node ")) else ())
        for case in ElementTree.fromstring(text).iter("testcase")
        for name in [case.get("name", "")]
        for severity, code in re.findall(rf"^({ERROR}|{WARNING}) ([\w-]+): ", case.findtext("system-out", ""), re.M)
    ]
