# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of identities."""

from __future__ import annotations

DOCUMENTATION = r"""
name: identity_name
short_description: Name the IAM identity that reads or writes a fallback storage
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - The name is short, and a digest of the storage makes it unique in an account.
positional: _input, access
options:
  _input:
    description: The fallback storage.
    type: str
    required: true
  access:
    description: V(write) for the identity of backup nodes, V(read) for that of data planes.
    type: str
    choices: [write, read]
    required: true
"""

EXAMPLES = r"""
- name: Name the identity of the data planes
  ansible.builtin.debug:
    msg: "{{ 's3://kong-fallback/prod' | kongops.fallback.identity_name('read') }}"
    # kong-fallback-prod-b3534b90-read
"""

RETURN = r"""
_value:
  description: The name of the user or role.
  type: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._storage import names
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def identity_name(storage: str, access: str) -> str:
    """The name of the identity with this access to the storage."""
    return names.identity_name(parse(storage), access)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"identity_name": identity_name}
