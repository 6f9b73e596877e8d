# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof on the node: read the snapshot as this node's gateway would, and ask the gateway whether it accepts it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import checks_storage_certificate
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import secret_values
from ansible_collections.kongops.fallback.plugins.module_utils._node.access_token import access_token
from ansible_collections.kongops.fallback.plugins.module_utils._node.config_parse import Question
from ansible_collections.kongops.fallback.plugins.module_utils._node.credential_sources import (
    first_credentials,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import (
    Static,
    hidden_role,
    order_of,
    store_address,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node, diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    ENDPOINT,
    access_findings,
    region_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.host import (
    NODE_ARGUMENTS,
    service_environment,
    surroundings,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.private_work import Late, work_in
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import RELEASED
from ansible_collections.kongops.fallback.plugins.module_utils._node.snapshot_download import download
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Unreadable,
    json_text,
    read_json_text,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration_hash import configuration_hash
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import (
    SNAPSHOT_OPTIONS,
    enabled_plugins,
    minimum_of,
    refuse_no_size,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import (
    Attempt,
    Proof,
    answer_findings,
    not_asked,
    overruled,
    proof_of_line,
    redacted_words,
    rejection,
    takes,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import (
    Rules,
    judge_configuration,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.cloud_request import (
    snapshot_headers,
    snapshot_url,
    token_request,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage.proxy import proxy_for
from ansible_collections.kongops.fallback.plugins.module_utils._storage.signature import signed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.transport import Way, trusting
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, StorageUrl, parse

IMPORT_ARGUMENTS: dict[str, dict[str, Any]] = {
    **NODE_ARGUMENTS,
    "storage": {"type": "str"},
    "instance_role": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 120},
    **{name: SNAPSHOT_OPTIONS[name] for name in ("minimum_entities", "max_size", "custom_collections")},
}
"""What the proof needs to know, as an argument spec."""

_WITHOUT_THE_FEATURE = ("open-source-gateway", "feature-missing")
_ENDPOINT = f"{ENDPOINT} (kong_fallback_endpoint_url in roles)"
_WITHOUT_AN_ADDRESS = ("region-missing", "endpoint-url")


@dataclass(frozen=True)
class Importer:
    """A node as its gateway would import: from ``storage``, judged by the program ``kong`` and by ``rules``;
    ``timeout`` is in seconds and covers everything, ``max_size`` in bytes."""

    node: Node
    storage: StorageUrl
    kong: str
    timeout: float
    max_size: int
    rules: Rules

    @property
    def region(self) -> str:
        """The region that requests are signed for (fact 2.1)."""
        return region_of(self.node.variables)

    @property
    def url(self) -> str:
        """The address of the snapshot: in S3 path-style, at the endpoint of the gateway's environment or at AWS (fact
        2.2)."""
        key = self.storage.key(self.node.installation.version)
        if not self.storage.is_s3:
            return snapshot_url(self.storage, key)
        server = store_address(self.node.variables, self.region)
        return f"{server}/{self.storage.bucket}/{quote(key, safe='/-_.~')}"

    @property
    def attempt(self) -> Attempt:
        """What the node tries."""
        version = self.node.installation.version
        location = self.storage.at(self.storage.key(version))
        return Attempt(location, str(version), self.region, self.max_size)

    @property
    def fact_of_access(self) -> str:
        """The fact about where the gateway takes its access from elsewhere than in S3."""
        return "2.8" if self.storage.is_google else "2.9"

    def way_to(self, url: str) -> Way:
        """How the gateway reaches an address: its proxy, and the authorities that it trusts (facts 2.5, 2.11).

        Raises InvalidInput when a variable or a setting of it makes no sense.
        """
        version = self.node.installation.version
        authorities = self.node.gateway.value("lua_ssl_trusted_certificate") or "system"
        trust = trusting([name.strip() for name in authorities.split(",")], checks_storage_certificate(version))
        # That a gateway takes its proxy to Google and Azure too is not known.
        return Way(proxy_for(url, self.node.variables, version) if self.storage.is_s3 else None, trust)


def importer_of(node: Node, params: Mapping[str, Any]) -> Importer:
    """The node as it would import, from the values of IMPORT_ARGUMENTS; raises InvalidInput when they make no sense."""
    refuse_no_size(params)
    rules = Rules(
        node.installation.version,
        allowed_plugins=enabled_plugins(node.gateway.value("plugins")),
        minimum_entities=minimum_of(params["minimum_entities"]),
        custom_collections=frozenset(params["custom_collections"]),
    )
    storage = storage_of(node, params["storage"])
    return Importer(node, storage, params["kong_command"], params["timeout"], params["max_size"], rules)


def storage_of(node: Node, storage: str | None) -> StorageUrl:
    """The requested storage, or else the one that the gateway would use.

    Raises InvalidInput when there is none.
    """
    text = storage or node.gateway.value(RELEASED.storage)
    if not text:
        raise InvalidInput(f"{node.path} sets no {RELEASED.storage}: set the node up first, or give storage.")
    return parse(text)


def prove(importer: Importer, parent: str, spent: float = 0.0) -> Proof:
    """Read the snapshot and have the gateway judge it, in a folder below ``parent`` that is gone afterwards; ``spent``
    are the seconds of the timeout that have passed.

    A bad snapshot, node or store is a report; raises OperationFailed when the proof itself breaks off.
    """
    proof = Proof(importer.attempt, tuple(_obstacles(importer)))
    if errors(proof.findings):
        return proof
    folder = os.path.join(parent, f"kong-import-{uuid.uuid4().hex[:12]}")
    try:
        seconds = max(0.0, importer.timeout - spent)
        lines = work_in(folder, seconds, lambda: (each.as_line() for each in _course(importer, proof, folder)))
    except Late as late:
        return _broken_off(_last(late.so_far, proof), importer.timeout)
    return _last(lines, proof)


def _last(lines: bytes, before: Proof) -> Proof:
    """The last complete proof."""
    whole = lines[: lines.rfind(b"\n") + 1].splitlines()
    return proof_of_line(whole[-1]) if whole else before


def _broken_off(proof: Proof, timeout: float) -> Proof:
    if proof.judged:
        return proof.with_findings(not_asked(f"it did not finish within the timeout of {timeout:g} seconds"))
    what = f"{proof.attempt.failed}" if proof.sha256 is None else f"This node could not judge {proof.attempt.location}"
    message = f"{what} within the timeout of {timeout:g} seconds: find out what blocks it, or raise the timeout."
    return proof.with_findings(Finding("unreachable", ERROR, message))


def _obstacles(importer: Importer) -> Iterator[Finding]:
    """Why the gateway would not even try."""
    node = importer.node
    yield from (finding for finding in diagnose(node) if finding.code in _WITHOUT_THE_FEATURE)
    for finding in access_findings(node.variables, True, importer.storage.scheme):
        if finding.code in _WITHOUT_AN_ADDRESS:
            yield finding


def _course(importer: Importer, proof: Proof, folder: str) -> Iterator[Proof]:
    """What is known after each step; the last one has everything."""
    file = os.path.join(folder, "config.json")
    yield from (_course_in_s3 if importer.storage.is_s3 else _course_elsewhere)(importer, proof, file)


def _course_elsewhere(importer: Importer, proof: Proof, file: str) -> Iterator[Proof]:
    """The same in Google Cloud Storage and in Azure, with an access token in place of a key (facts 2.8 to 2.10)."""
    try:
        request = token_request(importer.storage, importer.node.variables, int(time.time()))
    except InvalidInput as error:
        message = f"{proof.attempt.failed}: {error.reason}"
        yield proof.with_findings(Finding("credentials-missing", ERROR, message, fact=error.fact))
        return
    attempt = replace(proof.attempt, access=request.where)
    proof = replace(proof, attempt=attempt, credential_source=request.source)
    yield proof
    try:
        token = access_token(request, importer.way_to)
    except (InvalidInput, OperationFailed) as error:
        cause = getattr(error, "reason", str(error)).rstrip(".")
        message = f"{attempt.failed}, which gives no access token: {cause}: check it, and the way to its login."
        yield proof.with_findings(Finding("credentials-missing", ERROR, message, fact=importer.fact_of_access))
        return
    yield from _read_and_judged(importer, proof, snapshot_headers(importer.storage, token), file)


def _course_in_s3(importer: Importer, proof: Proof, file: str) -> Iterator[Proof]:
    variables = importer.node.variables
    order = order_of(surroundings(variables), importer.region, importer.node.installation.version)
    found = first_credentials(order, importer.way_to)
    source = found.candidate.source if found.candidate else None
    hidden = hidden_role(order, source, variables, importer.node.instance_role)
    proof = replace(proof.with_findings(*order.findings, *found.findings, *hidden), credential_source=source)
    if not found.candidate or not found.credentials:
        message = (
            f"{proof.attempt.failed}: the gateway finds no credentials: put a key into its environment"
            " file, or give the host a role."
        )
        yield proof.with_findings(Finding("credentials-missing", ERROR, message, fact="2.4"))
        return
    of_a_key = isinstance(found.candidate, Static)
    access = f"the key of {found.candidate.where}" if of_a_key else found.candidate.where
    proof = replace(proof, attempt=replace(proof.attempt, access=access))
    if not (found.credentials.access_key_id and found.credentials.secret_access_key):
        message = f"{proof.attempt.failed}: one half of the key is missing or empty: set both, or remove it."
        yield proof.with_findings(Finding("credentials-missing", ERROR, message, fact="2.4"))
        return
    yield proof
    try:
        headers = signed(importer.url, found.credentials, importer.region, S3, datetime.now(timezone.utc))
    except InvalidInput as error:
        yield proof.with_findings(_unreachable(proof, error))
        return
    yield from _read_and_judged(importer, proof, headers, file)


def _unreachable(proof: Proof, error: Exception) -> Finding:
    cause = getattr(error, "reason", str(error)).rstrip(".")
    return Finding("unreachable", ERROR, f"{proof.attempt.failed}: {cause}.", fact=getattr(error, "fact", None))


def _read_and_judged(importer: Importer, proof: Proof, headers: Mapping[str, str], file: str) -> Iterator[Proof]:
    named_by = _ENDPOINT if importer.storage.is_s3 and importer.node.variables.get(ENDPOINT) else ""
    try:
        way = replace(importer.way_to(importer.url), named_by=named_by)
        answer = download(importer.url, headers, way, file, importer.max_size)
    except (InvalidInput, OperationFailed) as error:
        yield proof.with_findings(_unreachable(proof, error))
        return
    size = answer.size if answer.status == 200 else None
    proof = replace(proof, sha256=answer.sha256, size=size).with_findings(*answer_findings(answer, proof.attempt))
    yield proof
    if not errors(proof.findings):
        yield from _judged(importer, proof, file)


def _judged(importer: Importer, proof: Proof, file: str) -> Iterator[Proof]:
    """The judgement of the collection, made while the gateway makes its own."""
    node, folder = importer.node, os.path.dirname(file)
    question = Question(importer.kong, node.path if node.exists else None, _environment(node, folder), file)
    try:
        configuration = read_json_text([json_text(read_regular(file, importer.max_size) or b"")])
        hash_of_all = configuration_hash(configuration.document)
    except Unreadable as error:
        yield replace(proof.with_findings(error.finding), judged=True)
        return
    own = judge_configuration(configuration, importer.rules).findings
    proof = replace(proof, configuration_hash=hash_of_all, judged=True)
    yield proof.with_findings(*own)
    spoken = question.answer()
    if takes(spoken.exit_code, spoken.words):
        yield replace(proof, taken=True).with_findings(*overruled(own))
        return
    settings = {name: setting.value for name, setting in node.gateway.settings.items()}
    secrets = secret_values({**node.variables, **settings})
    words = redacted_words(spoken.words.replace(file, "the snapshot"), secrets, configuration.document)
    yield proof.with_findings(rejection(spoken.exit_code, words), *own)


def _environment(node: Node, folder: str) -> dict[str, str]:
    """The environment of the service, with a prefix of its own: in the prefix of a running gateway ``kong
    config`` uses the settings that it started with, not those of its files."""
    return {**service_environment(node.variables), "TMPDIR": folder, "KONG_PREFIX": folder}
