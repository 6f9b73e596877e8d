# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a gateway must restart, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import masked
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import RELEASED


@dataclass(frozen=True)
class GatewayProcess:
    """The running gateway, compared with its files.

    ``older_than`` are the files that were written after it started, ``differing`` the fallback settings whose values
    differ from its files (fact 5.14), ``unread`` is an environment file that it started without (fact 2.12).
    ``configuration_age`` is how long ago it last received a configuration (seconds), according to its cache (fact 4.1).
    """

    running: bool
    older_than: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    unread: str = ""
    configuration_age: int | None = None


@dataclass(frozen=True)
class Restart:
    """The decision, with its reason in one sentence, empty without a restart."""

    needed: bool
    reason: str = ""


_LAST_LINES = 3
"""How many lines tell why a restart failed: the last ones, because the reason comes last."""

NO_RESTART = Restart(needed=False)


def restart_for(
    process: GatewayProcess,
    changed_files: Sequence[str] = (),
    unready: str | None = None,
    takes_part: bool = True,
    export_failure: str = "",
) -> Restart:
    """Whether the gateway has to start, or start again, to use its current or planned files.

    ``changed_files`` are the files about to change; credentials and settings take effect only at a start (fact 2.1).
    ``unready`` is the message of a running data plane without a configuration: only a start reads the snapshot (fact
    4.1), and it serves nothing that a restart could interrupt. A stopped gateway starts only if it ``takes_part`` in
    the fallback. ``export_failure`` is what its exporter failed at last: it exports again only at the next change of
    the configuration, or from a start (fact 3.7).
    """
    if not process.running:
        return Restart(True, "The gateway is not running.") if takes_part else NO_RESTART
    if changed_files:
        return Restart(True, f"A change of {_listed(changed_files)} takes effect only when the gateway starts.")
    if process.older_than:
        return Restart(True, f"{_listed(process.older_than)} changed after the gateway started.")
    if process.unread:
        return Restart(True, f"The gateway started without the variables of {process.unread}.")
    if process.differing:
        return Restart(
            True, f"The gateway runs with a value of {_listed(process.differing)} that differs from its files."
        )
    if unready is not None:
        return Restart(True, f"The data plane has no configuration ({unready}), and only a start reads the snapshot.")
    if export_failure:
        return Restart(True, export_failure)
    return NO_RESTART


def restart_failure(result: Mapping[str, Any], host: str, seconds: int, restart: str) -> str:
    """Why a gateway did not come back, in one sentence.

    ``result`` is that of the task that failed: the restart, or the last look at the gateway after ``seconds``.
    ``restart`` is the unit that was restarted, or the command that was run.
    """
    if result.get("unreachable"):
        words = str(result.get("msg", "")).strip()
        return f"{host} has been unreachable since its restart ('{words}'): fix the connection, and run again."
    if "running" not in result:
        return f"{host} could not restart its gateway with `{masked(restart)}`: {_last_words(result).rstrip('.')}."
    if not result["running"]:
        reason = "its process is not running: check its error.log, or the log of its container"
    elif result.get("restart_needed"):
        return (
            f"{host} has restarted and still does not use its current files. {result['restart_reason']} Make its"
            " service or kong_fallback_restart_command start the gateway with its environment file and without"
            " variables that override settings (facts 2.1, 5.11)."
        )
    else:
        reason = f"it was not ready within {seconds} seconds: {result['ready_message']}"
    return f"{host} did not come back after its restart: {reason.rstrip('.')}."


def _last_words(result: Mapping[str, Any]) -> str:
    """The last output of a unit or command, without secrets; its exit code if it printed nothing."""
    said = str(result.get("stderr") or result.get("stdout") or "") or ("" if "rc" in result else result.get("msg", ""))
    lines = [masked(line.strip()) for line in said.splitlines() if line.strip()]
    if lines:
        return " ".join(lines[-_LAST_LINES:])
    return f"it printed nothing and exited with {result.get('rc', 'no code')}"


def key_in_use(look: Mapping[str, Any], instance_role: bool, replica: str = "") -> str:
    """The access key of the storage that a gateway runs with, empty where the host has a role; ``an older one`` where
    its files hold a newer key than it started with.

    ``look`` is what was read from the node. Where its files name the ``replica``, it uses no key of the storage, not
    even the one it started with: a gateway reads only when it starts.
    """
    storage = look.get("settings", {}).get(RELEASED.storage, {}).get("value")
    if instance_role or (replica and storage == replica):
        return ""
    return "an older one" if look["restart_needed"] else str(look["access_key_id"] or "")


def _listed(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
