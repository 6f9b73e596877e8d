# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module reads from a node: its ``kong`` command, environment files, licence and certificate."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._disk import (
    LONGEST_ENVIRONMENT,
    read_conf_file,
    read_regular,
)
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    Installation,
    parse_installation,
    parse_version,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Document, read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import MASK, secret_values
from ansible_collections.kongops.fallback.plugins.module_utils._node.cluster_certificate import (
    certificate_expires,
    certificate_fault,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.command import run_command
from ansible_collections.kongops.fallback.plugins.module_utils._node.credentials import (
    SharedFile,
    Surroundings,
    shared_paths,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import (
    EnvironmentSource,
    Node,
    TrustedCertificate,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import read_environment
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import EnvironmentPlan
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import write_temporary

NODE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "default": "/etc/kong/kong.conf"},
    "gateway_version": {"type": "str"},
    "kong_command": {"type": "str", "default": "kong"},
    "environment_files": {"type": "list", "elements": "path", "default": []},
    "trusted_certificate": {"type": "path"},
}
"""The argument spec of the documentation fragment ``node``."""

ADMIN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "admin_url": {"type": "str"},
    "admin_headers": {"type": "dict", "default": {}, "no_log": True},
}
"""The argument spec of the documentation fragment ``node.admin``."""

_LICENCE = "/etc/kong/license.json"
_OTHERS_MAY_READ = 0o044
_HINT = "Run with --v (verbose) or --vv (debug) for more details"


def read_node(params: Mapping[str, Any]) -> Node:
    """What this host would start a gateway from, as the options of a module name it; raises InvalidInput or
    OperationFailed when it cannot be read."""
    data = read_conf_file(params["path"])
    node = Node(
        path=params["path"],
        conf=read_conf(data or b""),
        environment=environment_sources(params["environment_files"]),
        installation=installation(params["gateway_version"], params["kong_command"]),
        instance_role=params["instance_role"],
        exists=data is not None,
        trusted_certificate=trusted_certificate(params["trusted_certificate"]),
    )
    return with_surroundings(node)


def with_surroundings(node: Node) -> Node:
    """The node with what its settings and variables lead to: a licence, the shared files with credentials, and the
    certificate of the cluster."""
    return replace(
        node,
        licensed=is_licensed(node.variables),
        surroundings=surroundings(node.variables),
        certificate_fault=certificate_fault(node.gateway),
        certificate_expires=certificate_expires(node.gateway),
    )


def installation(gateway_version: str | None, kong_command: str) -> Installation:
    """The gateway of this node, as ``kong version`` says (fact 1.6); ``gateway_version`` replaces the answer if
    the command gives none.

    Raises InvalidInput for an unreadable version and for one that contradicts the command, OperationFailed if
    only the command could tell but cannot run.
    """
    if not gateway_version:
        return _answered(kong_command)
    expected = parse_version(gateway_version)
    try:
        answered = _answered(kong_command)
    except (InvalidInput, OperationFailed):
        return Installation(expected, enterprise=True)
    if answered.version != expected:
        raise InvalidInput(
            f"gateway_version is {expected}, but the gateway of this host is {answered.version}, as `{kong_command}"
            " version` says: correct gateway_version (kong_fallback_gateway_version in roles), or leave it out.",
            fact="3.1",
        )
    return answered


def _answered(kong_command: str) -> Installation:
    done = run_command([kong_command, "version"], os.environ, seconds=10)
    if done.code != 0:
        said = _last_line(done.err or done.out)
        raise OperationFailed(
            f"`{kong_command} version` failed ({said}): fix the installation, or set gateway_version"
            " (kong_fallback_gateway_version in roles)."
        )
    return parse_installation(done.out)


def service_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service that gets these variables, without those of the user who runs the module."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **variables}


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else "no output"


def trusted_certificate(path: str | None) -> TrustedCertificate | None:
    """The certificate of the storage's own authority, if the option of that name gives one (fact 2.5)."""
    return TrustedCertificate(path, os.path.exists(path)) if path else None


def is_licensed(variables: Mapping[str, str]) -> bool:
    """Whether this node shows a licence of its own (fact 4.8)."""
    return os.path.exists(_LICENCE) or any(variables.get(f"KONG_LICENSE_{kind}") for kind in ("DATA", "PATH"))


