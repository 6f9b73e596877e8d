# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The requirements of a module: on a node, or on the controller, also for signing."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - python >= 3.9
"""

    CONTROLLER = r"""
options: {}
requirements:
  - python >= 3.11
  - amazon.aws >= 11.0.0
  - boto3 >= 1.36.0
  - botocore >= 1.36.0
"""

    SIGNING = r"""
options: {}
requirements:
  - python >= 3.11
  - amazon.aws >= 11.0.0
  - boto3 >= 1.36.0
  - botocore >= 1.36.0
  - cryptography >= 41.0.0
"""
