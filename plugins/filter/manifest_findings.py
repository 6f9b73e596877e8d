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

from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.kongops.fallback.plugins.module_utils._container.diagnosis import diagnosis_of, shared_key
from ansible_collections.kongops.fallback.plugins.module_utils._container.manifest import Container, gateways
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def manifest_findings(paths: Sequence[str], instance_role: bool = False) -> list[dict[str, Any]]:
    """The findings on all gateways in these files."""
    found = [(str(path), gateway) for path in paths for gateway in gateways(_documents(str(path)))]
    everyone = [gateway for _path, gateway in found]
    return [
        {
            **finding.as_dict(),
            "file": path,
            "container": gateway.name,
            "sentence": f"{path}, {gateway.name}: {finding.sentence}",
        }
        for path, gateway in found
        for finding in _findings(gateway, everyone, instance_role)
    ]


def _findings(gateway: Container, everyone: Sequence[Container], instance_role: bool) -> Iterator[Finding]:
    yield from diagnosis_of(gateway, instance_role=instance_role).findings
    shared = shared_key(gateway, everyone)
    if shared:
        yield shared


def _documents(path: str) -> list[Any]:
    try:
        with open(path, encoding="utf-8") as file:
            return list(yaml.safe_load_all(file))
    except OSError as error:
        raise AnsibleFilterError(f"Cannot read the manifest {path} ({error.strerror}): correct its path.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise AnsibleFilterError(
            f"The manifest {path} is not YAML or JSON{line}: if it is a template, render it first."
        ) from None


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"manifest_findings": manifest_findings}
