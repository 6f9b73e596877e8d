# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the documentation that the modules for the fallback storage share."""

from __future__ import annotations


class ModuleDocFragment:
    """The option and the notes of all modules that work on the fallback storage."""

    DOCUMENTATION = r"""
options:
  storage:
    description:
      - The fallback storage, as in C(cluster_fallback_config_storage) of the gateways.
      - Always a bucket and a prefix, without a slash at the end.
    type: str
    required: true
notes:
  - Run it on the controller, once per storage.
  - Works with AWS and with S3-compatible stores. For the latter, set O(endpoint_url).
"""
