# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many inventories say ``ansible_become: true`` for all hosts, and a variable wins over ``become: false``.

Work on the controller then asks for a sudo that an execution environment does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.yaml import yaml_load

from tests.checkout import CHECKOUT

FILES = sorted([*CHECKOUT.glob("roles/*/tasks/*.yml"), *CHECKOUT.glob("playbooks/**/*.yml")])


def tasks(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from tasks(item)
    elif isinstance(node, dict):
        yield node
        for key in ("block", "rescue", "always", "pre_tasks", "tasks", "post_tasks"):
            yield from tasks(node.get(key, []))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_work_on_the_controller_never_becomes_root(file: Path) -> None:
    delegated = [task for task in tasks(yaml_load(file.read_text())) if task.get("delegate_to") == "localhost"]
    assert [task["name"] for task in delegated if (task.get("vars") or {}).get("ansible_become") is not False] == []
