#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_lock
short_description: Keep other jobs off a cluster
version_added: 0.1.0
description:
  - Keeps a lock in the fallback storage of the cluster, in the object C(<prefix>/lock/job.json), so that only one job
    at a time works on the cluster, whichever controllers the jobs run on.
  - Fails while another holder has the lock, and says who holds it, since when, and until when at most.
  - The lock of a job that was killed becomes free when its lease expires.
  - The lease is measured by the clocks of the controllers, so they must agree to within a fraction of it.
  - On a store that ignores conditional writes, two jobs that start at the same moment may both get the lock.
options:
  state:
    description:
      - V(held) takes the lock, or renews the lease of this member.
      - V(released) releases the part of this member, not that of other members or holders.
    type: str
    choices: [held, released]
    default: held
  holder:
    description:
      - Who works on the cluster, for example a job. The failure of another job names this holder.
    type: str
    required: true
  member:
    description:
      - The part of the holder, for example a slice of a job. The lock is free when all members have released it.
      - Without this option, the holder itself.
    type: str
  lease:
    description:
      - The number of seconds after which the lock of this member expires, unless it is released or renewed earlier.
    type: int
    default: 600
  process:
    description:
      - The ID of a process on the same host, such as that of C(ansible-playbook). While it runs, a process in the
        background renews the lease, three times per lease, until the lock is released.
      - Without this option, the job has to renew the lease itself.
    type: int
  temporary_directory:
    description:
      - A directory that this process removes when it ends normally, such as C(DEFAULT_LOCAL_TMP) of Ansible.
      - If the directory is gone when the process ends, the lock is released. If it is still there, the process was
        killed and parts of its work may still be running, so the lease has to expire.
    type: path
  if_possible:
    description:
      - If the storage cannot hold a lock, because it does not answer, has no bucket yet, or denies access to
        the object, go on without one and say why in a warning.
      - The module still fails if another holder has the lock.
    type: bool
    default: false
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.storage.services
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - kongops.fallback.requirements.controller
attributes:
  check_mode:
    description: Reports whether the lock is available, and writes nothing.
    support: full
  diff_mode:
    description: Shows holder and members.
    support: full
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Take the lock of the cluster
  kongops.fallback.cluster_lock:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    holder: AWX workflow job 4711
    member: AWX job 4714

- name: Release the lock of the cluster
  kongops.fallback.cluster_lock:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    holder: AWX workflow job 4711
    member: AWX job 4714
    state: released
"""

RETURN = r"""
holder:
  description: The holder of this claim; null if the storage cannot hold a lock.
  type: str
  returned: success
  sample: AWX workflow job 4711
member:
  description: The member of this claim.
  type: str
  returned: success
  sample: AWX job 4714
members:
  description: The members that have the lock now.
  type: list
  elements: str
  returned: success
  sample: [AWX job 4713, AWX job 4714]
until:
  description: When the lock expires, in ISO 8601; null if it is free.
  type: str
  returned: success
  sample: "2026-11-22T08:10:00+00:00"
"""

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.botocore import HAS_BOTO3
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, in_time
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._lock.keeper import detach, keep
from ansible_collections.kongops.fallback.plugins.module_utils._lock.lease import Claim, Lock, text_of
from ansible_collections.kongops.fallback.plugins.module_utils._lock.store import (
    Turn,
    release_lock,
    renew_lock,
    take_lock,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.services import snapshot_store
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore

RENEWALS_PER_LEASE = 3

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
    "holder": {"type": "str", "required": True},
    "member": {"type": "str"},
    "lease": {"type": "int", "default": 600},
    "process": {"type": "int"},
    "temporary_directory": {"type": "path"},
    "if_possible": {"type": "bool", "default": False},
}


def result(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, within its time; raises InvalidInput and OperationFailed."""
    try:
        return in_time(module, run)
    except OperationFailed as error:
        if not module.params["if_possible"]:
            raise
        return without_lock(module, str(error).rstrip("."))


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    claim = claim_of(module.params)
    turn = take(module, claim) if module.params["state"] == "held" else release(module, claim)
    before, after = summary(turn.before, claim.now), summary(turn.after, claim.now)
    return {
        "changed": before != after,
        "diff": {"before": before, "after": after},
        "holder": claim.holder,
        "member": claim.member,
        "members": after["members"],
        "until": text_of(turn.after.until) if turn.after and after["members"] else None,
    }


