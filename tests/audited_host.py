# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of a fleet that is audited: the texts of its files, what its gateway answers and logs, and what the store
answers it. What an audit learns from them, the collection itself reads and judges."""

from __future__ import annotations

import copy
import json
import os
import shlex
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import secret_values
from ansible_collections.kongops.fallback.plugins.module_utils._node.data_planes import data_planes_of_answer
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node, diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import read_environment
from ansible_collections.kongops.fallback.plugins.module_utils._node.exporter import export_findings
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import (
    NOT_RUNNING,
    UNKNOWN,
    Answer,
    health_of_answers,
    status_url,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import gateway_findings, read_node
from ansible_collections.kongops.fallback.plugins.module_utils._node.report import node_report
from ansible_collections.kongops.fallback.plugins.module_utils._node.restart import GatewayProcess, restart_for
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import exports
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import (
    Attempt,
    Proof,
    StoreAnswer,
    answer_findings,
    redacted_words,
    rejection,
    takes,
)
from tests.certificates import Pair, cluster_certificate

ETC = "/etc/kong"
"""Where the files of every host stand, as its texts and its findings say; a test has them somewhere else."""

TAKES = (0, "parse successful, beginning import")
"""How `kong config parse` ends, and what it says, if the gateway takes a snapshot."""

_HASH_OF_SNAPSHOT = "the hash of the snapshot"
SERVING = Answer(200, json.dumps({"configuration_hash": _HASH_OF_SNAPSHOT}))
READY = Answer(200, '{"message": "ready"}')
FOUND = StoreAnswer(200)


@dataclass
class Host:
    """The texts of its files, a missing one is None; how its gateway runs, and what it says of itself.

    ``says`` is the output of `kong version`, ``refuses`` that of a `kong check` which fails, ``parses`` how `kong
    config parse` ends, and ``store`` what the store answers the node; those two count only if it ``tries`` the import.
    ``status`` and ``ready`` are the answers of its status listener. ``changed`` are the files that are younger than the
    process. ``listed`` is what its Admin API answers, None if nothing asks it.
    """

    conf: str | None
    environment: str | None
    says: str
    refuses: str = ""
    mode: int = 0o600
    certificate: Pair = field(default_factory=lambda: cluster_certificate(400))
    running: bool = True
    status: Answer = SERVING
    ready: Answer = READY
    configuration_age: int = 7200
    changed: tuple[str, ...] = ()
    log: str = ""
    listed: Answer | None = None
    unreachable: str = ""
    tries: bool = False
    store: StoreAnswer = FOUND
    parses: tuple[int, str] = TAKES

    def set(self, name: str, value: str | None) -> None:
        """Give a setting another value, or remove it."""
        lines = [line for line in (self.conf or "").splitlines() if not line.startswith(f"{name} =")]
        self.conf = "\n".join(lines + ([] if value is None else [f"{name} = {value}"])) + "\n"

    @property
    def version(self) -> str:
        """The gateway version that it says it has, as a snapshot has it in its key."""
        number = self.says.split()[-1]
        return number if number.count(".") == 3 else f"{number}.0"

    def answer(self, snapshot_hash: str | None) -> dict[str, Any]:
        """What cluster_fallback_config_info returns; its gateway serves the snapshot unless it says otherwise."""
        if self.unreachable:
            return {"unreachable": True, "msg": self.unreachable}
        body = self.status.body.replace(_HASH_OF_SNAPSHOT, snapshot_hash or "")
        return copy.deepcopy(_look(_Frozen(replace(self, status=replace(self.status, body=body)))))

    def proof(self, storage: str) -> dict[str, Any]:
        """What snapshot_import_info returns."""
        attempt = Attempt(f"{storage}/{self.version}/config.json", self.version, "eu-west-1", 1 << 29)
        proof = Proof(attempt, tuple(answer_findings(self.store, attempt)), "environment")
        if not proof.findings:
            code, said = self.parses
            words = redacted_words(said, secret_values(read_environment((self.environment or "").encode()).values), {})
            taken = takes(code, words)
            proof = replace(proof, judged=True, taken=taken, findings=() if taken else (rejection(code, words),))
        return {
            "outcome": proof.outcome,
            "message": proof.message,
            "credential_source": proof.credential_source,
            "findings": [finding.as_dict() for finding in proof.findings],
        }


class _Frozen:
    """A host as a key: those with the same state are the same."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.state = repr(host)

    def __hash__(self) -> int:
        return hash(self.state)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self.state == other.state


@cache
def _look(frozen: _Frozen) -> dict[str, Any]:
    """The report on a host whose files are somewhere else for a moment."""
    host = frozen.host
    with tempfile.TemporaryDirectory() as name, patch.dict(os.environ, {"HOME": name}):
        folder = Path(name)
        _write(host, folder)
        options = {
            "path": f"{folder}/kong.conf",
            "environment_files": [f"{folder}/fallback.env"],
            "gateway_version": None,
            "kong_command": f"{folder}/kong",
            "instance_role": False,
            "trusted_certificate": None,
        }
        report = _report(host, SimpleNamespace(params=options, tmpdir=name))
        seen: dict[str, Any] = json.loads(json.dumps(report).replace(name, ETC))
        return seen


def _write(host: Host, folder: Path) -> None:
    for file, text in (("kong.conf", host.conf), ("fallback.env", host.environment)):
        if text is not None:
            (folder / file).write_bytes(text.replace(ETC, str(folder)).encode("utf-8", "surrogateescape"))
            (folder / file).chmod(host.mode)
    host.certificate.write(folder)
    check = f"printf %s {shlex.quote(host.refuses)} >&2; exit 1" if host.refuses else "exit 0"
    program = f"#!/bin/sh\ncase $1 in\nversion) printf %s {shlex.quote(host.says)};;\ncheck) {check};;\nesac\n"
    (folder / "kong").write_text(program)
    (folder / "kong").chmod(0o700)


def _report(host: Host, module: Any) -> dict[str, Any]:
    """What the module makes of the files, with a process and a status listener that are not there."""
    node: Node = read_node(module.params)
    process = GatewayProcess(host.running, older_than=host.changed, configuration_age=host.configuration_age)
    health = NOT_RUNNING
    if host.running:
        listens = status_url(node.gateway.value("status_listen")) is not None
        health = health_of_answers(host.status, host.ready) if listens else UNKNOWN
    findings = [*diagnose(replace(node, cache_bytes=40_960)), *gateway_findings(module, node)]
    if exports(node.gateway):
        secrets = secret_values(
            {**{name: each.value for name, each in node.gateway.settings.items()}, **node.variables}
        )
        findings += export_findings(host.log, lambda pid: True, "/usr/local/kong/logs/error.log", secrets)
    report = node_report(node, findings, process, health, restart_for(process))
    return {**report, "data_planes": data_planes_of_answer(host.listed) if host.listed else None}
