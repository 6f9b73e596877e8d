# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fallback storage, parsed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: storage_url
short_description: Parse the URL of a fallback storage
version_added: 0.1.0
author: kongops maintainers (@kongops)
description:
  - Parses the URL as all modules of this collection do, so that playbooks need no rules of their own.
  - Fails for a URL that the gateway would not accept, for example one with an unknown scheme.
positional: _input
options:
  _input:
    description: The fallback storage, the value of C(cluster_fallback_config_storage).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Name the bucket
  ansible.builtin.debug:
    msg: "{{ ('s3://kong-fallback/prod' | kongops.fallback.storage_url).bucket }}"
    # kong-fallback
"""

RETURN = r"""
_value:
  description: The parts of the URL.
  type: dict
  contains:
    scheme:
      description: V(s3), V(gcs), V(gs) or V(azure).
      type: str
    account:
      description: The storage account; with V(azure) only.
      type: str
    bucket:
      description: The bucket, or the container on Azure.
      type: str
    prefix:
      description: The prefix of all keys.
      type: str
    is_s3:
      description: Whether this collection can prepare the storage and read its snapshots.
      type: bool
    is_google:
      description: Whether the storage is in Google Cloud, which uses other credentials.
      type: bool
  sample:
    scheme: s3
    account: null
    bucket: kong-fallback
    prefix: prod
    is_s3: true
    is_google: false
"""

from dataclasses import asdict
from typing import Any

from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import parse
from ansible_collections.kongops.fallback.plugins.plugin_utils._filter import filter_of


@filter_of
def storage_url(text: str) -> dict[str, Any]:
    """The parts of a storage URL, and whose service it is."""
    storage = parse(str(text))
    return {**asdict(storage), "is_s3": storage.is_s3, "is_google": storage.is_google}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, object]:
        """The filters of this file by their names."""
        return {"storage_url": storage_url}