def take(module: AnsibleAWSModule, claim: Claim) -> Turn:
    """The lock before and after this claim took it; its lease is renewed in the background if a process is given."""
    directory = module.params["temporary_directory"]
    if module.params["process"] and not Path(directory).is_dir():
        # If the process is not visible here, its lease would be released at once.
        raise OperationFailed(f"There is no {directory} on this host: lock the cluster where the process runs.")
    turn = take_lock(lock_store(module), claim, module.check_mode)
    if module.params["process"] and not module.check_mode:
        detach(lambda: keep_lock(module))
    return turn


def keep_lock(module: AnsibleAWSModule) -> None:
    """Renew the lease of this claim while its process runs, then release its part of the lock."""
    store, params = lock_store(module), module.params
    every = params["lease"] / RENEWALS_PER_LEASE

    def renew() -> bool:
        try:
            return in_time(module, lambda _module: renew_lock(store, claim_of(params)), every)
        except OperationFailed:
            return True  # The store may answer again before the lease expires.

    keep(
        params["process"],
        Path(params["temporary_directory"]),
        renew,
        lambda: in_time(module, lambda _module: release_lock(store, claim_of(params)), every),
        every,
    )


def release(module: AnsibleAWSModule, claim: Claim) -> Turn:
    """The lock before and after this claim released its part; a warning if another holder has it by now."""
    turn = release_lock(lock_store(module), claim, module.check_mode)
    other = turn.before
    if other and other.holder != claim.holder and other.is_held(claim.now):
        warn(
            f"{claim.holder} lost the lock of {module.params['storage']}, because it could not renew it in"
            f" time: {other.holder} has been working there since {text_of(other.since)}. Check what both have done."
        )
    return turn


def lock_store(module: AnsibleAWSModule) -> SnapshotStore:
    """The storage that keeps the lock; raises InvalidInput and OperationFailed."""
    if not HAS_BOTO3:
        raise OperationFailed(f"There is no boto3 for {sys.executable}: install boto3 and botocore.")
    return snapshot_store(module)


def without_lock(module: AnsibleAWSModule, obstacle: str) -> dict[str, Any]:
    """What the module returns, with a warning, if the storage cannot hold a lock."""
    if module.params["state"] == "held":
        consequence = (
            "This job goes on without a lock there, and if it has none elsewhere, nothing keeps a second one off the "
            "cluster. If that is as it should be, set kong_fallback_lock to false."
        )
    else:
        consequence = "The lock becomes free when its lease expires."
    warn(f"{obstacle}. {consequence}")
    return {"changed": False, "holder": None, "member": None, "members": [], "until": None}


def claim_of(params: dict[str, Any]) -> Claim:
    """The claim of the options at this moment; raises InvalidInput."""
    if params["lease"] < 1:
        raise InvalidInput(f"lease is {params['lease']}: give a number of seconds, 1 or more.")
    member = params["member"] or params["holder"]
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Claim(params["holder"], member, now, params["lease"])


def summary(lock: Lock | None, now: datetime) -> dict[str, Any]:
    """The lock as a diff shows it."""
    if lock is None or not lock.is_held(now):
        return {"holder": None, "members": []}
    return {"holder": lock.holder, "members": sorted(lock.members)}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_by={"process": "temporary_directory"},
        # Without boto3 a job may go on.
        check_boto3=False,
    )
    try:
        outcome = result(module)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**outcome)


if __name__ == "__main__":
    main()
