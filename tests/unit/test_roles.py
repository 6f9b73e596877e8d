# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role: its argument spec says what its defaults do, what its tasks read, and what is a secret."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import TYPES
from tests.checkout import CHECKOUT

FOLDER = CHECKOUT / "roles"
ROLES = sorted(path.name for path in FOLDER.iterdir())
PUBLIC = [role for role in ROLES if role != "node"]
NODE_ROLES = ("backup_node", "data_plane")
SECRET = ("_key_id", "_access_key", "_token", "_headers", "_environment")

FROM_NODE = {
    **dict.fromkeys(NODE_ROLES, ("tasks/*.yml", "vars/main/*.yml")),
    "outage_drill": ("tasks/access.yml", "tasks/credentials.yml", "vars/main/access.yml", "vars/main/gateway.yml"),
    "snapshot": ("tasks/ask.yml", "tasks/try.yml", "vars/main/gateway.yml"),
}
"""What of the private role `node` a role runs."""

OF_REPLICA = (
    *("storage", "region", "endpoint_url", "secret_store"),
    *("access_key_id", "secret_access_key", "session_token"),
)

OF_OTHERS = {
    # The lock is taken for a host with its own variables, whatever role works on it.
    "job": {
        *("kong_fallback_clusters", "kong_fallback_verdict", "kong_fallback_versions", "kong_fallback_report"),
        "kong_fallback_notice",
    },
    # Only data planes become images, and only they read the replica.
    "backup_node": {
        *("kong_fallback_start", "kong_fallback_bake_keys", "kong_fallback_import_from"),
        *("kong_fallback_first_boot_check", "kong_fallback_first_boot_timeout"),
        *("kong_fallback_first_boot_directory", "kong_fallback_first_boot_metrics"),
        *(f"kong_fallback_replica_{name}" for name in OF_REPLICA),
    },
    # Only a backup node exports.
    "data_plane": {
        *("kong_fallback_export_delay", "kong_fallback_s3_config", "kong_fallback_also_import"),
        *("kong_fallback_hash_grace", "kong_fallback_admin_url", "kong_fallback_admin_headers"),
    },
    # The nodes' own keys, where the operator gives them.
    "storage": {
        *("kong_fallback_access_key_id", "kong_fallback_secret_access_key", "kong_fallback_session_token"),
        "kong_fallback_gateway_version",
    },
    # The first is the nodes' and the second is told to AWX.
    "outage_drill": {"kong_fallback_state", "kong_fallback_time_to_ready"},
}
"""Variables that a role reads or sets and another documents."""


def load(file: Path) -> Any:
    return yaml_load(file.read_text()) if file.exists() else {}


def options(role: str) -> dict[str, list[dict[str, Any]]]:
    """The options by name: one for each entry point that has it."""
    found = defaultdict(list)
    for spec in load(FOLDER / role / "meta/argument_specs.yml")["argument_specs"].values():
        for name, option in spec.get("options", {}).items():
            found[name].append(option)
    return found


def defaults(role: str) -> dict[str, Any]:
    own: dict[str, Any] = load(FOLDER / role / "defaults/main.yml")
    inherited = load(FOLDER / "node/defaults/main.yml") if role in FROM_NODE else {}
    return {**{name: value for name, value in inherited.items() if name in options(role)}, **own}


def files(role: str) -> Iterator[Path]:
    for folder in ("tasks", "vars", "templates", "handlers"):
        yield from (FOLDER / role / folder).glob("*")
    for pattern in FROM_NODE.get(role, ()):
        yield from (FOLDER / "node").glob(pattern)


def read(role: str) -> set[str]:
    return {name for file in files(role) for name in re.findall(r"(?<!_)\bkong_fallback_\w+", file.read_text())}


@pytest.mark.parametrize("role", PUBLIC)
def test_the_defaults_are_those_of_the_argument_spec(role: str) -> None:
    documented = {
        name: {repr(option["default"]) for option in spec if "default" in option}
        for name, spec in options(role).items()
        if any("default" in option for option in spec)
    }
    assert documented == {name: {repr(value)} for name, value in defaults(role).items()}


@pytest.mark.parametrize("role", NODE_ROLES)
def test_a_node_role_documents_every_default_of_the_nodes(role: str) -> None:
    of_others = OF_OTHERS.get(role, set())
    assert set(load(FOLDER / "node/defaults/main.yml")) - set(options(role)) - of_others == set()


@pytest.mark.parametrize("role", PUBLIC)
def test_every_variable_that_is_read_is_documented(role: str) -> None:
    # The objects of AWX and the lock are for every role.
    known = {name for each in PUBLIC for name in options(each)} if role in ("awx", "job") else set(options(role))
    assert read(role) - known - OF_OTHERS.get(role, set()) == set()


@pytest.mark.parametrize("role", PUBLIC)
def test_every_variable_that_is_documented_is_read(role: str) -> None:
    playbooks = {
        name
        for file in CHECKOUT.glob("playbooks/**/*.yml")
        for name in re.findall(r"\bkong_fallback_\w+", file.read_text())
    }
    # Both node roles take the same options, and only data planes try the import. Filters read the other ones.
    elsewhere = {
        "backup_node": {"kong_fallback_proof"},
        "snapshot": {"kong_fallback_parameter_names"},
        "job": {"kong_fallback_lock"},
    }
    assert set(options(role)) - read(role) - playbooks == elsewhere.get(role, set())


@pytest.mark.parametrize("role", ROLES)
def test_secrets_are_never_logged(role: str) -> None:
    hidden = {name for name, spec in options(role).items() if all(option.get("no_log") for option in spec)}
    assert hidden == {name for name in options(role) if name.endswith(SECRET)}


def test_a_variable_of_several_roles_has_the_same_type_everywhere() -> None:
    types = defaultdict(set)
    for role in ROLES:
        for name, spec in options(role).items():
            types[name] |= {option["type"] for option in spec}
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_offers_the_secret_stores_of_the_modules(role: str) -> None:
    places = [
        option["options"]["type"]["choices"]
        for name, found in options(role).items()
        for option in found
        if name.endswith(("_secret_store", "_signing_key"))
    ]
    assert [choices for choices in places if tuple(choices) != TYPES] == []
