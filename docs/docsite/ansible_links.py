# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Sphinx extension: what the reference says of Ansible itself links to Ansible's documentation.

Sphinx's own way asks that site for its index, and a build needs no network but the package registries.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

DOCUMENTATION = "https://docs.ansible.com/ansible/latest/"
PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
BUILTIN = re.compile(r"ansible_collections\.ansible\.builtin\.(\w+)")


def link(
    app: Sphinx, environment: BuildEnvironment, reference: nodes.Element, content: nodes.Element
) -> nodes.reference | None:
    """The link for a label of Ansible's documentation, or None for any other, which Sphinx then warns of."""
    label = str(reference["reftarget"])
    builtin = BUILTIN.fullmatch(label)
    page = f"collections/ansible/builtin/{builtin[1]}.html" if builtin else PAGES.get(label)
    return nodes.reference("", "", content, refuri=DOCUMENTATION + page) if page else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("missing-reference", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
