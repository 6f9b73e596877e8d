# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a gateway that gets its settings from its environment."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gateway_environment
short_description: Return the variables of a gateway that gets its settings from its environment
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Returns the variables of a gateway in a container, where there is no kong.conf to edit. They come from the same code
    as the files that M(kongops.fallback.cluster_fallback_node) writes.
  - Fails if the options are not compatible, or if a gateway of this version could not use them.
positional: _input
options:
  _input:
    description: The fallback storage, the value of C(cluster_fallback_config_storage).
    type: str
    required: true
  node_role:
    description: V(backup_node) exports, V(data_plane) imports.
    type: str
    choices: [backup_node, data_plane]
    required: true
  gateway_version:
    description: The full version of the gateway, all four parts.
    type: str
    required: true
  region:
    description: The region; with C(s3://) storage it is required.
    type: str
  endpoint_url:
    description: Scheme, host and port of an S3-compatible store.
    type: str
  access_key_id:
    description: The access key.
    type: str
  secret_access_key:
    description: Its secret.
    type: str
  session_token:
    description: Its token, if it is a temporary key.
    type: str
  instance_role:
    description: The task, pod or host has a role that gives the gateway its credentials.
    type: bool
    default: false
  export_delay:
    description: Seconds between two exports; with V(backup_node) only.
    type: int
  s3_config:
    description: Arguments for PutObject; with V(backup_node) only.
    type: dict
  also_import:
    description: A data plane that exports imports too; with V(backup_node) only.
    type: bool
    default: false
  variables:
    description: Further variables, such as C(KONG_ROLE) or C(KONG_LICENSE_DATA).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Write the secret for Kubernetes
  ansible.builtin.copy:
    dest: secret.yml
    mode: "0600"
    content: "{{ environment | kongops.fallback.gateway_manifest('kubernetes_secret', 'kong-reader') | to_nice_yaml }}"
  no_log: true
  vars:
    environment: >-
      {{ 's3://kong-fallback/prod' | kongops.fallback.gateway_environment(
           node_role='data_plane', gateway_version='3.11.0.14', region='eu-central-1',
           access_key_id='AKIAIOSFODNN7EXAMPLE', secret_access_key=reader_secret) }}
"""

RETURN = r"""
_value:
  description: The variables.
  type: dict
  contains:
    plain:
      description: Variables that anyone may see.
      type: dict
    secret:
      description: Variables that belong in a secret of the platform.
      type: dict
  sample:
    plain:
      KONG_CLUSTER_FALLBACK_CONFIG_IMPORT: "on"
      KONG_CLUSTER_FALLBACK_CONFIG_STORAGE: s3://kong-fallback/prod
      KONG_CLUSTER_FALLBACK_CONFIG_EXPORT: "off"
      AWS_REGION: eu-central-1
    secret:
      AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE
"""

from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._container import variables
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def gateway_environment(storage: str, node_role: str, gateway_version: str, **options: Any) -> dict[str, Any]:
    """The variables, plain and secret."""
    return variables.gateway_environment(node_role, storage, gateway_version, **options)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"gateway_environment": gateway_environment}
