# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules without a process of their own: for clients that a test chooses, and for speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import yaml

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.identity import Iam
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from ansible_collections.kongops.fallback.plugins.modules import storage_bucket, storage_credentials
from tests.servers import Credentials

ClientFor = Callable[[str, Credentials | None], Any]
"""Makes the client of a service, for the administrator or for a key that the module has made."""


@cache
def _defaults(documentation: str) -> Mapping[str, Any]:
    shared = ["access_key", "endpoint_url", "profile", "region", "session_token", "tags"]
    documented = yaml.safe_load(documentation)["options"]
    own = {name: option.get("default") for name, option in documented.items()}
    return {**dict.fromkeys(shared), "purge_tags": True, **own}


class Module:
    """As much of an AnsibleAWSModule as our modules use; the defaults are those of the documentation."""

    def __init__(
        self, documentation: str, options: Mapping[str, Any], client_for: ClientFor, check_mode: bool = False
    ) -> None:
        self.params = {**_defaults(documentation), **options}
        self.check_mode = check_mode
        self.region = self.params["region"]
        self.no_log_values: set[str] = set()
        self.warnings: list[str] = []
        self.warn = self.warnings.append
        self._client_for = client_for

    def client(self, service: str, **options: Any) -> Any:
        """A client, as the test makes it."""
        key = options.get("aws_access_key_id")
        return self._client_for(service, Credentials(key, options["aws_secret_access_key"]) if key else None)


def run_credentials(options: Mapping[str, Any], client_for: ClientFor, check_mode: bool = False) -> dict[str, Any]:
    """What main() of storage_credentials does; a failure is a result with ``msg``."""
    module: Any = Module(storage_credentials.DOCUMENTATION, options, client_for, check_mode)
    iam = Iam(module.client("iam"), module.params["identity"], module.params["name"])
    try:
        if module.params["state"] == "absent":
            result = storage_credentials.absent(module, iam)
        else:
            result = storage_credentials.present(module, parse(module.params["storage"]), iam)
    except (InvalidInput, OperationFailed) as error:
        return {"failed": True, "changed": False, "diff": None, "msg": str(error)}
    return {"failed": False, **result}


def run_bucket(options: Mapping[str, Any], client_for: ClientFor, check_mode: bool = False) -> dict[str, Any]:
    """What main() of storage_bucket does; a failure is a result with ``msg``."""
    module: Any = Module(storage_bucket.DOCUMENTATION, options, client_for, check_mode)
    try:
        storage = storage_bucket.storage_of(module.params)
        work = storage_bucket.absent if module.params["state"] == "absent" else storage_bucket.present
        result = work(module, client_of(module, "s3"), storage)
    except (InvalidInput, OperationFailed) as error:
        return {"failed": True, "changed": False, "diff": None, "msg": str(error)}
    return {"failed": False, "warnings": module.warnings, **result}
