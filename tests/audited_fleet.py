# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A healthy fleet as an audit sees it, in which a test plants faults: the collection itself judges what they change."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any
from unittest.mock import patch

from ansible_collections.kongops.fallback.plugins.module_utils._audit.judgement import Limits, judge
from ansible_collections.kongops.fallback.plugins.module_utils._audit.observed import seen_clusters
from ansible_collections.kongops.fallback.plugins.module_utils._audit.trend import TrendLine
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import Answer
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from ansible_collections.kongops.fallback.plugins.modules import (
    config_snapshot_info,
    storage_access_info,
    storage_bucket,
)
from tests.audited_host import Host
from tests.audited_storage import May, Storage, Stored
from tests.in_process import run_in_process
from tests.servers import Credentials
from tests.snapshots import flat

NOW = datetime.now(UTC).replace(microsecond=0)
"""The moment of the audit; that of the run, because modules ask the clock."""
STORAGE = "s3://kong-fallback/prod"
REPLICA = "s3://kong-replica/prod"
VERSION = "3.11.0.14"
NEXT = "3.12.0.9"
DATA_PLANES = ("dp1", "dp2", "dp3", "dp4")
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

DATA_PLANE = f"""\
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
status_listen = off
cluster_fallback_config_export = on
cluster_fallback_config_storage = {STORAGE}
"""
_ENVIRONMENT = f"""\
AWS_REGION=eu-west-1
AWS_ACCESS_KEY_ID={KEY}
AWS_SECRET_ACCESS_KEY={SECRET}
KONG_LICENSE_PATH=/etc/kong/bought.json
"""
_ALL_LISTED = Answer(200, '{"data": []}')
_OPERATOR = {
    "AWS_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
}
_ROUTES = {"routes": 2}
_MONTH = 30 * 86_400


def writes(operation: str, key: str) -> bool:
    """What the key of a backup node may do (fact 2.6)."""
    if not key.startswith("prod/"):
        return False
    return operation == "PutObject" or (operation, "/election/" in key) in (
        ("GetObject", False),
        ("ListObjectsV2", True),
    )


def reads(operation: str, key: str) -> bool:
    """What the key of a data plane may do (fact 2.6)."""
    return operation == "GetObject" and key.startswith("prod/") and key.endswith("config.json")


def drilled(days: int, seconds: float | None, **other: Any) -> TrendLine:
    """The line of a drill so many days before the audit, whose gateway needed so many seconds, or never came up."""
    content = {"gateway_version": VERSION, "size": 400, "entities": 8, "configuration_hash": "a" * 32, **other}
    taken = (NOW - timedelta(days=days)).isoformat(timespec="seconds")
    return TrendLine("drill", taken, STORAGE, "no" if seconds is None else "yes", time_to_ready=seconds, **content)


