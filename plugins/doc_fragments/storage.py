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

    SERVICES = r"""
options: {}
notes:
  - V(gcs://…) and V(gs://…) need the library C(google-cloud-storage) and credentials as Google's tools take them, for
    example a file that E(GOOGLE_APPLICATION_CREDENTIALS) names.
  - V(azure://…) needs the libraries C(azure-storage-blob) and C(azure-identity) and credentials as Azure's tools take
    them, such as E(AZURE_TENANT_ID), E(AZURE_CLIENT_ID) and E(AZURE_CLIENT_SECRET), E(AZURE_STORAGE_KEY) or
    E(AZURE_STORAGE_CONNECTION_STRING).
  - Outside of S3 the options for AWS have no effect.
"""
