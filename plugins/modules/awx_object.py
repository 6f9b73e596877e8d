#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: awx_object
short_description: Create and update an object of AWX
version_added: 0.1.0
description:
  - Runs the module of C(awx.awx) or C(ansible.controller) that creates an object of this kind. Both collections have
    the same modules.
  - If AWX refuses, the failure names the object and says what to do.
options:
  collection:
    description:
      - The collection whose module to run, V(awx.awx) for AWX or V(ansible.controller) for Ansible Automation Platform.
    type: str
    choices: [awx.awx, ansible.controller]
    default: awx.awx
  kind:
    description:
      - The name of the module, for example V(job_template).
    type: str
    required: true
  options:
    description:
      - The options of that module.
    type: dict
    required: true
extends_documentation_fragment:
  - kongops.fallback.time
  - kongops.fallback.requirements
attributes:
  check_mode:
    description: The modules of both collections support it.
    support: full
  diff_mode:
    description: The modules of both collections show no difference.
    support: none
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Create a project
  kongops.fallback.awx_object:
    collection: ansible.controller
    kind: project
    options:
      name: Kong fallback
      organization: Platform
      scm_type: git
      scm_url: https://github.com/kongops/kongops.fallback.git
"""

RETURN = r"""
id:
  description: The number of the object.
  returned: if the object exists
  type: int
  sample: 12
"""
