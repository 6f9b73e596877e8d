# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a gateway that gets its settings from its environment alone, as containers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._finding import errors
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import (
    has_fallback,
    parse_version,
    storage_schemes,
)
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import is_secret
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment import (
    PUBLIC_VARIABLES,
    STORE_VARIABLES,
    access_findings,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.environment_plan import (
    ENVIRONMENT_ARGUMENTS,
    wanted_variables,
)
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import (
    BACKUP_NODE,
    DATA_PLANE,
    RELEASED,
    NodeWish,
    settings_for,
)
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse

_ACCESS = ("region", "endpoint_url", "access_key_id", "secret_access_key", "session_token", "variables")
_PART = ("export_delay", "s3_config", "also_import")


def gateway_environment(
    node_role: str, storage: str, gateway_version: str, instance_role: bool = False, **options: Any
) -> dict[str, dict[str, str]]:
    """The variables of a gateway without a kong.conf: ``plain`` ones, and ``secret`` ones, which belong in a secret
    of the platform.

    ``options`` are those of the module ``cluster_fallback_node`` for environment and settings. Raises InvalidInput when
    they are incompatible, or when a gateway of this version could not use them.
    """
    _refuse_unknown(options)
    _refuse_version(storage, gateway_version)
    if node_role not in (BACKUP_NODE, DATA_PLANE):
        raise InvalidInput(f"node_role is '{node_role}': write {BACKUP_NODE} or {DATA_PLANE}.")
    wish = NodeWish(
        node_role, storage, **{name: options[name] for name in _PART if options.get(name) not in (None, "")}
    )
    settings = {f"KONG_{name.upper()}": value for name, value in settings_for(wish, RELEASED).items()}
    access = {name: options.get(name) or ENVIRONMENT_ARGUMENTS[name].get("default") for name in _ACCESS}
    variables, _notes = wanted_variables({**access, "storage": storage, "instance_role": instance_role})
    missing = errors(access_findings(variables, instance_role, parse(storage).scheme))
    if missing:
        raise InvalidInput(" ".join(finding.sentence for finding in missing))
    return parted({**settings, **variables})


def parted(variables: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The variables, with those that no output may show separate from the others."""
    hidden = {name for name in STORE_VARIABLES if name not in PUBLIC_VARIABLES}
    hidden |= {name for name, value in variables.items() if is_secret(name, value)}
    return {
        "plain": {name: value for name, value in variables.items() if name not in hidden},
        "secret": {name: value for name, value in variables.items() if name in hidden},
    }


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    unknown = sorted(options.keys() - {*_ACCESS, *_PART})
    if unknown:
        raise InvalidInput(f"'{unknown[0]}' is not an option of a gateway's environment: correct its name.")


def _refuse_version(storage: str, gateway_version: str) -> None:
    version, scheme = parse_version(gateway_version), parse(storage).scheme
    if not has_fallback(version):
        raise InvalidInput(f"Gateway {version} has no fallback configuration: upgrade to 3.2 or newer.", fact="1.2")
    if scheme not in storage_schemes(version):
        raise InvalidInput(
            f"Gateway {version} does not know {scheme}:// storage, only {', '.join(storage_schemes(version))}.",
            fact="1.4",
        )
