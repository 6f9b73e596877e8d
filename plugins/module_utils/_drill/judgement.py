# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outage drill: how to start a second gateway, when not to, and what the result proves."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding, errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import MASK, secret_values
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node, diagnose
from ansible_collections.kongops.fallback.plugins.module_utils._node.health import EMPTY_HASH, Answer, Health
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import RELEASED, imports
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.uploader import is_published_by_hand

LOOPBACK = "127.0.0.1"
CACHE = "dbless.lmdb"
"""The folder of the cache below the prefix of the second gateway (fact 4.1)."""

_ABOUT_THE_HOST = {"drill-on-proxying-host", "drill-plugin-servers"}
"""Reasons not to start a second gateway, although it might come up."""

_APPLIED = "[fallback config] fallback config applied"
_FETCH_FAILED = re.compile(r"\[fallback config\] failed to fetch config[^:\n]*:? *(?P<reason>[^\n]*)")
_PATH = re.compile(r"/[!-~]*")
_HOST = re.compile(r"[A-Za-z0-9_.:-]*")
_NO_ROUTE = "no Route matched"
_CONTEXT = re.compile(r", context: ngx\.timer.*$")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_LOGGED_ERROR = re.compile(r"\[(?:error|crit|alert|emerg)\] (?:\d+#\d+: )?(?P<text>[^\n]*)")


@dataclass(frozen=True)
class Ports:
    """The ports of the second gateway on the loopback address: two to listen on, and one where nothing answers."""

    proxy: int
    status: int
    closed: int


@dataclass(frozen=True)
class Request:
    """A request that has to be served; ``status`` is the one that counts as served (None: any from a route)."""

    path: str = "/"
    host: str | None = None
    method: str = "GET"
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.host or ''}{self.path}"


@dataclass(frozen=True)
class Course:
    """The state of the second gateway ``seconds`` after its start.

    ``exit_code`` is None while it runs; ``said`` is what the ``kong`` command printed, ``log`` the error.log;
    ``had_cache`` says that it started with a copy of the host's own cache.
    """

    seconds: float
    exit_code: int | None
    said: str
    log: str
    health: Health
    had_cache: bool = False

    @property
    def is_over(self) -> bool:
        """Whether waiting longer changes nothing: it is ready, has ended, or its one attempt to import failed (fact
        4.1)."""
        return bool(self.health.ready or self.exit_code or _FETCH_FAILED.search(self.log))


@dataclass(frozen=True)
class Outcome:
    """The findings of a drill; ``running`` is the gateway of the host, None if none runs, ``answer`` that to
    ``request``, ``uploader`` who wrote the snapshot, None if that is not known."""

    findings: tuple[Finding, ...]
    course: Course | None = None
    running: Health | None = None
    request: Request | None = None
    answer: Answer | None = None
    uploader: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The outcome as the module returns it."""
        course = self.course if self.course and self.course.health.ready else None
        return {
            "time_to_ready": course.seconds if course else None,
            "configuration_hash": course.health.configuration_hash if course else None,
            "running_configuration_hash": self.running.configuration_hash if self.running else None,
            "route": str(self.request) if self.request else None,
            "status": self.answer.status or None if self.answer else None,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def request_of(route: Mapping[str, Any]) -> Request:
    """The request that an operator or a snapshot names; raises InvalidInput when it cannot be sent."""
    if not _PATH.fullmatch(route["path"]) or not _HOST.fullmatch(route["host"] or ""):
        raise InvalidInput(
            "route has a path or host that a request cannot have: give a path such as /status, and a host without"
            " scheme."
        )
    return Request(route["path"], route["host"] or None, route["method"], route["status"])


def overrides(prefix: str, ports: Ports, node_id: str) -> dict[str, str]:
    """The environment that makes a gateway of the host's own kong.conf a new one that finds no control plane (fact
    5.11).

    It shares nothing with the gateway that runs: no folder, no address, no log, and it never writes to the storage. It
    stays in the foreground, so that the drill can control and stop it.
    """
    nowhere = f"{LOOPBACK}:{ports.closed}"
    settings = {
        "prefix": prefix,
        "node_id": node_id,
        "nginx_daemon": "off",
        "nginx_worker_processes": "1",
        "nginx_main_worker_processes": "1",
        "proxy_listen": f"{LOOPBACK}:{ports.proxy}",
        "status_listen": f"{LOOPBACK}:{ports.status}",
        **dict.fromkeys(_OTHER_LISTENERS, "off"),
        "cluster_control_plane": nowhere,
        "cluster_telemetry_endpoint": nowhere,
        "cluster_use_proxy": "off",
        RELEASED.switch: "on",
        RELEASED.export: "off",
        "lmdb_environment_path": CACHE,
        "log_level": "notice",
        **dict.fromkeys(_ACCESS_LOGS, "off"),
        **dict.fromkeys(_ERROR_LOGS, "logs/error.log"),
        "anonymous_reports": "off",
    }
    return {f"KONG_{name.upper()}": value for name, value in settings.items()}


_OTHER_LISTENERS = (
    "admin_listen",
    "admin_gui_listen",
    "stream_listen",
    "debug_listen",
    "portal_api_listen",
    "portal_gui_listen",
)
_ACCESS_LOGS = ("proxy_access_log", "proxy_stream_access_log", "status_access_log", "admin_access_log")
_ERROR_LOGS = ("proxy_error_log", "proxy_stream_error_log", "status_error_log", "admin_error_log")


def tells_nothing(findings: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a drill was refused only because of what else runs on the host; ``findings`` are
    as ``outage_drill`` returns them."""
    codes = {each["code"] for each in findings if each["severity"] == ERROR}
    return bool(codes) and codes <= _ABOUT_THE_HOST


