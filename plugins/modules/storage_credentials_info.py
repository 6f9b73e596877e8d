#!/usr/bin/python
# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_credentials_info
short_description: Read the stored key of a node
version_added: 0.1.0
description:
  - Reads the key that M(kongops.fallback.storage_credentials) stored, or that you stored in the same form, a
    JSON object with C(access_key_id), C(secret_access_key) and, for a temporary key, C(session_token).
  - B(The result holds the secret.) Register it in a task with C(no_log), and never put it into a fact.
  - Fails when there is no key, except in check mode, which may run before the key exists.
options:
  secret_store:
    description:
      - Where the key is stored.
    type: dict
    required: true
    suboptions:
      type:
        description:
          - V(secretsmanager) is AWS Secrets Manager, V(ssm) a SecureString of the AWS Systems Manager Parameter Store.
          - V(file) is a file on the host where the module runs; only its owner can read it.
        type: str
        choices: [secretsmanager, ssm, file]
        required: true
      name:
        description:
          - The name of the secret or parameter, or the absolute path of the file.
        type: str
        required: true
extends_documentation_fragment:
  - kongops.fallback.time.requests
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - kongops.fallback.requirements.controller
attributes:
  check_mode:
    description: Also reads the key in check mode, and returns a placeholder for one that does not exist yet.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
notes:
  - Run it on the controller, once per key, however many nodes use it.
seealso:
  - module: kongops.fallback.storage_credentials
author:
  - kongops maintainers (@kongops)
"""

EXAMPLES = r"""
- name: Read the key of the data planes
  kongops.fallback.storage_credentials_info:
    secret_store:
      type: secretsmanager
      name: kong-fallback/prod/read
    region: eu-central-1
  register: reader
  run_once: true
  delegate_to: localhost
  no_log: true
"""

RETURN = r"""
exists:
  description: Whether there is a key. In check mode a missing key has placeholders as its two halves.
  returned: success
  type: bool
  sample: true
access_key_id:
  description: The public half of the key.
  returned: success
  type: str
  sample: AKIAIOSFODNN7EXAMPLE
secret_access_key:
  description: The secret half of the key. Keep it out of logs with C(no_log).
  returned: success
  type: str
  sample: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER
session_token:
  description: The session token of a temporary key, which is a secret too; otherwise empty.
  returned: success
  type: str
  sample: ''
secret_ref:
  description: Where the key is stored.
  returned: success
  type: str
  sample: secretsmanager:kong-fallback/prod/read
created:
  description: When the key was created (UTC, ISO 8601); null if its secret does not tell.
  returned: success
  type: str
  sample: "2026-11-22T07:30:00+00:00"
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.kongops.fallback.plugins.module_utils._deadline import REQUEST_ARGUMENTS, finish
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._storage.aws import client_of
from ansible_collections.kongops.fallback.plugins.module_utils._storage.rotation import Secret, parse_stored
from ansible_collections.kongops.fallback.plugins.module_utils._storage.secret_store import TYPES, secret_store

ARGUMENT_SPEC: dict[str, Any] = {
    **REQUEST_ARGUMENTS,
    "secret_store": {
        "no_log": False,  # names the place, holds no secret
        "type": "dict",
        "required": True,
        "options": {
            "type": {"type": "str", "choices": list(TYPES), "required": True},
            "name": {"type": "str", "required": True},
        },
    },
}

NOT_YET = Secret("not-created-yet", "not-created-yet")


def run(module: Any) -> dict[str, Any]:
    """The stored key, in check mode a placeholder if there is none; raises OperationFailed or InvalidInput."""
    wanted = module.params["secret_store"]
    store = secret_store(wanted["type"], wanted["name"], lambda service: client_of(module, service))
    stored = parse_stored(store.get(), store.ref).secret
    if stored is None and not module.check_mode:
        raise OperationFailed(
            f"There is no key in {store.ref}: run the playbook storage first, or correct kong_fallback_secret_store."
        )
    key = stored or NOT_YET
    return {
        "changed": False,
        "exists": stored is not None,
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
        "session_token": key.session_token or "",
        "secret_ref": store.ref,
        "created": key.created,
    }


def main() -> None:
    """Read the options, and the key."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    finish(module, run)


if __name__ == "__main__":
    main()
