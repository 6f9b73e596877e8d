# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options without the empty ones."""

from __future__ import annotations

DOCUMENTATION = r"""
name: without_empties
short_description: Leave out empty options
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Roles give empty values to options that are not set; modules expect such options to be absent.
  - Leaves out V(null) and empty strings, lists and dictionaries. V(false) and V(0) are values and stay.
positional: _input
options:
  _input:
    description: The options.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the snapshots, with or without a key
  kongops.fallback.config_snapshot_info:
    depth: quick
  module_defaults:
    kongops.fallback.config_snapshot_info: "{{ options | kongops.fallback.without_empties }}"
  vars:
    options:
      storage: s3://kong-fallback/prod
      access_key: "{{ key | default('') }}"
"""

RETURN = r"""
_value:
  description: The options that have a value.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def without_empties(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that have a value, in their order."""
    if not isinstance(options, Mapping):
        raise AnsibleFilterError(f"without_empties takes a dict of options, not {type(options).__name__}.")
    return {name: value for name, value in options.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, bytes, list, tuple, Mapping)) and not value)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"without_empties": without_empties}
