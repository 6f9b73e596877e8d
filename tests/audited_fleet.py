# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A healthy fleet as an audit sees it, in which a test plants faults: the core itself judges what they change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.judgement import Limits, judge
from ansible_collections.kongops.fallback.plugins.module_utils._audit.observed import seen_clusters
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import Installation, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import EnvironmentSource, Node, diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import read_environment
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Health
from ansible_collections.kongops.fallback.plugins.module_utils._node.report import node_report
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import NO_RESTART, GatewayProcess, Restart
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import Attempt, Proof
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import (
    Exporter,
    Head,
    StoredObject,
    StoredText,
    StoreFailed,
    Version,
    text_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import verify_snapshot
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from tests.snapshots import flat

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STORAGE = "s3://kong-fallback/prod"
VERSION = "3.11.0.14"
NEXT = "3.12.0.9"
DATA_PLANES = ("dp1", "dp2", "dp3", "dp4")
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

_DATA_PLANE = f"""\
role = data_plane
database = off
cluster_control_plane = cp.example.com:8005
cluster_cert = /etc/kong/cluster.crt
cluster_cert_key = /etc/kong/cluster.key
cluster_fallback_config_import = on
cluster_fallback_config_storage = {STORAGE}
"""
_CONTROL_PLANE = f"""\
role = control_plane
cluster_fallback_config_export = on
cluster_fallback_config_storage = {STORAGE}
"""
_ENVIRONMENT = f"""\
AWS_REGION=eu-west-1
AWS_ACCESS_KEY_ID={KEY}
AWS_SECRET_ACCESS_KEY={SECRET}
"""
_POSTURE = ("bucket", "versioning", "encryption", "public_access", "ownership", "policy", "lifecycle")


@dataclass
class Host:
    """What stands on a node, and how its gateway runs; ``refusal`` is what it finds when it tries the import."""

    conf: str
    version: str = VERSION
    environment: str | None = _ENVIRONMENT
    private: bool = True
    exists: bool = True
    enterprise: bool = True
    licensed: bool = True
    certificate_fault: str = ""
    certificate_expires: datetime | None = NOW + timedelta(days=400)
    running: bool = True
    ready: bool | None = True
    message: str = "ready"
    configuration_hash: str | None = ""
    configuration_age: int = 7200
    restart: Restart = NO_RESTART
    said: list[Finding] = field(default_factory=list)
    unreachable: str = ""
    tries: bool = False
    refusal: list[Finding] = field(default_factory=list)

    def set(self, name: str, value: str | None) -> None:
        """Give a setting another value, or remove it."""
        lines = [line for line in self.conf.splitlines() if not line.startswith(f"{name} =")]
        self.conf = "\n".join(lines + ([] if value is None else [f"{name} = {value}"])) + "\n"

    def answer(self) -> dict[str, Any]:
        """What cluster_fallback_config_info returns."""
        if self.unreachable:
            return {"unreachable": True, "msg": self.unreachable}
        file = None if self.environment is None else read_environment(self.environment.encode())
        node = Node(
            path="/etc/kong/kong.conf",
            conf=read_conf(self.conf.encode()),
            environment=(EnvironmentSource("/etc/kong/fallback.env", file, private=self.private),),
            installation=Installation(parse_version(self.version), enterprise=self.enterprise),
            exists=self.exists,
            licensed=self.licensed,
            cache_bytes=40_960,
            certificate_fault=self.certificate_fault,
            certificate_expires=self.certificate_expires,
        )
        process = GatewayProcess(self.running, configuration_age=self.configuration_age)
        health = Health(self.ready, self.message, self.configuration_hash)
        return node_report(node, [*diagnose(node), *self.said], process, health, self.restart)

    def proof(self) -> dict[str, Any]:
        """What snapshot_import_info returns."""
        attempt = Attempt(f"{STORAGE}/{self.version}/config.json", self.version, "eu-west-1", 1 << 29)
        proof = Proof(attempt, tuple(self.refusal), "environment", judged=True, taken=not self.refusal)
        return {
            "outcome": proof.outcome,
            "message": proof.message,
            "credential_source": proof.credential_source,
            "findings": [finding.as_dict() for finding in proof.findings],
        }


@dataclass
class Stored:
    """A snapshot in the storage; ``refusal`` is why the controller cannot read it."""

    body: bytes
    age: int = 7200
    encryption: str | None = "AES256"
    signs: tuple[int, ...] = (240,)
    refusal: StoreFailed | None = None
    signs_refusal: StoreFailed | None = None


@dataclass
class Storage:
    """The storage of the fleet, behind the methods of SnapshotStore that a verification calls."""

    snapshots: dict[str, Stored]
    storage: Any = field(default_factory=lambda: parse(STORAGE))

    def _at(self, key: str) -> Stored:
        stored = self.snapshots.get(key.split("/")[1])
        if stored is None:
            raise StoreFailed("missing", f"s3://kong-fallback/{key} does not exist: check the exporter.")
        if stored.refusal:
            raise stored.refusal
        return stored

    def head(self, key: str) -> Head:
        """The headers of a snapshot."""
        stored = self._at(key)
        written = NOW - timedelta(seconds=stored.age)
        return Head("etag", len(stored.body), written, "v9", "5c6c7b9e-0d6f-4a57-9a0e-2f3f3c2c8a11", stored.encryption)

    def get(self, key: str, version_id: str | None = None) -> StoredObject:
        """A snapshot, or one version of it."""
        body = self._at(key).body
        return StoredObject(self.head(key), body, hashlib.sha256(body).hexdigest())

    def get_text(self, key: str, version_id: str | None = None) -> StoredText:
        """The same as text."""
        return text_of(self.get(key, version_id))

    def exporters(self, prefix: str) -> list[Exporter]:
        """The exporters by their election objects."""
        stored = self.snapshots[prefix.split("/")[1]]
        if stored.signs_refusal:
            raise stored.signs_refusal
        return [Exporter(f"node-{age}", NOW - timedelta(seconds=age)) for age in stored.signs]

    def versions(self, key: str, most: int) -> list[Version]:
        """The last versions of a snapshot, each a day older than the next."""
        size = len(self._at(key).body)
        return [
            Version(f"v{9 - day}", NOW - timedelta(days=day), day == 0, False, "etag", size - 40 * day)
            for day in range(min(most, 5))
        ]


class Fleet:
    """A control plane and four data planes, two of them of the next version, one cluster, nothing wrong."""

    def __init__(self, data_planes: tuple[str, ...] = DATA_PLANES) -> None:
        self.hosts = {"cp1": Host(_CONTROL_PLANE, configuration_hash=None, ready=None)}
        half = len(data_planes) // 2
        for number, name in enumerate(data_planes):
            self.hosts[name] = Host(_DATA_PLANE, VERSION if number < half else NEXT, tries=number in (0, half))
        self.storage = Storage({version: Stored(json.dumps(flat(3, 5)).encode()) for version in (VERSION, NEXT)})
        self.posture = dict.fromkeys(_POSTURE, "ok")
        self.access: list[Finding] = []
        self.listed: list[dict[str, Any]] | None = []
        self.asks_storage = True

    def verification(self) -> list[dict[str, Any]]:
        """What config_snapshot_info returns of the versions that run."""
        versions = {host.version for host in self.hosts.values() if not host.unreachable}
        demands = Demands(max_age=30 * 86400, minimum_entities={"routes": 2}, history=3)
        store: Any = self.storage
        return [verify_snapshot(store, parse_version(version), demands, NOW).as_dict() for version in sorted(versions)]

    def hostvars(self) -> dict[str, dict[str, Any]]:
        """What the tasks of the audit have registered."""
        snapshots = self.verification()
        hashes = {each["gateway_version"]: each["configuration_hash"] for each in snapshots}
        variables: dict[str, dict[str, Any]] = {}
        for name, host in self.hosts.items():
            if host.configuration_hash == "":
                host.configuration_hash = hashes.get(host.version)
            variables[name] = {"kong_fallback_storage": STORAGE, "__kong_fallback_answer": host.answer()}
            if host.tries and not host.unreachable:
                variables[name]["__kong_fallback_try"] = host.proof()
        gone = {"failed": True, "msg": "Could not connect to the endpoint URL."}
        stored = [{"gateway_version": version} for version in self.storage.snapshots]
        variables["cp1"]["__kong_fallback_answer"]["data_planes"] = self.listed
        variables["cp1"] |= {
            "__kong_fallback_verification": {"snapshots": snapshots} if self.asks_storage else gone,
            "__kong_fallback_stored": {"snapshots": stored} if self.asks_storage else gone,
            "__kong_fallback_bucket": {"posture": self.posture} if self.asks_storage else gone,
            "__kong_fallback_proofs_of_access": {
                "results": [{"findings": [finding.as_dict() for finding in self.access]}]
            },
        }
        return variables

    def audit(self) -> dict[str, Any]:
        """The model of the audit."""
        groups = {"kong_backup_node": ["cp1"], "kong_data_plane": [name for name in self.hosts if name != "cp1"]}
        return judge(seen_clusters(groups, self.hostvars()), NOW, Limits())


def warned() -> Fleet:
    """A fleet with one fault, so that an audit of it has something of everything."""
    fleet = Fleet()
    fleet.hosts["dp2"].licensed = False
    return fleet


def found(audit: Mapping[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """The findings: severity, code, hosts."""
    return [
        (each["severity"], each["code"], tuple(each["hosts"]))
        for cluster in audit["clusters"]
        for each in cluster["findings"]
    ]
