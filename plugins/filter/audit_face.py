# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faces of an audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_face
short_description: Render an audit for one kind of reader
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Renders the model that P(kongops.fallback.audit#filter) returns.
positional: _input, face
options:
  _input:
    description: The audit.
    type: dict
    required: true
  face:
    description:
      - V(json) is the model itself, V(html) a page that needs no network and no script, V(txt) a summary for a
        terminal, V(prom) are metrics for the textfile collector of the Prometheus node exporter, and V(xml) is JUnit
        XML.
    type: str
    choices: [json, html, txt, prom, xml]
    required: true
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ audit | kongops.fallback.audit_face('html') }}"
    dest: /var/lib/reports/audit.html
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The text of a file.
  type: str
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._audit.junit import junit
from ansible_collections.kongops.fallback.plugins.module_utils._audit.metrics import metrics
from ansible_collections.kongops.fallback.plugins.module_utils._audit.summary import summary
from ansible_collections.kongops.fallback.plugins.plugin_utils._audit_page import page


def _json(audit: Mapping[str, Any]) -> str:
    return json.dumps(audit, indent=1, ensure_ascii=False) + "\n"


def _text(audit: Mapping[str, Any]) -> str:
    return "".join(f"{line}\n" for line in summary(audit))


FACES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "json": _json,
    "html": page,
    "txt": _text,
    "prom": metrics,
    "xml": junit,
}


def audit_face(audit: Mapping[str, Any], face: str) -> str:
    """The audit as a file of one kind."""
    return FACES[face](audit)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"audit_face": audit_face}
