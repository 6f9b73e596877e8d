#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_archive_info
short_description: Check that the signed archive of snapshots has not been tampered with
version_added: 0.1.0
description:
  - Checks each entry of the chain and each copy in the archive of a gateway version with the public key alone.
  - Names entries and copies that were altered, replaced, deleted, moved, cut off, not signed, signed by another key,
    merged from two histories, taken from another archive, or back-dated.
  - Changes nothing, and does not fail for an archive that was tampered with. Look at RV(sound).
options:
  gateway_versions:
    description:
      - The full gateway versions, all four parts each, whose archives to check.
    type: list
    elements: str
    required: true
  depth:
    description:
      - V(quick) lists the copies, and reads only those whose size or ETag differs from the signed one.
      - V(full) reads every copy.
    type: str
    choices: [quick, full]
    default: quick
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.storage.services
  - kongops.fallback.archive
  - kongops.fallback.time.requests
  - kongops.fallback.requirements.signing
  - amazon.aws.common.modules
  - amazon.aws.region.modules
attributes:
  check_mode:
    description: Can run in check mode with the same result, because it changes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
seealso:
  - module: kongops.fallback.snapshot_archive
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Check the archive of every version in use
  kongops.fallback.snapshot_archive_info:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_versions:
      - 3.10.0.2
      - 3.11.0.3
    verification_key: "{{ lookup('ansible.builtin.file', 'keys/archive.pub') }}"
  register: archive
  failed_when: not archive.sound
"""

RETURN = r"""
sound:
  description: Whether every archive exists and is unchanged.
  type: bool
  returned: always
  sample: true
archives:
  description: One entry per gateway version, in the requested order.
  type: list
  elements: dict
  returned: always
  contains:
    gateway_version:
      description: The gateway version whose snapshots the copies are.
      type: str
      returned: always
      sample: 3.11.0.3
    location:
      description: Where the copies and their chain are.
      type: str
      returned: always
      sample: s3://kong-fallback/prod/archive/3.11.0.3/
    sound:
      description: Whether this archive exists and is unchanged.
      type: bool
      returned: always
      sample: true
    findings:
      description: Why it is not sound, one finding for each kind of tampering.
      type: list
      elements: dict
      returned: always
      sample:
        - code: archive-altered
          severity: error
          message: >-
            In s3://kong-fallback/prod/archive/3.11.0.3/ copies have other bytes than were signed: 3 of
            2026-11-22T07:30:00+00:00 (3a6eb0790f39).
    entries:
      description: The number of entries in the chain.
      type: int
      returned: always
      sample: 412
    head:
      description: The SHA-256 of the last entry; null without one.
      type: str
      returned: always
      sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    copies:
      description: The copies that the chain lists, oldest first.
      type: list
      elements: dict
      returned: always
      sample:
        - sha256: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7
          size: 421337
          time: "2026-11-22T07:30:00+00:00"
          event: served
          uploader: 5c6c7b9e-0d6f-4a57-9a0e-2f3f3c2c8a11
"""

from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._archive.archive_task import (
    ARCHIVE_OPTIONS,
    needed_archive,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.archiving import check_archive
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import FULL, QUICK
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.services import snapshot_store

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    **ARCHIVE_OPTIONS,
    "gateway_versions": {"type": "list", "elements": "str", "required": True},
    "depth": {"type": "str", "choices": [QUICK, FULL], "default": QUICK},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    params, now = module.params, datetime.now(timezone.utc)
    archive = needed_archive(module, snapshot_store(module))
    versions = [parse_version(text) for text in params["gateway_versions"]]
    reports = [check_archive(archive, version, now, params["depth"] == FULL).as_dict() for version in versions]
    return {"changed": False, "sound": all(report["sound"] for report in reports), "archives": reports}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
