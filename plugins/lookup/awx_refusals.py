# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the role awx cannot begin."""

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_refusals
short_description: Say why the role awx cannot do all of its work
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - The role checks before it creates anything, so that a failed run leaves nothing behind.
options:
  _terms:
    description: The name of the organization.
    required: true
  collection:
    description: The collection that reaches the controller.
    type: str
    default: awx.awx
  manages_types:
    description: Whether the role creates credential types.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Refuse what AWX would refuse halfway
  ansible.builtin.assert:
    that: query('kongops.fallback.awx_refusals', 'Platform') | length == 0
"""

RETURN = r"""
_raw:
  description: The reasons, each with what to do.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

from ansible_collections.kongops.fallback.plugins.module_utils._job.awx_answers import awx_refusals, no_answer


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: list[str], variables: Any = None, **options: Any) -> list[str]:
        """The reasons for an organization."""
        self.set_options(var_options=variables, direct=options)
        collection = self.get_option("collection")
        (organization,) = terms
        controller = lookup_loader.get(f"{collection}.controller_api", loader=self._loader, templar=self._templar)
        if controller is None:
            return [f"The collection {collection} is not installed: ansible-galaxy collection install {collection}."]
        try:
            organizations = controller.run(["organizations"], variables, query_params={"name": organization})
            me = controller.run(["me"], variables)
        except AnsibleError as error:
            return [no_answer(str(error))]
        return awx_refusals(organization, organizations, me, self.get_option("manages_types"))