def surroundings(variables: Mapping[str, str]) -> Surroundings:
    """What decides about the credentials of a gateway that this user starts with these variables."""
    credentials, config = (_shared(path) for path in shared_paths(variables, os.path.expanduser("~")))
    return Surroundings(variables, credentials, config)


def _shared(path: str) -> SharedFile:
    data = read_regular(path) if os.path.isfile(path) else None
    return SharedFile(path, None if data is None else data.decode("utf-8", "replace"))


def environment_sources(paths: list[str]) -> tuple[EnvironmentSource, ...]:
    """The environment files of the node, in the order in which systemd would read them."""
    return tuple(_environment_source(path) for path in paths)


def planned_sources(paths: list[str], plan: EnvironmentPlan, mode: Any) -> tuple[EnvironmentSource, ...]:
    """The planned environment files: the one of the plan, which comes last unless it is among ``paths``,
    and the others as they are. ``mode`` are the permissions that its file gets."""
    own = EnvironmentSource(plan.file.path, plan.after, private=not _octal(mode) & _OTHERS_MAY_READ)
    ordered = paths if own.path in paths else [*paths, own.path]
    sources = (own if path == own.path else _environment_source(path) for path in ordered)
    return tuple(source for source in sources if source is not own or plan.file.after is not None)


def _octal(mode: Any) -> int:
    """The permissions as a number; 0 for symbolic ones, which are unknown here."""
    if isinstance(mode, int):
        return mode
    try:
        return int(str(mode), 8)
    except ValueError:
        return 0


def _environment_source(path: str) -> EnvironmentSource:
    data = read_regular(path, LONGEST_ENVIRONMENT)
    if data is None:
        return EnvironmentSource(path, None, private=True)
    return EnvironmentSource(path, read_environment(data), private=not os.stat(path).st_mode & _OTHERS_MAY_READ)


def check_configuration(module: Any, command: str, document: Document, environment: Mapping[str, str]) -> None:
    """Have the gateway check a new kong.conf before it becomes the file (fact 5.13).

    ``command`` has one ``%s`` for the file, ``environment`` is what the gateway will have. Raises InvalidInput without
    the ``%s``, OperationFailed when the gateway refuses.
    """
    if "%s" not in command:
        raise InvalidInput(
            f"validate '{command}' has no %s for the file to check: write, for example, `kong check %s`."
        )
    candidate = write_temporary(str(module.tmpdir), document.data)
    words = [word.replace("%s", candidate) for word in shlex.split(command)]
    refusal = _refusal(words, candidate, document, environment)
    os.unlink(candidate)
    if refusal is not None:
        raise OperationFailed(f"The gateway refuses the new configuration, so the file is unchanged: {refusal}")


def gateway_findings(module: Any, node: Node, is_written: bool = True) -> list[Finding]:
    """The gateway's own objection to the configuration of a node (fact 5.13), in its environment.

    The file does not exist yet unless ``is_written``. A gateway that cannot be asked is a warning.
    """
    if not (node.exists and node.conf.data):
        return []
    path = node.path if is_written else write_temporary(str(module.tmpdir), node.conf.data)
    command = [module.params["kong_command"], "check", path]
    try:
        refusal = _refusal(command, path, node.conf, node.variables)
    except OperationFailed as error:
        message = f"The gateway was not asked whether it accepts {node.path}: {error}"
        return [Finding("gateway-not-asked", WARNING, message, fact="5.13", path=node.path)]
    finally:
        if not is_written:
            os.unlink(path)
    if refusal is None:
        return []
    what = node.path if is_written else f"the new configuration of {node.path}, so nothing was written"
    message = f"The gateway refuses {what}: {refusal.rstrip('.')}."
    return [Finding("gateway-refuses", ERROR, message, fact="5.13", path=node.path)]


def _refusal(command: list[str], file: str, document: Document, environment: Mapping[str, str]) -> str | None:
    """The output of a check that refuses ``file``, without secrets; None if it accepts the file."""
    done = run_command(command, service_environment(environment))
    if done.code == 0:
        return None
    said = " ".join((done.err or done.out).replace(file, "kong.conf").split()).replace(_HINT, "")
    for secret in secret_values({**document.settings, **environment}):
        said = said.replace(secret, MASK)
    return said[:400].strip()
