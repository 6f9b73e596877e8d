# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node itself: its files and its ``kong`` command, behind an AnsibleModule."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    Installation,
    parse_installation,
    parse_version,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Document
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import read as read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import MASK, secrets
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import (
    EnvironmentSource,
    Node,
    TrustedCertificate,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.effective import Effective
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import read as read_environment
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import ALL_NAMES

ARGUMENTS = {
    "path": {"type": "path", "default": "/etc/kong/kong.conf"},
    "gateway_version": {"type": "str"},
    "kong_command": {"type": "str", "default": "kong"},
    "environment_files": {"type": "list", "elements": "path", "default": []},
    "trusted_certificate": {"type": "path"},
}
"""The argument spec of the documentation fragment ``node``."""

_LICENCE = "/etc/kong/license.json"
_OTHERS_MAY_READ = 0o044


def read_node(module: Any) -> Node:
    """What this host would start a gateway from, as the options of the module name it; raises InvalidInput or
    OperationFailed when it cannot be read."""
    params = module.params
    data = read_file(params["path"])
    node = Node(
        path=params["path"],
        conf=read_conf(data or b""),
        environment=environment_sources(params["environment_files"]),
        installation=installation(module, params["gateway_version"], params["kong_command"]),
        instance_role=params["instance_role"],
        exists=data is not None,
        trusted_certificate=trusted_certificate(params["trusted_certificate"]),
    )
    return replace(node, licensed=is_licensed(node.variables))


def installation(module: Any, gateway_version: str | None, kong_command: str) -> Installation:
    """The gateway of this node: as ``gateway_version`` says, else as ``kong version`` says (fact 1.6).

    Raises InvalidInput for an unreadable version, OperationFailed when the command cannot be run.
    """
    if gateway_version:
        return Installation(parse_version(gateway_version), enterprise=True)
    code, out, err = run(module, [kong_command, "version"])
    if code != 0:
        raise OperationFailed(
            f"`{kong_command} version` failed ({_last_line(err or out)}): mend the installation, or set"
            " gateway_version."
        )
    return parse_installation(out)


def run(module: Any, command: list[str], environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run a command of the gateway; raises OperationFailed when there is no such program."""
    try:
        code, out, err = module.run_command(command, environ_update=dict(environment or {}), handle_exceptions=False)
    except OSError as error:
        raise OperationFailed(
            f"Cannot run {command[0]} ({error.strerror}): install it, or correct the option that names it."
        ) from None
    return code, out, err


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else "no output"


def read_file(path: str) -> bytes | None:
    """The content of a file, None when it does not exist; raises OperationFailed when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperationFailed(
            f"Cannot read {path} ({error.strerror}): give the path of a file that this user may read."
        ) from None


def trusted_certificate(path: str | None) -> TrustedCertificate | None:
    """The certificate of the storage's own authority, where the option of that name gives one (fact 2.5)."""
    return TrustedCertificate(path, os.path.exists(path)) if path else None


def is_licensed(variables: Mapping[str, str]) -> bool:
    """Whether a licence of this node's own can be seen (fact 4.8)."""
    return os.path.exists(_LICENCE) or any(variables.get(f"KONG_LICENSE_{kind}") for kind in ("DATA", "PATH"))


def environment_sources(paths: list[str]) -> tuple[EnvironmentSource, ...]:
    """The environment files of the node, in the order in which systemd would read them."""
    return tuple(_environment_source(path) for path in paths)


def _environment_source(path: str) -> EnvironmentSource:
    data = read_file(path)
    if data is None:
        return EnvironmentSource(path, None, private=True)
    return EnvironmentSource(path, read_environment(data), private=not os.stat(path).st_mode & _OTHERS_MAY_READ)


def check_configuration(module: Any, validate: str, document: Document, environment: Mapping[str, str]) -> None:
    """Hold a new kong.conf against the gateway's own check before it becomes the file (fact 5.13).

    ``validate`` is a command with one ``%s``. Raises InvalidInput without it, OperationFailed when the gateway refuses.
    """
    if "%s" not in validate:
        raise InvalidInput(f"validate '{validate}' has no %s for the file to check: write for example `kong check %s`.")
    candidate = _write_temporary(module, document.data)
    code, out, err = run(module, [word.replace("%s", candidate) for word in shlex.split(validate)], environment)
    os.unlink(candidate)
    if code != 0:
        said = " ".join((err or out).replace(candidate, "the new kong.conf").split())
        for secret in secrets({**document.settings, **environment}):
            said = said.replace(secret, MASK)
        raise OperationFailed(f"The gateway refuses the new configuration, and the file stays as it was: {said[:400]}")


def bring_file(
    module: Any,
    path: str,
    before: bytes,
    after: bytes,
    redacted: tuple[str, str],
    backup: bool = False,
    attributes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Bring a file to the content ``after`` with its attributes, or in check mode only say what would change.

    ``redacted`` holds both contents as a diff may show them; ``attributes`` replace those that the options ask for.
    Returns ``changed``, ``diff`` and, where one was made, ``backup_file``.
    """
    content = {"before": redacted[0], "after": redacted[1], "before_header": path, "after_header": path}
    mode = {"before_header": f"{path} (file attributes)", "after_header": f"{path} (file attributes)"}
    result: dict[str, Any] = {"changed": before != after, "diff": [content, mode]}
    wanted = module.load_file_common_arguments({**module.params, "path": path, **(attributes or {})})
    existed = os.path.exists(path)
    if existed:
        result["changed"] = module.set_fs_attributes_if_different(wanted, result["changed"], mode)
    if before == after or module.check_mode:
        return result
    if backup and existed:
        result["backup_file"] = module.backup_local(path)
    replace_file(module, path, after)
    if not existed:
        module.set_fs_attributes_if_different(wanted, True)
    return result


def remove_file(module: Any, path: str) -> dict[str, Any]:
    """Remove a file if it is there; in check mode only say so. Raises OperationFailed when this user may not."""
    exists = os.path.exists(path)
    if exists and not module.check_mode:
        try:
            os.unlink(path)
        except OSError as error:
            raise OperationFailed(
                f"Cannot remove {path} ({error.strerror}): run as a user who may, for example with become."
            ) from None
    state = {True: "present", False: "absent"}
    return {
        "changed": exists,
        "diff": [{"before": {"path": path, "state": state[exists]}, "after": {"path": path, "state": "absent"}}],
    }


def replace_file(module: Any, path: str, data: bytes) -> None:
    """Put new content in place of a file in one step: whoever looks sees the old content or the new, whole.

    Owner, mode and SELinux context of an existing file stay; a new one is readable by its owner only. A symbolic link
    is followed.
    """
    target = os.path.realpath(path)
    if not os.path.isdir(os.path.dirname(target)):
        raise OperationFailed(
            f"Cannot write {path}: there is no directory {os.path.dirname(target)}; make it, or give another path."
        )
    candidate = _write_temporary(module, data)
    previous_umask = os.umask(0o077)
    try:
        module.atomic_move(candidate, target)
    except Exception as error:
        raise OperationFailed(
            f"Cannot write {path} ({error}): run as a user who may, for example with become."
        ) from None
    finally:
        os.umask(previous_umask)


def _write_temporary(module: Any, data: bytes) -> str:
    handle, path = tempfile.mkstemp(dir=str(module.tmpdir))
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def cache_bytes(prefix: str, gateway: Effective) -> int:
    """The size of the local configuration cache, 0 without one (fact 4.1)."""
    cache = cache_file(prefix, gateway)
    return os.path.getsize(cache) if cache else 0


def cache_file(prefix: str, gateway: Effective) -> str | None:
    """The file of the local configuration cache, None without one (fact 4.1)."""
    path = os.path.join(prefix, gateway.value("lmdb_environment_path"), "data.mdb")
    return path if os.path.exists(path) else None


def running_pid(prefix: str) -> int | None:
    """The process id of the gateway's master, None when it does not run."""
    text = (read_file(_pid_file(prefix)) or b"").strip()
    return int(text) if text.isdigit() and _is_alive(int(text)) else None


def _is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie, which a container without an init keeps for ever."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[:1] != ["Z"]
    except OSError:
        return False


def restart_needed(prefix: str, gateway: Effective, paths: list[str]) -> bool:
    """Whether the gateway has to (re)start to use what its files say: credentials count only from a start (fact 2.1).

    True when it does not run, began before one of ``paths`` was written, or runs with other fallback settings
    (fact 5.14).
    """
    if running_pid(prefix) is None:
        return True
    started = os.stat(_pid_file(prefix)).st_mtime
    if any(os.path.exists(path) and os.stat(path).st_mtime > started for path in paths):
        return True
    running = read_conf(read_file(os.path.join(prefix, ".kong_env")) or b"").settings
    return any(running[name] != gateway.value(name) for name in ALL_NAMES if name in running)


def _pid_file(prefix: str) -> str:
    return os.path.join(prefix, "pids", "nginx.pid")
