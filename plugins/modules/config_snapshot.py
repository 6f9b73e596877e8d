#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_snapshot
short_description: Publish, promote, roll back or remove a configuration snapshot
version_added: 0.1.0
description:
  - Publishes a configuration as the snapshot that new data planes of one gateway version import while the control
    plane is down.
  - The gateway's exporters normally write this object. Publish it yourself if there is no exporter yet, before an
    upgrade, after a disaster, or to roll back.
  - First judges the snapshot, then archives it, then replaces the stored one on condition that it has not changed in
    the meantime, then reads it back and compares it. Only then does the module report success. If it is killed at any
    moment, it leaves the old snapshot or the new one, and the next run continues.
  - Never replaces a good snapshot with a worse one unless you set O(force), and never publishes what no gateway could
    import.
options:
  gateway_version:
    description:
      - The full version, all four parts, of the gateways that will import the snapshot.
    type: str
    required: true
  state:
    description:
      - V(present) publishes. V(absent) removes the snapshot of a version that no gateway runs any longer; older
        versions of the object and the archive stay.
    type: str
    choices: [present, absent]
    default: present
  src:
    description:
      - A file with the configuration, as JSON or as the YAML of C(kong config db_export), on the host where the
        module runs.
    type: path
  content:
    description:
      - The configuration as text, JSON or YAML. For more than a few kilobytes use O(src).
    type: raw
  from_gateway_version:
    description:
      - Promote the snapshot of this gateway version, for example before an upgrade to O(gateway_version).
      - If it is newer than O(gateway_version), even if only by a patch, this needs O(force), because an older gateway
        refuses what it does not know.
    type: str
  from_version_id:
    description:
      - Roll back to this version of the object, see
        RV(kongops.fallback.config_snapshot_info#module:snapshots[].history).
    type: str
  from_sha256:
    description:
      - Roll back to the archived snapshot whose bytes have this SHA-256. Works without a versioned bucket.
    type: str
  from_storage:
    description:
      - Copy the snapshot of O(gateway_version) from this storage, for example into a replica of it in another region.
      - What this option leaves out is as for O(storage).
    type: dict
    suboptions:
      storage:
        description: The storage to copy from, as V(s3://bucket/prefix).
        type: str
        required: true
      region:
        description: Its region.
        type: str
      endpoint_url:
        description: Its endpoint, if it is not in AWS.
        type: str
      access_key:
        description: The access key to read it with.
        type: str
      secret_key:
        description: The secret of that key.
        type: str
      session_token:
        description: The session token of that key.
        type: str
      sha256:
        description: The SHA-256 that the snapshot must have; the module fails if it is another one by now.
        type: str
  max_shrink_percent:
    description:
      - The largest percentage of the entities, and of the routes, that may disappear at once.
    type: int
    default: 50
  force:
    description:
      - Publish even an empty or shrunk snapshot or one of a newer gateway, or remove one that seems to be in use.
      - Does not publish an unimportable snapshot, and does not overwrite one that has changed in the meantime.
    type: bool
    default: false
  archive:
    description:
      - Whether to keep an immutable copy of the published snapshot, and of the good snapshot that it replaces, under
        C(archive/<gateway version>/<SHA-256>.json) in the storage.
      - With O(signing_key) each copy gets a signed entry in C(chain.json) beside it. With O(verification_key) alone
        nothing is archived.
      - With either key, a snapshot that is promoted or restored has to have an entry in the archive, unless you set
        O(force).
    type: bool
    default: true
  versions_in_use:
    description:
      - The gateway versions that nodes run. O(state=absent) does not remove a snapshot of one of them.
    type: list
    elements: str
    default: []
  s3_config:
    description:
      - Further C(PutObject) arguments, as in C(cluster_fallback_export_s3_config), for example for encryption with a
        KMS key.
    type: dict
    default: {}
  allow_unconditional:
    description:
      - Whether to publish to a store that ignores conditional writes, where two publishers could overwrite each
        other. The module then warns.
    type: bool
    default: false
extends_documentation_fragment:
  - kongops.fallback.storage
  - kongops.fallback.storage.services
  - kongops.fallback.snapshot
  - kongops.fallback.archive
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - kongops.fallback.requirements.signing
attributes:
  check_mode:
    description: Can run in check mode and predicts what it would do, without writing.
    support: full
  diff_mode:
    description: Shows digests and the numbers of entities, never a configuration, which holds credentials.
    support: full
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Publish the configuration of the control plane
  kongops.fallback.config_snapshot:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_version: 3.11.0.3
    src: /srv/kong/kong.yml
    minimum_entities:
      routes: 100

- name: Promote the snapshot before an upgrade
  kongops.fallback.config_snapshot:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_version: 3.12.0.9
    from_gateway_version: 3.11.0.14

- name: Roll back to yesterday's snapshot
  kongops.fallback.config_snapshot:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_version: 3.11.0.3
    from_version_id: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY

- name: Copy the snapshot to another region
  kongops.fallback.config_snapshot:
    storage: s3://kong-fallback-replica/prod
    region: eu-west-1
    gateway_version: 3.11.0.3
    from_storage:
      storage: s3://kong-fallback/prod
      region: eu-central-1

- name: Encrypt the snapshot with your own key
  kongops.fallback.config_snapshot:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_version: 3.11.0.3
    src: /srv/kong/kong.yml
    s3_config:
      ServerSideEncryption: aws:kms
      SSEKMSKeyId: alias/kong-fallback

- name: Remove the snapshot of a version that is gone
  kongops.fallback.config_snapshot:
    storage: s3://kong-fallback/prod
    region: eu-central-1
    gateway_version: 3.9.1.2
    state: absent
    versions_in_use: "{{ fleet_gateway_versions }}"
"""

RETURN = r"""
key:
  description: The key of the snapshot in the bucket.
  type: str
  returned: always
  sample: prod/3.11.0.3/config.json
sha256:
  description: SHA-256 of the bytes of the snapshot.
  type: str
  returned: when O(state=present)
  sample: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7
digest:
  description: SHA-256 of the configuration; it does not depend on the formatting or the order of the entities.
  type: str
  returned: when O(state=present)
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
entities:
  description: The number of entities in each collection.
  type: dict
  returned: when O(state=present)
  sample: {"routes": 210, "services": 202}
findings:
  description: The findings about the snapshot, see
    RV(kongops.fallback.config_snapshot_info#module:snapshots[].findings).
  type: list
  elements: dict
  returned: when O(state=present)
  sample: []
version_id:
  description: The version of the object, if the bucket is versioned.
  type: str
  returned: when O(state=present) and not in check mode
  sample: 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY
archive_key:
  description: The key of the immutable copy.
  type: str
  returned: when O(state=present) and O(archive=true)
  sample: prod/archive/3.11.0.3/3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7.json
"""

from datetime import datetime, timezone
from typing import Any

# Not by AnsibleAWSModule.warn, which passes warnings on in a way that ansible-core deprecates.
from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._archive.archive_task import (
    ARCHIVE_OPTIONS,
    signed_archive,
    store_of_copies,
)
from ansible_collections.kongops.fallback.plugins.module_utils._archive.archiving import SignedArchive, require_vouched
from ansible_collections.kongops.fallback.plugins.module_utils._archive.chain import PROMOTED, PUBLISHED, RESTORED
from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._disk import read_regular
from ansible_collections.kongops.fallback.plugins.module_utils._errors import InvalidInput
from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import GatewayVersion, parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import SNAPSHOT_OPTIONS, demands_of
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.publication import (
    Body,
    PublicationPlan,
    Published,
    Signing,
    Wishes,
    archived_body,
    copied_body,
    given_body,
    plan_publication,
    plan_removal,
    promoted_body,
    publish,
    stored_body,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.services import other_store, snapshot_store
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import SnapshotStore
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import OTHER_PLACE

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    **SNAPSHOT_OPTIONS,
    **ARCHIVE_OPTIONS,
    "gateway_version": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "src": {"type": "path"},
    "content": {"type": "raw", "no_log": True},
    "from_gateway_version": {"type": "str"},
    "from_version_id": {"type": "str"},
    "from_sha256": {"type": "str"},
    "from_storage": {"type": "dict", "options": {**OTHER_PLACE, "sha256": {"type": "str"}}},
    "max_shrink_percent": {"type": "int", "default": 50},
    "force": {"type": "bool", "default": False},
    "archive": {"type": "bool", "default": True},
    "versions_in_use": {"type": "list", "elements": "str", "default": []},
    "s3_config": {"type": "dict", "default": {}},
    "allow_unconditional": {"type": "bool", "default": False},
}
SOURCES = ("src", "content", "from_gateway_version", "from_version_id", "from_sha256", "from_storage")
RESTRICTIONS: dict[str, Any] = {
    "required_if": [("state", "present", SOURCES, True)],
    "mutually_exclusive": [SOURCES],
}


def run(module: AnsibleAWSModule) -> dict[str, Any]:
    """What the module returns, after the work; raises InvalidInput and OperationFailed."""
    store, version = snapshot_store(module), parse_version(module.params["gateway_version"])
    archive = signed_archive(module, store)
    wishes = wishes_of(module, store, version, archive)
    plan = plan_of(module, store, version, wishes, archive)
    published = Published() if module.check_mode else publish(store, version, plan, wishes)
    for warning in (*(plan.wanted.notes if plan.wanted else ()), *published.warnings):
        warn(warning)
    return answer(plan, published)


def wishes_of(
    module: AnsibleAWSModule, store: SnapshotStore, version: GatewayVersion, archive: SignedArchive | None
) -> Wishes:
    """How to publish, according to the options; raises InvalidInput."""
    params = module.params
    signs = archive is not None and archive.sign is not None
    return Wishes(
        rules=demands_of(params).rules(version),
        archive=params["archive"] and (signs or archive is None),
        force=params["force"],
        max_shrink_percent=params["max_shrink_percent"],
        allow_unconditional=params["allow_unconditional"],
        s3_config=params["s3_config"],
        copies=store_of_copies(module, store),
        signed=Signing(archive, event_of(params), datetime.now(timezone.utc)) if archive and signs else None,
    )


def event_of(params: dict[str, Any]) -> str:
    """Why the snapshot is published, in the words of the chain."""
    if any(params[source] is not None for source in ("src", "content", "from_storage")):
        return PUBLISHED
    return PROMOTED if params["from_gateway_version"] is not None else RESTORED


def plan_of(
    module: AnsibleAWSModule,
    store: SnapshotStore,
    version: GatewayVersion,
    wishes: Wishes,
    archive: SignedArchive | None,
) -> PublicationPlan:
    """The plan; raises InvalidInput for one that must not be carried out."""
    params, now = module.params, datetime.now(timezone.utc)
    if params["state"] == "present":
        body = wanted_body(module, store, version, wishes)
        if archive and body.origin and not wishes.force:
            require_vouched(archive, parse_version(params["from_gateway_version"] or str(version)), body.origin, now)
        return plan_publication(store, version, body, wishes)
    in_use = [parse_version(text) for text in params["versions_in_use"]]
    return plan_removal(store, version, in_use, wishes, now)


def wanted_body(module: AnsibleAWSModule, store: SnapshotStore, version: GatewayVersion, wishes: Wishes) -> Body:
    """The snapshot from the one source that is given."""
    params, rules, elsewhere = module.params, wishes.rules, module.params["from_storage"]
    if params["src"] is not None:
        return given_body(content_of(params["src"], params["max_size"]), rules)
    if params["content"] is not None:
        return given_body(text_of(params["content"]).encode(), rules)
    if elsewhere is not None:
        return copied_body(other_store(module, elsewhere), version, elsewhere["sha256"], rules)
    if params["from_gateway_version"] is not None:
        return promoted_body(store, parse_version(params["from_gateway_version"]), wishes)
    if params["from_sha256"] is not None:
        return archived_body(wishes.copies or store, version, params["from_sha256"], rules)
    return stored_body(store, store.storage.key(version), params["from_version_id"], rules)


def content_of(src: str, max_size: int) -> bytes:
    """The bytes of a file; raises InvalidInput without one, OperationFailed if it cannot be read."""
    data = read_regular(src, max_size, raised_by="max_size")
    if data is None:
        raise InvalidInput(f"Could not read src {src}, because there is no such file: give a file of this host.")
    return data


def text_of(content: Any) -> str:
    """The content; raises InvalidInput if Ansible has turned it into data."""
    if not isinstance(content, str):
        raise InvalidInput("content is data instead of text: add the filter to_json to it, or use src.")
    return content


def answer(plan: PublicationPlan, published: Published) -> dict[str, Any]:
    """What the module returns."""
    difference = {
        "before_header": plan.key,
        "after_header": plan.key,
        "before": summary(plan.before),
        "after": summary(plan.wanted),
    }
    result = {"changed": plan.changes, "diff": difference, "key": plan.key}
    if plan.wanted:
        result.update(
            sha256=plan.wanted.sha256,
            digest=plan.wanted.judgement.digest,
            entities=dict(plan.wanted.judgement.entities),
            findings=[finding.as_dict() for finding in plan.wanted.judgement.findings],
            version_id=published.version_id,
            archive_key=plan.archive_key,
        )
    return result


def summary(body: Body | None) -> dict[str, Any]:
    """A snapshot as a diff shows it: nothing of its content, which contains credentials."""
    if body is None:
        return {}
    return {
        "digest": body.judgement.digest,
        "entities": dict(body.judgement.entities),
        "outcome": body.judgement.outcome,
        "size": len(body.content),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True, **RESTRICTIONS)
    finish(module, run)


if __name__ == "__main__":
    main()
