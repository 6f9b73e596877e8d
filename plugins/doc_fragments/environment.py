# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the documentation that the modules for the environment of the gateway share."""

from __future__ import annotations

from textwrap import indent

_OPTIONS = r"""
region:
  description:
    - The region of the fallback storage. Without a region the gateway never uses the storage.
    - Required for storage in S3, unless you remove the variables.
  type: str
endpoint_url:
  description:
    - The endpoint of an S3-compatible store, with its scheme, such as V(https://minio.example.com:9000/). Leave it out
      for AWS.
  type: str
access_key_id:
  description:
    - The access key. Leave both halves out if the host has an instance role.
  type: str
secret_access_key:
  description:
    - The secret half of the key.
  type: str
session_token:
  description:
    - The token of temporary credentials.
  type: str
variables:
  description:
    - Further variables for the gateway, such as E(GCP_SERVICE_ACCOUNT) with the text of the key file of a service
      account, or E(AZURE_TENANT_ID), E(AZURE_CLIENT_ID) and E(AZURE_CLIENT_SECRET).
    - An empty value removes the variable; a variable that you no longer list stays in the file, because vaults of the
      gateway may need it too.
  type: dict
  default: {}
service:
  description:
    - The systemd service of the gateway, such as V(kong-enterprise-edition.service). It gets a drop-in that names the
      file, because the shipped units do not name one.
    - Without it you have to pass the file to the gateway in another way.
  type: str
systemd_directory:
  description:
    - Where systemd looks for the units of this host.
  type: path
  default: /etc/systemd/system
path:
  description:
    - The environment file.
  type: path
  required: true
mode:
  description:
    - The permissions of the file, which holds a secret.
  type: raw
  default: "0600"
"""

_ATTRIBUTES = r"""
owner:
  description:
    - The owner of the file.
  type: str
group:
  description:
    - The group of the file.
  type: str
"""


class ModuleDocFragment:
    """The options of the modules that write the environment file of the gateway."""

    DOCUMENTATION: str = "options:\n" + indent(_OPTIONS, "  ")

    IN_A_DICT: str = "options:\n  environment:\n    suboptions:\n" + indent(_OPTIONS + _ATTRIBUTES, "      ")
