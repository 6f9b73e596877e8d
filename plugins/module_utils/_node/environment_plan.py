# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options for a gateway's environment change in its environment file and systemd drop-in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors, warnings
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    ACCESS_KEY_ID,
    DEFAULT_REGION,
    ENDPOINT,
    GATEWAY_VARIABLES,
    MARK,
    REGION,
    SECRET_ACCESS_KEY,
    SESSION_TOKEN,
    EnvironmentFile,
    access_findings,
    drop_in_text,
    edit_environment,
    further_variables,
    holds_nothing,
    read_environment,
    redacted_environment,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.file_change import FileChange
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import S3, parse

ENVIRONMENT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "region": {"type": "str"},
    "endpoint_url": {"type": "str"},
    "access_key_id": {"type": "str", "no_log": True},
    "secret_access_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "variables": {"type": "dict", "default": {}, "no_log": True},
    "service": {"type": "str"},
    "systemd_directory": {"type": "path", "default": "/etc/systemd/system"},
    "mode": {"type": "raw", "default": "0600"},
}
"""The options for the environment of a gateway; ``storage``, ``state`` and ``instance_role`` go with them."""

_OPTION_OF = {
    REGION: "region",
    DEFAULT_REGION: "region",
    ACCESS_KEY_ID: "access_key_id",
    SECRET_ACCESS_KEY: "secret_access_key",
    SESSION_TOKEN: "session_token",
    ENDPOINT: "endpoint_url",
}
_PUBLIC_FILE = {"mode": "0644"}
_UNIT = re.compile(r"(?=.{1,255}\Z)(?!\.)[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\-]*)?\.service")


@dataclass(frozen=True)
class EnvironmentPlan:
    """The planned environment file, with the names of the variables that it sets and those that it loses.

    ``drop_in`` is None without a service; ``notes`` are worth a warning.
    """

    after: EnvironmentFile
    file: FileChange
    drop_in: FileChange | None
    set: tuple[str, ...]
    removed: tuple[str, ...]
    notes: tuple[Finding, ...]

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The files in the order in which they are written."""
        return (self.file, self.drop_in) if self.drop_in else (self.file,)


def plan_environment(options: Mapping[str, Any], file: bytes | None, drop_in: bytes | None) -> EnvironmentPlan:
    """The plan that gives the gateway its variables, or with ``state: absent`` removes them.

    ``file`` and ``drop_in`` are the existing files, or None. Raises InvalidInput, which never repeats a
    value, when the gateway could not use the variables.
    """
    is_absent = options["state"] == "absent"
    values, notes = ({}, ()) if is_absent else wanted_variables(options)
    values = {**values, MARK: options["path"]} if values else values
    before = read_environment(file or b"")
    stale = [name for name in (*GATEWAY_VARIABLES, MARK, *options["variables"]) if name not in values]
    after = edit_environment(before, values, remove=stale)
    new = [name for name, value in values.items() if before.values.get(name) != value]
    change = FileChange(
        path=options["path"],
        before=file,
        after=None if is_absent and holds_nothing(after) else _content(file, after),
        shown=(redacted_environment(before), redacted_environment(after, new)),
        attributes=options,
    )
    return EnvironmentPlan(
        after=after,
        file=change,
        drop_in=_drop_in(options, drop_in, is_absent),
        set=tuple(values),
        removed=tuple(name for name in stale if name in before.values),
        notes=notes,
    )


def drop_in_path(options: Mapping[str, Any]) -> str | None:
    """Where the drop-in of the service is; None without a service.

    Raises InvalidInput for what cannot be the name of a unit (systemd.unit(5)).
    """
    if not options["service"]:
        return None
    unit = options["service"].removesuffix(".service") + ".service"
    if not _UNIT.fullmatch(unit):
        raise InvalidInput(f"service is {options['service']!r}: give the name of a systemd unit, such as kong.service.")
    return posixpath.join(options["systemd_directory"], f"{unit}.d", "kong-fallback.conf")


def wanted_variables(options: Mapping[str, Any]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The variables that the options ask for, and warnings about them.

    Raises InvalidInput, which never repeats a value, when the gateway could not use them.
    """
    scheme = parse(options["storage"]).scheme if options["storage"] else S3
    values = _values(options, scheme)
    # Keys for S3 may come from another file.
    findings = access_findings(values, options["instance_role"] or scheme == S3, scheme)
    if errors(findings):
        raise InvalidInput(" ".join(finding.sentence for finding in errors(findings)))
    return values, tuple(warnings(findings))


def _values(options: Mapping[str, Any], scheme: str) -> dict[str, str]:
    for name in options["variables"]:
        if name in _OPTION_OF:
            raise InvalidInput(
                f"{name} has an option of its own: take it out of variables (kong_fallback_environment in roles), and"
                f" set {_in_words(name)}."
            )
    values = {name: options[option] for name, option in _OPTION_OF.items() if options[option]}
    if values and scheme != S3:
        raise InvalidInput(f"{_in_words(next(iter(values)))} is for storage in S3 only: leave it out.", fact="2.1")
    return {**values, **{name: value for name, value in further_variables(options["variables"]).items() if value}}


def _in_words(variable: str) -> str:
    """The option of a variable, with the name that it has in roles."""
    return f"{_OPTION_OF[variable]} (kong_fallback_{_OPTION_OF[variable]} in roles)"


def _content(file: bytes | None, after: EnvironmentFile) -> bytes | None:
    return None if file is None and not after.data else after.data


def _drop_in(options: Mapping[str, Any], before: bytes | None, is_absent: bool) -> FileChange | None:
    path = drop_in_path(options)
    if path is None:
        return None
    text = drop_in_text(options["path"])
    shown = ((before or b"").decode("utf-8", "replace"), text)
    after = None if is_absent else text.encode()
    return FileChange(path, before, after, shown, attributes=_PUBLIC_FILE, make_directory=True)
