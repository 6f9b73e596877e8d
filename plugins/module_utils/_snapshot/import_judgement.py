# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node's own attempt to read and import its snapshot proves.

The gateway decides what it accepts; the collection's own judgement names the place in the snapshot, and decides
when the gateway cannot: about a snapshot that is empty, or when it was not asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import (
    DENIED,
    OK,
    OUTCOME_OF,
    OUTCOMES,
    UNIMPORTABLE,
    UNREACHABLE,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3

REFUSED = "refused_by_gateway"

_OUTCOME_OF = {
    **OUTCOME_OF,
    "refused-by-gateway": REFUSED,
    "open-source-gateway": UNIMPORTABLE,
    "feature-missing": UNIMPORTABLE,
    "credentials-missing": DENIED,
    "region-missing": UNREACHABLE,
    "endpoint-url": UNREACHABLE,
}
_GRAVEST_FIRST = (*OUTCOMES[: OUTCOMES.index(UNIMPORTABLE)], REFUSED, *OUTCOMES[OUTCOMES.index(UNIMPORTABLE) :])

_OF_THE_KEY = {
    "AccessDenied": (
        "the store denies access: grant s3:GetObject and, with KMS encryption, kms:Decrypt; or there is no"
        " such snapshot, which S3 reveals only to those with s3:ListBucket: then run the playbook backup_node first"
    ),
    "InvalidAccessKeyId": "the store does not know this access key: give the node one that exists",
    "SignatureDoesNotMatch": "the secret does not belong to the access key: correct it",
    "ExpiredToken": "the session of these credentials has expired: give the node new ones",
    "InvalidToken": "the session token does not belong to these credentials: correct it, or leave it out",
    "RequestTimeTooSkewed": "the clock of this node differs too much from the store's: synchronise it",
}
_NO_OBJECT = ("NoSuchKey", "BlobNotFound")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_GOOGLE_READER = "storage.objects.get, as the role Storage Object Viewer has it"
_READ_ELSEWHERE = {
    "gcs": _GOOGLE_READER,
    "gs": _GOOGLE_READER,
    "azure": "the role Storage Blob Data Reader",
}
_ELSEWHERE = ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint")

_PARSED = "parse successful"
_REFUSES = "Failed parsing"
_AROUND_THE_WORDS = re.compile(r"Error:|Failed parsing:|Run with --v \(verbose\) or --vv \(debug\) for more details")
_MOST_WORDS = 400
_MOST_READ = 65_536
_MASK = "********"
_SPEAKABLE = {
    *("_format_version", "id", "ws_id", "name", "protocol", "protocols", "methods", "hosts", "paths"),
    *("service", "route", "consumer", "consumer_group", "upstream", "certificate"),
}
"""Fields of an entity that the gateway may repeat; never those inside ``config``."""


@dataclass(frozen=True)
class Attempt:
    """What a node tries: to read ``location`` with ``access`` (such as "the key of AWS_ACCESS_KEY_ID"), signed for
    ``region``, up to ``max_size`` bytes."""

    location: str
    gateway_version: str
    region: str
    max_size: int
    access: str = "its own access"

    @property
    def scheme(self) -> str:
        """Which service the storage is in."""
        return self.location.partition("://")[0]

    @property
    def in_s3(self) -> bool:
        """Whether that speaks S3."""
        return self.scheme == S3

    @property
    def failed(self) -> str:
        """The beginning of a sentence about a failed attempt."""
        return f"This node could not read {self.location} with {self.access}"


@dataclass(frozen=True)
class StoreAnswer:
    """What the store answered; ``code`` is its own word for an error, ``region`` is where it says that the bucket is.

    ``size`` and ``announced`` are in bytes; ``sha256`` is None if the body was not read to its end.
    """

    status: int
    code: str | None = None
    region: str | None = None
    content_type: str = ""
    size: int = 0
    announced: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Proof:
    """What is known so far; ``judged`` once the body has been judged, ``taken`` once the gateway has accepted it."""

    attempt: Attempt
    findings: tuple[Finding, ...] = ()
    credential_source: str | None = None
    sha256: str | None = None
    size: int | None = None
    configuration_hash: str | None = None
    judged: bool = False
    taken: bool = False

    @property
    def outcome(self) -> str:
        """One of the snapshot outcomes, or ``refused_by_gateway``: that of the most serious error."""
        found = {_OUTCOME_OF[finding.code] for finding in errors(self.findings)}
        return next((outcome for outcome in _GRAVEST_FIRST if outcome in found), OK)

    @property
    def message(self) -> str:
        """The outcome as one sentence."""
        decisive = [each for each in errors(self.findings) if _OUTCOME_OF[each.code] == self.outcome]
        if decisive:
            return self._with_the_place(decisive[0]) if self.judged else decisive[0].message
        gateway = f"its gateway {self.attempt.gateway_version}"
        verdict = f"{gateway} accepts it" if self.taken else f"{gateway} was not asked whether it accepts it"
        return f"This node read {self.attempt.location} with {self.attempt.access}, and {verdict}."

    def _with_the_place(self, finding: Finding) -> str:
        """A sentence about what was read; if the gateway refuses, the collection knows where to look."""
        place = next((each.pointer for each in errors(self.findings) if each.pointer), None)
        look = f" Look at {place} in the snapshot." if place else ""
        return f"This node read {self.attempt.location}, but cannot use it: {finding.message}{look}"

    def with_findings(self, *findings: Finding) -> Proof:
        """The proof with more findings."""
        return replace(self, findings=(*self.findings, *findings))

    def as_line(self) -> bytes:
        """The proof as a line of JSON, for another process."""
        return json.dumps(asdict(self)).encode() + b"\n"


def proof_of_line(line: bytes) -> Proof:
    """The proof that ``as_line`` wrote."""
    values = json.loads(line)
    findings = tuple(Finding(**finding) for finding in values.pop("findings"))
    return Proof(Attempt(**values.pop("attempt")), findings, **values)


def answer_findings(answer: StoreAnswer, attempt: Attempt) -> Iterator[Finding]:
    """What is wrong with the store's answer, before a look into the snapshot."""
    if answer.status != 200:
        yield _refusal(answer, attempt)
    elif answer.size > attempt.max_size:
        message = f"{attempt.failed}: it has more than {attempt.max_size} bytes: raise max_size if that is right."
        yield Finding("too-big", ERROR, message)
    elif answer.content_type == "text/html":
        message = (
            f"{attempt.failed}: a web page came instead, as from a captive portal or a login page: give the node"
            " direct access to the store."
        )
        yield Finding("not-json", ERROR, message)
    elif answer.announced is not None and answer.size < answer.announced:
        message = f"{attempt.failed} to its end: {answer.size} of {answer.announced} bytes arrived: try again."
        yield Finding("truncated", ERROR, message)


def _refusal(answer: StoreAnswer, attempt: Attempt) -> Finding:
    if answer.code in _NO_OBJECT or (answer.status == 404 and not attempt.in_s3 and answer.code not in _NO_BUCKET):
        message = (
            f"There is no snapshot for gateway {attempt.gateway_version}: {attempt.failed}: there is no such"
            " object (404): run the playbook backup_node first; its exporter has to have exactly this version."
        )
        return Finding("missing", ERROR, message, fact="3.1")
    if answer.code in _NO_BUCKET:
        message = f"{attempt.failed}: there is no such bucket: create it, or correct the storage."
        return Finding("missing", ERROR, message)
    if answer.status in (401, 403) and not attempt.in_s3:
        said = f" ({answer.code})" if answer.code else ""
        message = f"{attempt.failed}: the store denies it{said}: grant {_READ_ELSEWHERE[attempt.scheme]}."
        return Finding("denied", ERROR, message)
    if answer.code in _OF_THE_KEY:
        fact = "2.6" if answer.code == "AccessDenied" else "2.4"
        return Finding("denied", ERROR, f"{attempt.failed}: {_OF_THE_KEY[answer.code]}.", fact=fact)
    if answer.code in _ELSEWHERE or (answer.status in (301, 307) and answer.region):
        where = f"the region {answer.region}" if answer.region else "another region"
        message = (
            f"{attempt.failed}: the bucket is in {where}, but AWS_REGION is {attempt.region}: set it to the former."
        )
        return Finding("unreachable", ERROR, message)
    if answer.code or not attempt.in_s3:
        said = f"{answer.status} {answer.code}" if answer.code else str(answer.status)
        message = f"{attempt.failed}: the store answers {said}: try again later."
        return Finding("unreachable", ERROR, message)
    message = (
        f"{attempt.failed}: the answer is {answer.status}, but not one of S3: check AWS_CONFIG_STORAGE_ENDPOINT,"
        " and what is between the node and the store."
    )
    return Finding("unreachable", ERROR, message, fact="2.2")


def takes(exit_code: int | None, words: str) -> bool:
    """Whether ``kong config parse`` says that the gateway accepts the snapshot; success without output does not
    count."""
    return exit_code == 0 and _PARSED in words


def rejection(exit_code: int | None, words: str) -> Finding:
    """What ``kong config parse`` means when the gateway does not accept the snapshot, from its redacted output."""
    if _REFUSES in words and exit_code:
        return Finding("refused-by-gateway", ERROR, f"The gateway refuses the snapshot: {_core(words)}.", fact="3.4")
    return not_asked(_core(words) or "it said nothing")


def not_asked(why: str) -> Finding:
    """The warning that the gateway itself has not judged the snapshot."""
    message = (
        f"`kong config parse` did not judge the snapshot ({why}), so only the collection did: let kong_command run it"
        " on this node."
    )
    return Finding("gateway-not-asked", WARNING, message, fact="3.4")


def _core(words: str) -> str:
    return " ".join(_AROUND_THE_WORDS.sub(" ", words).split())[:_MOST_WORDS].rstrip(". ")


def overruled(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The collection's own findings about a snapshot that the gateway accepts: what they call unimportable
    is a warning."""
    for finding in findings:
        is_overruled = OUTCOME_OF.get(finding.code) == UNIMPORTABLE
        yield replace(finding, severity=WARNING) if is_overruled else finding


def redacted_words(words: str, secrets: Iterable[str], document: Mapping[str, Any]) -> str:
    """The gateway's output without any of the secrets, and without any value of the snapshot that may be one."""
    words = words[:_MOST_READ]
    hidden = {part for value in (*secrets, *_values(document)) for part in _spellings(value) if part in words}
    for value in sorted(hidden, key=len, reverse=True):
        whole = re.escape(value) if len(value) > 7 else rf"(?<!\w){re.escape(value)}(?!\w)"
        words = re.sub(whole, _MASK, words)
    return words


def _spellings(value: str) -> Iterator[str]:
    """The forms in which a program may repeat a value; for a string of several lines each line."""
    for line in {value, *value.splitlines()}:
        if line.strip():
            yield line
            yield json.dumps(line)[1:-1]


def _values(value: Any, speakable: bool = False, in_config: bool = False) -> Iterator[str]:
    """The strings in a configuration that the gateway's output must not repeat."""
    if isinstance(value, str):
        if not speakable:
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, speakable, in_config)
    elif isinstance(value, dict):
        for name, each in value.items():
            inside = in_config or name == "config"
            yield from _values(each, name in _SPEAKABLE and not inside, inside)
