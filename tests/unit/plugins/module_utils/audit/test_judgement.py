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
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._audit.junit import junit
from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics
from ansible_collections.kongops.fallback.plugins.module_utils._audit.summary import summary
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import Restart
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import StoreFailed
from ansible_collections.kongops.fallback.plugins.plugin_utils._audit_page import page
from tests.audited_fleet import NEXT, NOW, STORAGE, VERSION, Fleet, Host, found
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


def saying(code: str, message: str, severity: str = ERROR) -> Callable[[Host], None]:
    return having(said=[Finding(code, severity, message)])


def refusing(code: str, message: str) -> Callable[[Host], None]:
    return having(refusal=[Finding(code, ERROR, message)])


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


def without_a_plugin(fleet: Fleet) -> None:
    plugin = {"id": identity("plugin", 1), "name": "cors", "config": {}}
    holding(VERSION, services=3, routes=5, plugins=[plugin])(fleet)
    fleet.hosts["dp2"].set("plugins", "key-auth")


def silent_exporters(fleet: Fleet) -> None:
    for version in (VERSION, NEXT):
        stored(version, signs=(7200,))(fleet)


IMPORT = "cluster_fallback_config_import"
STORE = "cluster_fallback_config_storage"

FAULTS = [
    on("dp2", "node-silent", having(unreachable="Connection timed out"), WARNING, "unknown"),
    on("cp1", "node-silent", having(unreachable="Connection timed out"), WARNING),
    on("dp2", "open-source-gateway", having(enterprise=False)),
    on("dp2", "boolean-value", setting(IMPORT, "yes")),
    on("dp4", "not-configured", setting(IMPORT, None)),
    on("dp2", "role", setting("role", "traditional")),
    on("dp4", "storage-url", setting(STORE, "s3://kong-fallback")),
    on("dp2", "storage-differs", setting(STORE, "s3://kong-fallback/test")),
    on("cp1", "storage-differs", setting(STORE, "s3://elsewhere/prod")),
    on("dp2", "storage-missing", setting(STORE, None)),
    on("dp4", "declarative-config", setting("declarative_config", "/etc/kong/kong.yml")),
    on("dp2", "status-listen", setting("status_listen", "off"), WARNING),
    on("dp4", "control-plane-address", setting("cluster_control_plane", None), WARNING),
    on("dp2", "proxy-listen", setting("proxy_listen", "off")),
    on("dp4", "vault-reference", setting("cluster_cert", "{vault://hcv/cluster/cert}"), WARNING),
    on("dp2", "cluster-certificate", having(certificate_fault="cluster_cert /c.pem expired on 2026-01-01"), WARNING),
    on("dp4", "cluster-certificate", having(certificate_expires=NOW + timedelta(days=5)), WARNING),
    on("dp2", "licence", having(licensed=False), WARNING),
    on("dp4", "conf-missing", having(exists=False), WARNING),
    on("dp2", "ignored-line", line("cluster_fallback_config_export_delay: 60")),
    on("dp4", "section", line("[kong]"), WARNING),
    on("dp2", "duplicate-setting", first(f"{STORE} = s3://elsewhere/prod"), WARNING),
    on("dp4", "unknown-setting", line("cluster_fallback_config_imports = on"), WARNING),
    on("dp2", "environment-file-missing", having(environment=None)),
    on("dp4", "environment-file-mode", having(private=False), WARNING),
    on("dp2", "region-missing", variables("AWS_REGION=.*\n", "")),
    on("dp4", "credentials-missing", variables("AWS_(ACCESS|SECRET).*\n", "")),
    on("dp2", "endpoint-url", variables("$", "AWS_CONFIG_STORAGE_ENDPOINT=minio.example.com:9000\n")),
    on("dp4", "endpoint-path", variables("$", "AWS_CONFIG_STORAGE_ENDPOINT=https://minio.example.com/x\n")),
    on("dp2", "environment-override", variables("$", f"KONG_{IMPORT.upper()}=off\n")),
    on("dp4", "credentials-in-kong-conf", line("AWS_SECRET_ACCESS_KEY = example")),
    on("dp2", "gateway-refuses", saying("gateway-refuses", "The gateway refuses kong.conf: no such option.")),
    on("cp1", "export-failed", saying("export-failed", "The exporter of this gateway does not write.")),
    on("dp4", "gateway-stopped", having(running=False, ready=False, configuration_hash=None), WARNING),
    on("dp2", "gateway-not-ready", having(ready=False, message="no configuration available"), WARNING),
    on("dp4", "restart-pending", having(restart=Restart(True, "/etc/kong/kong.conf changed.")), WARNING),
    on("dp2", "configuration-differs", having(configuration_hash="ab" * 16)),
    on("dp3", "refused-by-gateway", refusing("refused-by-gateway", "The gateway does not take it.")),
    on("dp1", "denied", refusing("denied", "This node could not read it: access denied (403).")),
    Fault(without_a_plugin, (ERROR, "plugin-not-allowed", ("dp2",)), "no"),
    of_cluster("missing", lambda fleet: fleet.storage.snapshots.pop(NEXT) and None),
    of_cluster("not-json", stored(body=b"<html>", encryption="AES256")),
    of_cluster("truncated", stored(body=json.dumps(flat()).encode()[:-20])),
    of_cluster("no-routes", holding(services=2, routes=[])),
    of_cluster("below-minimum", holding(services=2, routes=1)),
    of_cluster("stale", stored(age=40 * 86400)),
    of_cluster("unencrypted", stored(encryption=None), WARNING),
    of_cluster("unreachable", stored(refusal=StoreFailed("unreachable", "The store does not answer.")), WARNING),
    of_cluster("exporters-unknown", stored(signs_refusal=StoreFailed("denied", "It may not list.")), WARNING),
    of_cluster("exporter-silent", silent_exporters, WARNING),
    of_cluster("bucket-posture", lambda fleet: fleet.posture.update(versioning="changed"), WARNING),
    of_cluster(
        "access-missing", lambda fleet: fleet.access.append(Finding("access-missing", ERROR, "It may not read."))
    ),
    of_cluster(
        "access-excess", lambda fleet: fleet.access.append(Finding("access-excess", ERROR, "It may write.")), WARNING
    ),
]
"""Every kind of fault, on nodes that try the import and on others."""

