# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job reports about a folder of manifests."""

from __future__ import annotations

DOCUMENTATION = r"""
name: manifest_diagnosis
short_description: Say whether the gateways of a folder of manifests take part in the fallback
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Judges the gateways in manifests as P(kongops.fallback.manifest_findings#filter) does, and says what that means for
    a job. Manifests without a gateway are refused, because a job that judged nothing proves nothing.
positional: _input, folder, instance_role
options:
  _input:
    description: The paths of the manifests, in YAML or JSON, on the controller.
    type: list
    elements: path
    required: true
  folder:
    description: The folder of the manifests, for the messages.
    type: path
    required: true
  instance_role:
    description: The tasks, pods or hosts have a role that gives the gateways their credentials.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what is wrong
  ansible.builtin.debug:
    msg: "{{ (['deploy/kong.yml'] | kongops.fallback.manifest_diagnosis('deploy')).refusals }}"
"""

RETURN = r"""
_value:
  description: The diagnosis.
  type: dict
  contains:
    verdict:
      description: What was judged, in one sentence.
      type: str
    gateways:
      description: The gateways, each with its C(file) and C(container).
      type: list
      elements: dict
    findings:
      description: All findings, as P(kongops.fallback.manifest_findings#filter) returns them.
      type: list
      elements: dict
    refusals:
      description: Why gateways would not export or import, one sentence each.
      type: list
      elements: str
    notes:
      description: What deserves attention, one sentence each.
      type: list
      elements: str
"""

from collections.abc import Sequence
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of
from ansible_collections.kongops.fallback.plugins.plugin_utils._manifests import findings_of, gateways_of

_NOTHING = (
    "None of the {count} manifests in {folder} has a Kong Gateway: correct kong_fallback_manifests, or render the"
    " templates first."
)


@filter_of
def manifest_diagnosis(paths: Sequence[str], folder: str, instance_role: bool = False) -> dict[str, Any]:
    """The diagnosis of these files."""
    found = gateways_of(paths)
    findings = findings_of(found, instance_role)
    refusals = [each["sentence"] for each in findings if each["severity"] == ERROR]
    if not found:
        refusals = [_NOTHING.format(count=len(paths), folder=folder)]
    diagnosis = {
        "verdict": f"{len(found)} gateways in {len(paths)} manifests of {folder} would export or import.",
        "gateways": [{"file": path, "container": gateway.name, "image": gateway.image} for path, gateway in found],
        "findings": findings,
        "refusals": refusals,
        "notes": [each["sentence"] for each in findings if each["severity"] != ERROR],
    }
    # Older releases of ansible-core would render a template in a manifest.
    judged: dict[str, Any] = wrap_var(diagnosis)
    return judged


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"manifest_diagnosis": manifest_diagnosis}
