# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version in the answer of a gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gateway_version
short_description: Read the version from the output of kong version
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Fails for output that has no version.
positional: _input
options:
  _input:
    description: What C(kong version) printed.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read the version
  ansible.builtin.debug:
    msg: "{{ 'Kong Enterprise 3.11.0.3' | kongops.fallback.gateway_version }}"
    # 3.11.0.3
"""

RETURN = r"""
_value:
  description: The version with all four parts.
  type: str
"""

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_installation
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def gateway_version(output: str) -> str:
    """The version that the output names."""
    return str(parse_installation(output).version)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"gateway_version": gateway_version}
