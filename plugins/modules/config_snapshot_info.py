#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_snapshot_info
short_description: Verify the configuration snapshots in the fallback storage
version_added: 0.1.0
description:
  - Checks the snapshot that new data planes of Kong Gateway would import while the control plane is down, and
    reports what is wrong with it.
  - That a snapshot exists proves nothing. It may be empty, truncated, for another gateway version, or refused by the
    gateway.
  - Changes nothing, and does not fail for a bad snapshot. It fails only if its options make no sense. Look at
    RV(verified).
options:
  gateway_versions:
    description:
      - The full gateway versions, all four parts each, whose snapshots to check.
      - Without this option, every version that has a folder in the storage.
    type: list
    elements: str
    default: []
  depth:
    description:
      - V(quick) reads only the headers. It sends one request per version and tells whether a snapshot exists, how old
        and how large it is.
      - V(full) also reads the snapshot and judges it as a gateway would when it imports.
    type: str
    choices: [quick, full]
    default: full
  max_age:
    description:
      - A snapshot older than this many seconds has the outcome V(stale).
      - Set it only if the configuration changes often. The gateway exports on a change, so an old snapshot may well be
        the current one.
    type: int
  max_shrink_percent:
    description:
      - A snapshot that lost a larger percentage of its entities or of its routes since its last good version has the
        outcome V(shrunk).
      - Needs a versioned bucket and O(depth=full).
    type: int
  require_encryption:
    description:
      - Whether a snapshot that the store does not encrypt has the outcome V(unencrypted). Otherwise that is a
        warning.
    type: bool
    default: false
  known_etags:
    description:
      - For each gateway version the RV(snapshots[].etag) of a snapshot that an earlier run verified.
      - The module does not read a snapshot that still has this ETag again.
    type: dict
    default: {}
  wait_timeout:
    description:
      - The number of seconds to wait until every snapshot meets O(wait_for). They come on top of O(timeout).
      - If one does not by then, the module returns what it saw last, and RV(arrived=false).
    type: int
    default: 0
  wait_for:
    description:
      - V(verified) waits for a good snapshot, V(written) for one that was written since O(before), V(changed) for
        one whose configuration differs from that in O(before).
      - V(seen) is like V(written), but the heartbeat of an exporter since O(before) also suffices, because only
        one of several exporters writes.
    type: str
    choices: [verified, written, seen, changed]
    default: verified
  before:
    description:
      - The RV(snapshots) of an earlier look.
      - For a snapshot that is not among them, the module only waits until it is verified.
    type: list
    elements: dict
    default: []
  history:
    description:
      - How many versions of each snapshot to list, newest first. With O(depth=full) the module reads and judges each of
        them.
    type: int
    default: 0
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.storage.services
  - kongops.fallback.snapshot
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - kongops.fallback.requirements.controller
attributes:
  check_mode:
    description: Can run in check mode with the same result, because it changes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Verify the snapshot of every version in use
  kongops.fallback.config_snapshot_info:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_versions:
      - 3.10.0.2
      - 3.11.0.3
    minimum_entities:
      routes: 100
  register: snapshots
  failed_when: not snapshots.verified

- name: Check every minute that the snapshot exists, and read it only if it is new
  kongops.fallback.config_snapshot_info:
    storage: s3://kong-fallback/prod
    endpoint_url: https://minio.example.com:9000
    access_key: AKIAIOSFODNN7EXAMPLE
    secret_key: "{{ vaulted_secret_key }}"
    gateway_versions: [3.11.0.3]
    known_etags:
      3.11.0.3: 9b2cf535f27731c974343645a3985328

- name: Find the version to roll back to
  kongops.fallback.config_snapshot_info:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_versions: [3.11.0.3]
    history: 10
"""

RETURN = r"""
verified:
  description:
    - Whether every requested snapshot has the outcome V(ok) and the module judged its body, in this run or in the run
      that returned its known ETag.
    - Never V(true) if there is no snapshot.
  type: bool
  returned: always
  sample: true
arrived:
  description: Whether every requested snapshot meets O(wait_for).
  type: bool
  returned: always
  sample: true