def refusals(node: Node, is_running: bool, allow_proxying: bool) -> tuple[Finding, ...]:
    """Every reason not to start a second gateway on this host."""
    beside = _beside_the_running_one(node, allow_proxying) if is_running else ()
    return (*errors(diagnose(node)), *_import_off(node), *beside)


def _import_off(node: Node) -> Iterator[Finding]:
    if not imports(node.gateway):
        message = (
            f"{RELEASED.switch} is not on here, so a new gateway with this kong.conf would never read the snapshot:"
            " drill"
            " on a data plane that imports."
        )
        yield Finding("drill-import-off", ERROR, message, setting=RELEASED.switch, fact="4.1")


def _beside_the_running_one(node: Node, allow_proxying: bool) -> Iterator[Finding]:
    if node.gateway.value("proxy_listen") != "off" and not allow_proxying:
        message = (
            "The gateway of this host runs and proxies, and a second one would compete with it for memory and CPU time:"
            " drill on a canary host, or set kong_fallback_drill_on_proxying_host (allow_proxying)."
        )
        yield Finding("drill-on-proxying-host", ERROR, message, setting="proxy_listen", fact="1.7")
    if node.gateway.value("pluginserver_names"):
        message = (
            "The gateway of this host runs external plugin servers (pluginserver_names), whose sockets a second one"
            " would take away: drill on a host where the gateway is stopped."
        )
        yield Finding("drill-plugin-servers", ERROR, message, setting="pluginserver_names", fact="5.10")


def judge_drill(node: Node, timeout: int, outcome: Outcome) -> tuple[Finding, ...]:
    """Why a new data plane would not serve what it should; ``timeout`` is how long the second gateway was given."""
    course = outcome.course
    if course is None:
        return ()
    secrets = sorted(secret_values({**node.conf.settings, **node.variables}), key=len, reverse=True)
    checks = (
        _start(node, timeout, course, secrets),
        _source(node, course),
        _configuration(course, outcome.running, outcome.uploader),
        _answer(outcome),
    )
    return tuple(finding for check in checks for finding in check)


def _start(node: Node, timeout: int, course: Course, secrets: Sequence[str]) -> Iterator[Finding]:
    failed = _FETCH_FAILED.search(course.log)
    if course.health.ready:
        return
    if course.exit_code:
        yield _not_started(_words(course.said or course.log, secrets))
    elif failed:
        # The gateway may quote a value of the configuration, which contains credentials (fact 3.5).
        yield _not_imported(_QUOTED.sub(MASK, _words(_CONTEXT.sub("", failed.group("reason")), secrets)), node)
    elif _APPLIED in course.log and course.health.configuration_hash in (None, EMPTY_HASH):
        message = "The second gateway imported the snapshot and has nothing to serve: the snapshot is empty."
        yield Finding("drill-empty", ERROR, message, fact="3.6")
    else:
        logged = _LOGGED_ERROR.findall(course.log)
        words = _QUOTED.sub(MASK, _words(logged[-1] if logged else course.health.message, secrets))
        message = f"The second gateway was not ready within {timeout} seconds; its last log line: {words}"
        yield Finding("drill-not-ready", ERROR, message, fact="4.6")


def _not_started(words: str) -> Finding:
    if "vault://" in words:
        message = (
            "The second gateway does not start, because it cannot resolve a vault reference; a snapshot"
            f" does not help then: {words}"
        )
        return Finding("drill-vault-reference", ERROR, message, fact="4.5")
    message = f"The second gateway does not start; a snapshot does not help then: {words}"
    return Finding("drill-start", ERROR, message, fact="4.5")


