#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_lock
short_description: Let one job at a time work on a cluster
version_added: 0.1.0
description:
  - Keeps a lock in the fallback storage of the cluster, in the object C(<prefix>/lock/job.json), so that two jobs at
    once are detected wherever they run.
  - Fails while another holder has the lock, and says who, since when, and until when at most.
  - The lock of a job that was killed is free again when its lease is over.
  - On a store that ignores conditional writes two jobs that begin in the same moment may both get the lock.
options:
  state:
    description:
      - V(held) takes the lock, or renews the lease of one that this member has.
      - V(released) gives back what this member has of it, and nothing of other members or holders.
    type: str
    choices: [held, released]
    default: held
  holder:
    description:
      - Who works on the cluster, for example a job. It is shown to whoever is kept out.
    type: str
    required: true
  member:
    description:
      - The part of the holder that this is, for example a slice of a job. The lock is free when all members have
        given it back.
      - Without this option, the holder itself.
    type: str
  lease:
    description:
      - After how many seconds the lock of this member is free again, unless it is given back or renewed before.
    type: int
    default: 600
extends_documentation_fragment:
  - kongops.fallback.storage
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Can run in check mode and says whether the lock could be had, without a write.
    support: full
  diff_mode:
    description: Shows holder and members.
    support: full
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Keep other jobs out
  kongops.fallback.cluster_lock:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    holder: AWX workflow job 4711
    member: AWX job 4714

- name: Let other jobs in
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
  description: When the lock is free at the latest, in ISO 8601; null when nobody has it.
  type: str
  returned: success
  sample: "2026-11-22T08:10:00+00:00"
"""

from datetime import datetime, timezone

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput, OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._lock.lease import Claim, text_of
from ansible_collections.kongops.fallback.plugins.module_utils._lock.store import give_back, take
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.options import store_of


def claim_of(params):
    if params["lease"] < 1:
        raise InvalidInput(f"lease is {params['lease']}: give a number of seconds, 1 or more.")
    member = params["member"] or params["holder"]
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Claim(params["holder"], member, now, params["lease"])


def summary(lock, now):
    if lock is None or not lock.is_held(now):
        return {"holder": None, "members": []}
    return {"holder": lock.holder, "members": sorted(lock.members)}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "storage": {"required": True},
            "state": {"choices": ["held", "released"], "default": "held"},
            "holder": {"required": True},
            "member": {},
            "lease": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    try:
        store, claim = store_of(module), claim_of(module.params)
        act = take if module.params["state"] == "held" else give_back
        turn = act(store, claim, module.check_mode)
    except (InvalidInput, OperationFailed) as error:
        module.fail_json(msg=str(error))
    before, after = summary(turn.before, claim.now), summary(turn.after, claim.now)
    module.exit_json(
        changed=before != after,
        diff={"before": before, "after": after},
        holder=claim.holder,
        member=claim.member,
        members=after["members"],
        until=text_of(turn.after.until) if after["members"] else None,
    )


if __name__ == "__main__":
    main()
