# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options with which a job reaches the storage of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operator_options
short_description: Take the options of the operator from the variables of a host
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Returns region, endpoint and credentials as options for all modules of the action group C(kongops.fallback.aws).
  - Leaves out the options whose variables are empty or missing.
positional: _input, of_replica
options:
  _input:
    description: The variables of a host, such as C(hostvars[inventory_hostname]).
    type: dict
    required: true
  of_replica:
    description:
      - Whether to give those for the replica of the storage, which has a region and an endpoint of its own.
      - If it has no credentials of its own, the operator has the same key there.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Look at the snapshots of another host's cluster
  kongops.fallback.config_snapshot_info:
    storage: "{{ hostvars['dp1'].kong_fallback_storage }}"
  module_defaults:
    group/kongops.fallback.aws: "{{ hostvars['dp1'] | kongops.fallback.operator_options }}"
"""

RETURN = r"""
_value:
  description: The options. They may hold a secret.
  type: dict
  sample:
    region: eu-central-1
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._storage import names


def operator_options(variables: Mapping[str, Any], of_replica: bool = False) -> dict[str, Any]:
    """The options that the variables give."""
    place = "replica_" if of_replica else ""
    keyed = place if variables.get(f"kong_fallback_{place}operator_access_key_id") else ""
    variable_of = {
        "region": f"{place}region",
        "endpoint_url": f"{place}endpoint_url",
        "ca_bundle": "ca_bundle",
        "operator_access_key_id": f"{keyed}operator_access_key_id",
        "operator_secret_access_key": f"{keyed}operator_secret_access_key",
    }
    return names.operator_options(
        {name: variables.get(f"kong_fallback_{variable}", "") for name, variable in variable_of.items()}
    )


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"operator_options": operator_options}