class Fleet:
    """A control plane and four data planes, two of them of the next version, one cluster, nothing wrong."""

    def __init__(self, data_planes: tuple[str, ...] = DATA_PLANES) -> None:
        self.hosts = {"cp1": Host(_CONTROL_PLANE, _ENVIRONMENT, f"Kong Enterprise {VERSION}", listed=_ALL_LISTED)}
        half = len(data_planes) // 2
        for number, name in enumerate(data_planes):
            says = f"Kong Enterprise {VERSION if number < half else NEXT}"
            self.hosts[name] = Host(DATA_PLANE, _ENVIRONMENT, says, tries=number in (0, half))
        body = json.dumps(flat(3, 5)).encode()
        snapshots = {version: Stored(body) for version in (VERSION, NEXT)}
        self.storage = Storage(parse(STORAGE), NOW, snapshots, copy.deepcopy(_features_as_asked()))
        self.may: dict[str, May] = {"write": writes, "read": reads}
        self.archive: list[Finding] = []
        self.archived: list[str] = []
        self.key_age = timedelta(days=30)
        self.trend: list[TrendLine] | None = [drilled(3, 4.2), drilled(2, 3.9)]
        self.replica: Storage | None = None
        self.failed_over = False

    def add_replica(self) -> Storage:
        """A replica that has what the storage has."""
        copies = {version: Stored(stored.body, age=600) for version, stored in self.storage.snapshots.items()}
        self.replica = Storage(parse(REPLICA), NOW, copies)
        return self.replica

    def fail_over(self) -> Storage:
        """A replica that all data planes read."""
        self.failed_over = True
        for name in self.hosts.keys() - {"cp1"}:
            self.hosts[name].set("cluster_fallback_config_storage", REPLICA)
        return self.add_replica()

    def verification(self, storage: Storage) -> dict[str, Any]:
        """What config_snapshot_info returns of the versions that run."""
        versions = sorted({host.version for host in self.hosts.values() if not host.unreachable})
        asked = {"gateway_versions": versions, "max_age": _MONTH, "minimum_entities": _ROUTES, "history": 3}
        return self._asked(config_snapshot_info, asked, storage)

    def hostvars(self) -> dict[str, dict[str, Any]]:
        """What the tasks of the audit have registered."""
        verification = self.verification(self.storage)
        hashes = {each["gateway_version"]: each["configuration_hash"] for each in verification.get("snapshots", ())}
        variables: dict[str, dict[str, Any]] = {}
        for name, host in self.hosts.items():
            answer = host.answer(hashes.get(host.version))
            variables[name] = {"kong_fallback_storage": STORAGE, "__kong_fallback_answer": answer}
            if host.tries and not host.unreachable:
                variables[name]["__kong_fallback_try"] = host.proof(REPLICA if self.failed_over else STORAGE)
        variables["cp1"] |= {
            "__kong_fallback_verification": verification,
            "__kong_fallback_stored": self._asked(config_snapshot_info, {"depth": "quick"}, self.storage),
            "__kong_fallback_bucket": self._asked(storage_bucket, {}, self.storage, check_mode=True),
            "__kong_fallback_archives": {
                "archives": [
                    {
                        "gateway_version": VERSION,
                        "findings": [each.as_dict() for each in self.archive],
                        "copies": [{"sha256": sha256} for sha256 in self.archived],
                    }
                ]
            },
            "__kong_fallback_stored_keys": {"results": [self._stored_key(access) for access in ("write", "read")]},
            "__kong_fallback_proofs_of_access": {"results": [_access(kind, may) for kind, may in self.may.items()]},
        }
        if self.replica:
            variables["cp1"]["__kong_fallback_copies"] = self.verification(self.replica)
            where = {"kong_fallback_import_from": "replica" if self.failed_over else "primary"}
            for host in variables.values():
                host.update(where, kong_fallback_replica_storage=REPLICA)
        return variables

    def _stored_key(self, access: str) -> dict[str, Any]:
        """What storage_credentials_info returns."""
        secret = {"access_key_id": KEY, "secret_access_key": SECRET, "session_token": ""}
        created = (NOW - self.key_age).isoformat(timespec="seconds")
        return {"item": access, **secret, "secret_ref": f"ssm:/kong/{access}", "created": created}

    @property
    def groups(self) -> dict[str, list[str]]:
        """The groups of the inventory."""
        return {"kong_backup_node": ["cp1"], "kong_data_plane": [name for name in self.hosts if name != "cp1"]}

    def audit(self) -> dict[str, Any]:
        """The model of the audit."""
        return judge(seen_clusters(self.groups, self.hostvars()), NOW, Limits(drill_age=90 * 86400), self.trend)

    def _asked(
        self, module: ModuleType, options: Mapping[str, Any], storage: Storage, check_mode: bool = False
    ) -> dict[str, Any]:
        """What a module returns that the controller runs with the operator's key."""
        client = storage.client()
        return run_in_process(module, {"storage": str(storage.url), **options}, lambda service, key: client, check_mode)


@cache
def _access(expect: str, may: May) -> dict[str, Any]:
    """What storage_access_info returns of a key that may do so much."""
    storage = Storage(parse(STORAGE), NOW, {})
    options = {"storage": STORAGE, "expect": expect, "access_key": KEY, "secret_key": SECRET}

    def client_for(service: str, key: Credentials | None) -> Any:
        return storage.client() if key else storage.client(may)

    with patch.dict(os.environ, _OPERATOR):
        return run_in_process(storage_access_info, options, client_for)


@cache
def _features_as_asked() -> dict[str, Any]:
    """The features of a bucket to which the playbook storage has been."""
    storage = Storage(parse(STORAGE), NOW, {})
    client = storage.client()
    options = {"storage": STORAGE, "gateway_versions": []}
    answer = run_in_process(storage_bucket, options, lambda service, key: client)
    assert not answer["failed"], answer["msg"]
    return storage.features


def warned() -> Fleet:
    """A fleet with one fault, so that an audit of it has something of everything."""
    fleet = Fleet()
    host = fleet.hosts["dp2"]
    host.environment = (host.environment or "").replace("KONG_LICENSE_PATH=/etc/kong/bought.json\n", "")
    return fleet


def found(audit: Mapping[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """The findings: severity, code, hosts."""
    return [
        (each["severity"], each["code"], tuple(each["hosts"]))
        for cluster in audit["clusters"]
        for each in cluster["findings"]
    ]