PAIRS = [
    (one, other)
    for one, other in zip(FAULTS, FAULTS[25:] + FAULTS[:25], strict=True)
    if one.expected[2] != other.expected[2]
]


def audit(*faults: Fault) -> dict[str, Any]:
    fleet = Fleet()
    for fault in faults:
        fault.plant(fleet)
    return fleet.audit()


def test_there_are_faults_and_pairs_enough() -> None:
    assert len(FAULTS) >= 40
    assert len(PAIRS) >= 30


def test_nothing_is_found_in_a_healthy_fleet() -> None:
    model = audit()
    assert found(model) == []
    assert model["would_come_up"] == "yes"
    assert {node["would_come_up"] for node in model["clusters"][0]["nodes"]} == {"yes"}


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
    severity, code, hosts = fault.expected
    model = audit(fault)
    samples = re.findall(
        r'^kong_fallback_findings\{cluster="(.*)",node="(.*)",code="(.*)",severity="(.*)"\} 1$', metrics(model), re.M
    )
    assert samples == [(STORAGE, hosts[0] if hosts else "", code, severity)]
    told = [text for text in summary(model) if text.startswith(("error", "warning"))]
    assert len(told) == 1
    assert f"{severity:<8}{code}: {hosts[0] if hosts else ''}" in told[0]
    assert re.findall(r"troubleshooting\.md#([\w-]+)", page(model)) == [code]
    cases = {
        case.get("name"): "".join(case.itertext()) for case in ElementTree.fromstring(junit(model)).iter("testcase")
    }
    telling = [name for name, text in cases.items() if f"{severity} {code}: " in text]
    assert len(telling) == 1
    assert not hosts or telling[0].endswith(f" {hosts[0]}")
