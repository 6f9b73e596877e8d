# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options for a gateway's fallback settings change in its kong.conf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding, errors, warnings
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.edit import edit_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.grammar import Document, read_conf
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import redacted_conf
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import misplaced
from ansible_collections.kongops.fallback.plugins.module_utils._node.file_change import FileChange
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import (
    ALL_NAMES,
    DRAFT,
    NodeWish,
    ParameterNames,
    names_for,
    settings_for,
)

SETTINGS_ARGUMENTS: dict[str, dict[str, Any]] = {
    "node_role": {"type": "str", "choices": ["backup_node", "data_plane"]},
    "storage": {"type": "str"},
    "parameter_names": {"type": "str", "choices": ["auto", "draft", "released"], "default": "auto"},
    "export_delay": {"type": "int"},
    "s3_config": {"type": "dict"},
    "also_import": {"type": "bool", "default": False},
    "create": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
}
"""The options for the fallback settings of a gateway; ``path`` and ``state`` go with them."""

# No release reads draft names, so this is true of every node that has them.
_TRUE_OF_DRAFT_NAMES = ("feature-missing", "draft-name", "not-configured")


@dataclass(frozen=True)
class SettingsPlan:
    """The planned kong.conf, the settings that it gets, and the names of settings and variables that
    it loses; ``names`` is None if the plan only removes."""

    document: Document
    file: FileChange
    settings: Mapping[str, str]
    removed: tuple[str, ...]
    names: ParameterNames | None = None


def plan_settings(options: Mapping[str, Any], file: bytes | None, version: GatewayVersion | None) -> SettingsPlan:
    """The plan that gives a gateway of ``version`` the settings of its part, or with ``state: absent`` removes them.

    ``file`` is the existing kong.conf, or None; ``version`` may be None for ``state: absent``. Raises
    InvalidInput when the options are incompatible or the file does not allow the edit.
    """
    before = read_conf(file or b"")
    if options["state"] == "absent" or version is None:
        return _plan(options, file, before, edit_conf(before, {}, remove=ALL_NAMES), {}, None)
    if file is None and not options["create"]:
        raise InvalidInput(
            f"{options['path']} does not exist: copy /etc/kong/kong.conf.default to it, or correct path"
            " (kong_fallback_kong_conf in roles), or set create (kong_fallback_create_kong_conf)."
        )
    names = names_for(version, options["parameter_names"])
    settings = settings_for(
        NodeWish(
            options["node_role"],
            options["storage"],
            options["export_delay"],
            options["s3_config"],
            options["also_import"],
        ),
        names,
    )
    stale = [name for name in ALL_NAMES if name not in settings]
    misplaced_names = [statement.name for _variable, statement in misplaced(before)]
    return _plan(options, file, before, edit_conf(before, settings, remove=stale + misplaced_names), settings, names)


def refuse_unworkable(findings: Iterable[Finding], draft_is_asked_for: bool) -> list[Finding]:
    """Refuse a gateway that could not work, and return warnings.

    That draft names do not work is only a warning if the operator asked for them. Raises InvalidInput with a
    sentence for each reason.
    """
    findings = list(findings)
    expected = _TRUE_OF_DRAFT_NAMES if draft_is_asked_for else ()
    refused = [finding for finding in errors(findings) if finding.code not in expected]
    if refused:
        raise InvalidInput(" ".join(finding.sentence for finding in refused))
    return [*errors(findings), *warnings(findings)]


def is_draft(plan: SettingsPlan) -> bool:
    """Whether the plan writes the names of the draft."""
    return plan.names is DRAFT


def _plan(
    options: Mapping[str, Any],
    file: bytes | None,
    before: Document,
    after: Document,
    settings: Mapping[str, str],
    names: ParameterNames | None,
) -> SettingsPlan:
    change = FileChange(
        path=options["path"],
        before=file,
        after=None if file is None and not after.data else after.data,
        shown=(redacted_conf(before), redacted_conf(after)),
        attributes=options,
        backup=options["backup"],
    )
    return SettingsPlan(after, change, settings, _removed(before, after), names)


def _removed(before: Document, after: Document) -> tuple[str, ...]:
    """The names that the file had and no longer has."""
    gone = {statement.name for statement in before.statements} - {statement.name for statement in after.statements}
    variables = dict.fromkeys(variable for variable, statement in misplaced(before) if statement.name in gone)
    return (*(name for name in ALL_NAMES if name in gone), *variables)