snapshots:
  description: One entry per gateway version, in the requested order.
  type: list
  elements: dict
  returned: always
  contains:
    gateway_version:
      description: The gateway version that imports this snapshot.
      type: str
      returned: always
      sample: 3.11.0.3
    outcome:
      description:
        - V(ok), or the most serious problem.
        - V(unreachable), V(denied) and V(missing) mean that the module got no snapshot; V(denied) may hide a missing
          one from credentials without C(s3:ListBucket).
        - A V(corrupt) snapshot cannot be read as a configuration; an V(unimportable) one can, but the gateway would
          refuse it.
        - V(empty) has nothing to serve, V(shrunk) too little, V(stale) is older than O(max_age), and V(unencrypted)
          is not encrypted although you require it.
      type: str
      returned: always
      sample: ok
    message:
      description: The outcome as a sentence.
      type: str
      returned: always
      sample: s3://kong-fallback/prod/3.11.0.3/config.json is a snapshot of 412 entities for 3.11.0.3.
    findings:
      description: All findings, warnings included. No finding repeats a value of the configuration.
      type: list
      elements: dict
      returned: always
      sample:
        - code: dangling-reference
          severity: error
          message: service points at nothing in services.
          pointer: /routes/7/service
          fact: "3.4"
          setting:
          line:
    sha256:
      description: SHA-256 of the bytes of the snapshot, if the module read them.
      type: str
      returned: always
      sample: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7
    digest:
      description: SHA-256 of the configuration; it does not depend on the formatting or the order of the entities.
      type: str
      returned: always
      sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    configuration_hash:
      description:
        - The hash that a gateway shows in its status while it serves this configuration, if the module read it.
      type: str
      returned: always
      sample: 779742c3d7afee2e38f977044d2ed96b
    entities:
      description: The number of entities in each collection.
      type: dict
      returned: always
      sample: {"routes": 210, "services": 202}
    route:
      description:
        - A request that a gateway with this snapshot serves, for M(kongops.fallback.outage_drill); preferably to a
          route without its own plugins.
        - Null if the snapshot is not good, was not read, or has no route that a simple GET matches.
      type: dict
      returned: always
      sample: {"path": "/orders", "host": null, "method": "GET"}
    plugins:
      description: The names of the plugins that the snapshot uses.
      type: list
      elements: str
      returned: always
      sample: [cors, key-auth]
    size:
      description: Size in bytes.
      type: int
      returned: always
      sample: 421337
    etag:
      description: The store's identifier of this content, for O(known_etags). It is not a checksum.
      type: str
      returned: always
      sample: 9b2cf535f27731c974343645a3985328
    last_modified:
      description: When the snapshot was written, in ISO 8601.
      type: str
      returned: always
      sample: "2026-11-22T07:30:00+00:00"
    age_seconds:
      description: The age of the snapshot in seconds.
      type: int
      returned: always
      sample: 3600
    version_id:
      description: The version of the object, if the bucket is versioned.
      type: str
      returned: always
      sample: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY
    uploader:
      description: The node id of the exporter that wrote the snapshot.
      type: str
      returned: always
      sample: 5c6c7b9e-0d6f-4a57-9a0e-2f3f3c2c8a11
    encryption:
      description: The encryption that the store reports.
      type: str
      returned: always
      sample: aws:kms
    exporters:
      description: The exporters by their heartbeat, newest first. Only with O(depth=full).
      type: list
      elements: dict
      returned: always
      sample:
        - node_id: 5c6c7b9e-0d6f-4a57-9a0e-2f3f3c2c8a11
          last_seen: "2026-11-22T07:25:00+00:00"
          age_seconds: 300
    history:
      description: The newest versions of the object, including deletions, as many as O(history) asks for. Only with
        O(depth=full).
      type: list
      elements: dict
      returned: always
      sample:
        - version_id: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY
          last_modified: "2026-11-22T07:30:00+00:00"
          is_latest: true
          deleted: false
          etag: 9b2cf535f27731c974343645a3985328
          size: 421337
          outcome: ok
          sha256: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7
          digest: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
          entities: {"routes": 210, "services": 202}
"""

from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish, last_look
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.arrival import SIGNS, VERIFIED, has_arrived
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import (
    FULL,
    QUICK,
    SNAPSHOT_OPTIONS,
    demands_of,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.services import snapshot_store
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import verify_snapshot

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    **SNAPSHOT_OPTIONS,
    "gateway_versions": {"type": "list", "elements": "str", "default": []},
    "depth": {"type": "str", "choices": [QUICK, FULL], "default": FULL},
    "max_age": {"type": "int"},
    "max_shrink_percent": {"type": "int"},
    "require_encryption": {"type": "bool", "default": False},
    "known_etags": {"type": "dict", "default": {}},
    "wait_timeout": {"type": "int", "default": 0},
    "wait_for": {"type": "str", "choices": list(SIGNS), "default": VERIFIED},
    "before": {"type": "list", "elements": "dict", "default": []},
    "history": {"type": "int", "default": 0},
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    return last_look(lambda: look(module), lambda seen: bool(seen["arrived"]), module.params["wait_timeout"])


def look(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns at this moment."""
    demands, store = demands_of(module.params), snapshot_store(module)
    versions = [parse_version(text) for text in module.params["gateway_versions"]] or store.gateway_versions()
    known, now = module.params["known_etags"], datetime.now(timezone.utc)
    reports = [verify_snapshot(store, version, demands, now, known.get(str(version))) for version in versions]
    verified, snapshots = all(report.verified for report in reports), [report.as_dict() for report in reports]
    before = {str(each.get("gateway_version")): each for each in module.params["before"]}
    sign = module.params["wait_for"]
    arrived = all(has_arrived(sign, before.get(each["gateway_version"]), each) for each in snapshots)
    return {
        "changed": False,
        "verified": bool(reports) and verified,
        "arrived": bool(reports) and verified and arrived,
        "snapshots": snapshots,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run, module.params["timeout"] + module.params["wait_timeout"])


if __name__ == "__main__":
    main()
