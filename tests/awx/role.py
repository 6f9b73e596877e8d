# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of the role awx without a playbook, from its tables and defaults."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.kongops.fallback.plugins.filter.awx_objects import awx_objects
from tests.checkout import CHECKOUT

ROLE = CHECKOUT / "roles/awx"
PREFIX = "Kong fallback"


class _Loader(yaml.SafeLoader):
    """Reads what Ansible must not template as the text that it is."""


_Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))


def load(text: str) -> Any:
    """A file of variables."""
    return _Loader(text).get_single_data()


def tables() -> dict[str, Any]:
    """The tables of the role by name."""
    files = [file for file in (ROLE / "vars").glob("*.yml") if file.name != "main.yml"]
    variables = {name: value for file in files for name, value in load(file.read_text()).items()}
    return {name.removeprefix("__kong_fallback_awx_"): value for name, value in variables.items()}


def objects(**told: Any) -> dict[str, list[dict[str, Any]]]:
    """The objects by kind; what is not told is as the role has it."""
    defaults = load((ROLE / "defaults/main.yml").read_text())
    return awx_objects(tables(), {**defaults, **told}, str(CHECKOUT / "roles"))
