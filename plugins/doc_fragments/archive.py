# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the documentation that the modules for the archive share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that say where the archive is, and with which keys it is signed and checked."""

    DOCUMENTATION = r"""
options:
  archive_storage:
    description:
      - Where the archive is, as V(s3://bucket/prefix), if not in O(storage), for example a bucket with Object
        Lock.
      - It is reached with the same credentials, region and endpoint.
    type: str
  signing_key:
    description:
      - Where the Ed25519 private key that signs the archive is kept, as PEM without a password.
      - Needs the Python library C(cryptography), which comes with ansible-core.
    type: dict
    suboptions:
      type:
        description: The kind of place; V(file) is a file of the host where the module runs, which only its owner may
          read.
        type: str
        choices: [secretsmanager, ssm, file]
        required: true
      name:
        description: The name of the secret or of the parameter, or the absolute path of the file.
        type: str
        required: true
  verification_key:
    description:
      - The Ed25519 public key that checks the archive, as PEM; the public part of O(signing_key) counts too.
      - While you replace a signing key, give the old and the new public key, one after the other.
    type: str
"""
