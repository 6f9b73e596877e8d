# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules without a process of their own: for clients that a test chooses, and for speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from tests.servers import Credentials

ClientFor = Callable[[str, Credentials | None], Any]
"""Gives the client of a service, for the administrator or for a key that the module has created."""

_AWS_OPTIONS = ("access_key", "endpoint_url", "profile", "region", "session_token")


class Module:
    """As much of an AnsibleAWSModule as our modules use; the defaults are those of the argument spec."""

    def __init__(
        self, spec: Mapping[str, Any], options: Mapping[str, Any], client_for: ClientFor, check_mode: bool = False
    ) -> None:
        self.params = {**dict.fromkeys(_AWS_OPTIONS), **_with_defaults(spec, options)}
        self.check_mode = check_mode
        self.region = self.params["region"]
        self.no_log_values: set[str] = set()
        self.warnings: list[str] = []
        self.warn = self.warnings.append
        self._client_for = client_for

    def boto3_at_least(self, _version: str) -> bool:
        """Whether boto3 is new enough; the one of the tests is."""
        return True

    def client(self, service: str, **options: Any) -> Any:
        """A client, as the test makes it."""
        key = options.get("aws_access_key_id")
        return self._client_for(service, Credentials(key, options["aws_secret_access_key"]) if key else None)


def run_in_process(
    plugin: ModuleType, options: Mapping[str, Any], client_for: ClientFor, check_mode: bool = False
) -> dict[str, Any]:
    """What a module of ours answers; a failure is an answer with ``msg``."""
    module = Module(plugin.ARGUMENT_SPEC, options, client_for, check_mode)
    try:
        result = plugin.run(module)
    except (InvalidInput, OperationFailed) as error:
        return {"failed": True, "changed": False, "diff": None, "msg": str(error)}
    return {"failed": False, "warnings": module.warnings, **result}


def _with_defaults(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the defaults of their spec, in lists of options too."""
    defaults = {name: option.get("default") for name, option in spec.items()}
    lists = {
        name: [_with_defaults(spec[name]["options"], entry) for entry in value]
        for name, value in given.items()
        if value and spec.get(name, {}).get("elements") == "dict"
    }
    return {**defaults, **given, **lists}