def _not_imported(words: str, node: Node) -> Finding:
    cause = re.sub(r"[^a-z0-9]", "", words.lower())
    known = (finding for signs, finding in _CAUSES.items() if any(sign in cause for sign in signs))
    finding = next(known, _UNKNOWN_CAUSE)
    storage = node.gateway.value(RELEASED.storage)
    message = finding.message.format(version=node.installation.version, storage=storage)
    return replace(finding, message=f"{message} It logged: {words}", setting=RELEASED.storage)


_CAUSES = {
    ("nosuchkey", "notfound", "404"): Finding(
        "drill-missing",
        ERROR,
        "There is no snapshot for gateway {version} in {storage}: nothing has been exported yet, or the exporter runs"
        " a different version, even if only a different patch.",
        fact="3.1",
    ),
    ("invalidaccesskey", "signaturedoesnotmatch", "invalidtoken", "expiredtoken"): Finding(
        "drill-wrong-key",
        ERROR,
        "The storage does not accept the key in the environment file: run the role of"
        " this node, which writes the current key.",
        fact="2.1",
    ),
    ("accessdenied", "forbidden", "403"): Finding(
        "drill-denied",
        ERROR,
        "The storage denies the key of this host access to the snapshot for gateway {version} in {storage}, or hides"
        " that there is none.",
        fact="2.6",
    ),
}
"""The causes that the words of a store tell, by their signs."""
_UNKNOWN_CAUSE = Finding(
    "drill-not-imported",
    ERROR,
    "The second gateway cannot import the snapshot for {version} in {storage}, and a gateway does not try twice.",
    fact="4.1",
)


def _source(node: Node, course: Course) -> Iterator[Finding]:
    """With an empty cache and no control plane a configuration can only come from the snapshot."""
    if course.health.ready and course.had_cache and _APPLIED not in course.log:
        cache = posixpath.join(node.gateway.value("prefix"), node.gateway.value("lmdb_environment_path"))
        message = (
            "The second gateway came up from the cache of this host, not from the snapshot, and the cache may be"
            " outdated:"
            f" start the gateway of this host while the control plane is up, or remove {cache}."
        )
        yield Finding("drill-stale-cache", ERROR, message, setting="lmdb_environment_path", fact="4.1")


def _configuration(course: Course, running: Health | None, uploader: str | None) -> Iterator[Finding]:
    if running is None or not course.health.ready:
        return
    if running.configuration_hash is None:
        message = (
            "The gateway of this host does not report what it serves, so the drill cannot compare it"
            " with the snapshot: set status_listen."
        )
        yield Finding("drill-not-compared", WARNING, message, setting="status_listen", fact="4.7")
    elif running.configuration_hash != course.health.configuration_hash and is_published_by_hand(uploader):
        message = (
            "The snapshot was published by hand, and its text gives a different hash even for the same"
            " configuration: to compare it with the running gateway, drill again after the exporter's next export."
        )
        yield Finding("drill-not-compared", WARNING, message, fact="3.11")
    elif running.configuration_hash != course.health.configuration_hash:
        message = (
            "The gateway of this host serves a different configuration from the snapshot: it runs on a stale cache,"
            " or the last change has not been exported yet; drill again after the exporter's delay, then compare the"
            " two."
        )
        yield Finding("drill-other-configuration", ERROR, message, fact="3.7")


def _answer(outcome: Outcome) -> Iterator[Finding]:
    if outcome.request and outcome.answer:
        reason = unserved(outcome.request, outcome.answer)
        if reason:
            message = f"The second gateway is ready, but does not serve {outcome.request}: {reason}."
            yield Finding("drill-route", ERROR, message, fact="4.6")


def unserved(request: Request, answer: Answer) -> str | None:
    """Why an answer does not count as served, or None."""
    if answer.status == 0:
        return f"there is no answer ({answer.body})"
    if answer.status == 404 and _NO_ROUTE in answer.body:
        return "no route of the snapshot matches"
    if request.status not in (None, answer.status):
        return f"the answer is {answer.status}, not {request.status}"
    if request.status is None and answer.status >= 500:
        return f"the answer is {answer.status}; name one that answers with kong_fallback_drill_path"
    return None


def _words(text: str, secrets: Sequence[str]) -> str:
    """The gateway's words on one line, without secrets and without its advice on verbosity."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    lines = [line for line in text.splitlines() if line.strip() and "Run with --v" not in line]
    return " ".join(" ".join(lines[-5:]).split())[:400] or "none"


def drill_forecast(version: GatewayVersion, request: Request | None) -> str:
    """What a drill would do, for check mode."""
    served = f", ask it for {request}" if request else ""
    return f"Would start a second gateway {version} that finds no control plane{served}, and remove it."
