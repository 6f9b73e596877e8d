# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the gateways in manifests."""

from __future__ import annotations

DOCUMENTATION = r"""
name: manifest_findings
short_description: Say what is wrong with the gateways in manifests
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Finds Kong Gateways in manifests for Kubernetes, Amazon ECS and Docker Compose and says why they would not export
    or import, before anything is deployed. The rules are those of M(kongops.fallback.cluster_fallback_config_info).
  - Does not know the values that a manifest takes from a secret, and does not judge them.
  - Fails for a file that cannot be read. Render a template, such as one of Helm, first.
positional: _input
options:
  _input:
    description: The paths of the manifests, in YAML or JSON, on the controller.
    type: list
    elements: path
    required: true
  instance_role:
    description: The tasks, pods or hosts have a role that gives the gateways their credentials.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Refuse manifests whose gateways would not take part in the fallback
  ansible.builtin.assert:
    that: wrong | length == 0
    fail_msg: "{{ wrong | map(attribute='sentence') | join(' ') }}"
  vars:
    wrong: "{{ ['kong.yml'] | kongops.fallback.manifest_findings | selectattr('severity', 'eq', 'error') }}"
"""

RETURN = r"""
_value:
  description:
    - The findings as M(kongops.fallback.cluster_fallback_config_info) returns them, with these additional keys.
  type: list
  elements: dict
  contains:
    file:
      description: The manifest.
      type: path
    container:
      description: The container in it.
      type: str
    sentence:
      description: All of it in one sentence, for a message.
      type: str
"""

from collections.abc import Sequence
from typing import Any

from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of
from ansible_collections.kongops.fallback.plugins.plugin_utils._manifests import findings_of, gateways_of


@filter_of
def manifest_findings(paths: Sequence[str], instance_role: bool = False) -> list[dict[str, Any]]:
    """The findings on all gateways in these files."""
    return findings_of(gateways_of(paths), instance_role)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"manifest_findings": manifest_findings}
