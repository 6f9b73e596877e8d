# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret with the key that reads or writes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: secret_for
short_description: Name the secret with the read key or the write key
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - A cluster keeps two keys in its secret store, one for its backup nodes and one for its data planes.
positional: _input, access
options:
  _input:
    description: The secret store, with C(type) and C(name), the value of C(kong_fallback_secret_store).
    type: dict
    required: true
  access:
    description: V(write) for the key of backup nodes, V(read) for the key of data planes.
    type: str
    choices: [write, read]
    required: true
"""

EXAMPLES = r"""
- name: Name the secret of the data planes
  ansible.builtin.debug:
    msg: "{{ ({'type': 'secretsmanager', 'name': 'kong/prod'} | kongops.fallback.secret_for('read')).name }}"
    # kong/prod/read
"""

RETURN = r"""
_value:
  description: The value for the option O(kongops.fallback.storage_credentials#module:secret_store).
  type: dict
  sample:
    type: secretsmanager
    name: kong/prod/read
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._storage import names
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def secret_for(secret_store: Mapping[str, Any], access: str) -> dict[str, Any]:
    """The type and the name of the secret."""
    return names.secret_for(secret_store, access)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"secret_for": secret_for}
