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
    works on the cluster, whichever controllers the jobs run on.
  - Fails while another holder has the lock, and says who holds it, since when, and until when at most.
  - The lock of a job that was killed is free again when its lease has expired.
  - On a store that ignores conditional writes, two jobs that start at the same moment may both get the lock.
options:
  state:
    description:
      - V(held) takes the lock, or renews the lease of this member.
      - V(released) releases the part of this member, and not that of other members or holders.
    type: str
    choices: [held, released]
    default: held
  holder:
    description:
      - Who works on the cluster, for example a job. Jobs that have to wait are told this name.
    type: str
    required: true
  member:
    description:
      - The part of the holder, for example a slice of a job. The lock is free when all members have released it.
      - Without this option, the holder itself.
    type: str
  lease:
    description:
      - After how many seconds the lock of this member expires, unless it is released or renewed before.
    type: int
    default: 600
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - kongops.fallback.requirements.controller
attributes:
  check_mode:
    description: Says whether the lock is available, and writes nothing.
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
  description: The holder of this claim.
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

from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, in_time
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._lock.lease import Claim, Lock, text_of
from ansible_collections.kongops.fallback.plugins.module_utils._lock.store import release_lock, take_lock
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import snapshot_store

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "storage": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
    "holder": {"type": "str", "required": True},
    "member": {"type": "str"},
    "lease": {"type": "int", "default": 600},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    store, claim = snapshot_store(module), claim_of(module.params)
    act = take_lock if module.params["state"] == "held" else release_lock
    turn = act(store, claim, module.check_mode)
    before, after = summary(turn.before, claim.now), summary(turn.after, claim.now)
    return {
        "changed": before != after,
        "diff": {"before": before, "after": after},
        "holder": claim.holder,
        "member": claim.member,
        "members": after["members"],
        "until": text_of(turn.after.until) if turn.after and after["members"] else None,
    }


def claim_of(params: dict[str, Any]) -> Claim:
    """What the options ask of the lock at this moment; raises InvalidInput."""
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
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = in_time(module, run)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
