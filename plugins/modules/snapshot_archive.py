#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_archive
short_description: Copy the live snapshot of a gateway version to its signed archive
version_added: 0.1.0
description:
  - Copies the snapshot that new data planes would import now to C(archive/<gateway version>/<SHA-256>.json), and signs
    an entry for it in C(chain.json) beside the copies. Each entry names the one before it by its SHA-256, so that
    M(kongops.fallback.snapshot_archive_info) can name each copy that was changed, replaced, removed or moved.
  - Signs exactly the bytes with O(sha256). Compare them with what the gateways serve before, as the playbook
    C(kongops.fallback.archive) does.
  - Does not add to a damaged chain.
  - Removes the copies that O(keep_count) and O(keep_days) no longer keep, after an entry that says so. Their entries
    stay.
options:
  gateway_version:
    description:
      - The full version, all four parts, of the gateways whose snapshot it is.
    type: str
    required: true
  sha256:
    description:
      - The SHA-256 of the live snapshot, see
        RV(kongops.fallback.config_snapshot_info#module:snapshots[].sha256). The module fails if the snapshot is another
        one by now.
      - Without this option the module archives nothing, and only removes what the retention no longer keeps.
    type: str
  adopt:
    description:
      - Whether to begin the chain with the copies that an archive without a chain has, for example from before you
        signed it. The module reads each of them, and marks it as adopted.
    type: bool
    default: false
  keep_count:
    description:
      - How many copies to keep; 0 for all.
      - The newest copy, and the newest that gateways served or that an operator published, always stay.
    type: int
    default: 0
  keep_days:
    description:
      - For how many days to keep a copy; 0 for no limit.
    type: int
    default: 0
  s3_config:
    description:
      - Further C(PutObject) arguments for the objects of the archive, for example for encryption with a KMS key.
    type: dict
    default: {}
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
    description: Can run in check mode and predicts what it would do, without writing.
    support: full
  diff_mode:
    description: Shows the copies of the archive, never a configuration, which holds credentials.
    support: full
seealso:
  - module: kongops.fallback.snapshot_archive_info
  - module: kongops.fallback.config_snapshot
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Archive the snapshot that the gateways serve, and keep the last hundred
  kongops.fallback.snapshot_archive:
    storage: s3://kong-fallback/prod
    archive_storage: s3://kong-fallback-archive/prod
    region: eu-central-1
    gateway_version: 3.11.0.3
    sha256: "{{ verified.snapshots[0].sha256 }}"
    signing_key:
      type: file
      name: /etc/kong-fallback/archive.key
    keep_count: 100
"""

RETURN = r"""
archived:
  description: The SHA-256 of the copy that got an entry; null if it had one.
  type: str
  returned: always
  sample: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7
adopted:
  description: The copies with which the chain began.
  type: list
  elements: str
  returned: always
  sample: []
removed:
  description: The copies that the retention removed.
  type: list
  elements: str
  returned: always
  sample: []
entries:
  description: The number of entries in the chain.
  type: int
  returned: always
  sample: 412
head:
  description: The SHA-256 of the last entry; null if there is none, or if check mode only predicts it.
  type: str
  returned: always
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
"""

from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._archive.archive_task import (
    ARCHIVE_OPTIONS,
    needed_archive,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.archiving import (
    ArchivePlan,
    keep_archive,
    plan_archive,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import Chain, copies_of
from ansible_collections.kongops.fallback.plugins.module_utils._archive.retention import Keep
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.services import snapshot_store

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    **ARCHIVE_OPTIONS,
    "gateway_version": {"type": "str", "required": True},
    "sha256": {"type": "str"},
    "adopt": {"type": "bool", "default": False},
    "keep_count": {"type": "int", "default": 0},
    "keep_days": {"type": "int", "default": 0},
    "s3_config": {"type": "dict", "default": {}},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    params, now = module.params, datetime.now(timezone.utc)
    store, version = snapshot_store(module), parse_version(params["gateway_version"])
    store.check_s3_config(params["s3_config"])
    archive = needed_archive(module, store)
    keep = keep_of(params)
    plan = plan_archive(archive, store, version, params["sha256"], adopts=params["adopt"], keep=keep, now=now)
    if module.check_mode:
        return answer(plan, plan.predicted, None if plan.changes else plan.before)
    after = keep_archive(archive, version, plan, now)
    return answer(plan, after, after)


def keep_of(params: dict[str, Any]) -> Keep:
    """What the options keep; raises InvalidInput."""
    for name in ("keep_count", "keep_days"):
        if params[name] < 0:
            raise InvalidInput(f"{name} is {params[name]}: give a number that is not negative.")
    return Keep(params["keep_count"], params["keep_days"])


def answer(plan: ArchivePlan, after: Chain, signed: Chain | None) -> dict[str, Any]:
    """What the module returns; ``signed`` is None for a chain that is only predicted."""
    return {
        "changed": plan.changes,
        "archived": plan.new.sha256 if plan.new else None,
        "adopted": [copy.sha256 for copy in plan.adopted],
        "removed": [copy.sha256 for copy in plan.expired],
        "entries": len(after),
        "head": signed[-1].digest if signed else None,
        "diff": {"before": shown(plan.before), "after": shown(after)},
    }


def shown(chain: Chain) -> dict[str, str]:
    """The copies of an archive as a diff shows them."""
    return {sha256: f"{entry.copy.event} {entry.time}" for sha256, entry in copies_of(chain).items()}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
