# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a gateway as a platform expects them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gateway_manifest
short_description: Return the variables of a gateway in the form that a platform expects
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Turns what P(kongops.fallback.gateway_environment#filter) returns into a part of a manifest. Only
    V(kubernetes_secret) contains the values of secrets; the other forms name the secret.
positional: _input, form, secret
options:
  _input:
    description: The variables, with C(plain) and C(secret).
    type: dict
    required: true
  form:
    description:
      - V(helm) gives C(env), C(customEnv) and C(envFrom) for Kong's chart.
      - V(kubernetes_container) gives C(env) and C(envFrom) for a container.
      - V(kubernetes_secret) gives a whole Secret.
      - V(ecs) gives C(environment) and C(secrets) for a container definition.
      - V(compose) gives C(environment) and C(env_file) for a service.
      - V(quadlet) gives lines for the section C(Container), as text.
    type: str
    choices: [helm, kubernetes_container, kubernetes_secret, ecs, compose, quadlet]
    required: true
  secret:
    description:
      - What the platform calls the secret. With V(ecs) the ARN of a secret in Secrets Manager that is a JSON object
        with the names of the variables as keys; with V(compose) the path of a file of variables; with V(quadlet)
        the prefix of the names of Podman's secrets.
      - It may be empty if no variable is secret.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show the values for Kong's chart
  ansible.builtin.debug:
    msg: "{{ environment | kongops.fallback.gateway_manifest('helm', 'kong-fallback') | to_nice_yaml }}"
  vars:
    environment: >-
      {{ 's3://kong-fallback/prod' | kongops.fallback.gateway_environment(
           node_role='data_plane', gateway_version='3.11.0.14', region='eu-central-1', instance_role=true) }}
"""

RETURN = r"""
_value:
  description: The part of the manifest, a mapping; with V(quadlet) text.
  type: raw
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._container.forms import in_form
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def gateway_manifest(environment: Mapping[str, Mapping[str, str]], form: str, secret: str = "") -> Any:
    """The part of the manifest."""
    return in_form(environment, form, secret)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"gateway_manifest": gateway_manifest}
