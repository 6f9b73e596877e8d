# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module storage_credentials without its process: for clients that a test chooses, and for speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._identity import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from ansible_collections.kongops.fallback.plugins.modules import storage_credentials
from tests.servers import Credentials

ClientFor = Callable[[str, Credentials | None], Any]
"""Makes the client of a service, for the administrator or for a key that the module has made."""

DEFAULTS: Mapping[str, Any] = {
    "state": "present",
    "identity": "user",
    "region": None,
    "endpoint_url": None,
    "rotation": "none",
    "max_age_days": 0,
    "wait_timeout": 5,
    "list_objects": False,
    "kms_key": None,
    "path": "/",
    "permissions_boundary": None,
    "tags": None,
    "purge_tags": True,
    "trust_policy": None,
    "instance_profile": False,
}


class Module:
    """As much of an AnsibleAWSModule as storage_credentials uses."""

    def __init__(self, options: Mapping[str, Any], client_for: ClientFor, check_mode: bool) -> None:
        self.params = {**DEFAULTS, **options}
        self.check_mode = check_mode
        self.region = self.params["region"]
        self.no_log_values: set[str] = set()
        self._client_for = client_for

    def client(self, service: str, **options: Any) -> Any:
        """A client, as the test makes it."""
        key = options.get("aws_access_key_id")
        return self._client_for(service, Credentials(key, options["aws_secret_access_key"]) if key else None)


def run_credentials(options: Mapping[str, Any], client_for: ClientFor, check_mode: bool = False) -> dict[str, Any]:
    """What the module's main does; a failure is a result with ``msg``."""
    module: Any = Module(options, client_for, check_mode)
    iam = Iam(module.client("iam"), module.params["identity"], module.params["name"])
    try:
        if module.params["state"] == "absent":
            result = storage_credentials.absent(module, iam)
        else:
            result = storage_credentials.present(module, parse(module.params["storage"]), iam)
    except (InvalidInput, OperationFailed) as error:
        return {"failed": True, "changed": False, "diff": None, "msg": str(error)}
    return {"failed": False, **result}
