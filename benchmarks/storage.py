# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage and credentials, against the modules of amazon.aws that do as much of the same."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.benchmark import Benchmark, ratio
from benchmarks.playbook import OPPONENTS, play, profiled
from benchmarks.side_by_side import OURS, Contestant, Cost, Race, race
from tests.servers import moto

CHAIN = "chain of amazon.aws"
SUBJECT = "storage and credentials, nothing to change"


def storage(_case: str) -> Iterator[Race]:
    """A bucket, an identity that writes, one that reads, and their keys in the secret store, all of it there."""
    with tempfile.TemporaryDirectory(prefix="storage-") as directory, moto(enforce_iam=True) as server:
        inventory = Path(directory, "inventory.json")
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "kong_fallback_storage": "s3://kong-fallback/prod",
            # The chain asks no gateway either.
            "kong_fallback_gateway_version": "3.11.0.3",
            "kong_fallback_region": server.region,
            "kong_fallback_endpoint_url": server.endpoint_url,
            "kong_fallback_secret_store": {"type": "secretsmanager", "name": "kong/prod"},
        }
        groups = {"kong_backup_node": {"hosts": {"cp1": {}}}, "kong_data_plane": {"hosts": {"dp1": {}}}}
        inventory.write_text(json.dumps({"all": {"vars": variables, "children": groups}}))
        administrator = {
            "AWS_ACCESS_KEY_ID": server.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
        }
        playbooks = {CHAIN: OPPONENTS / "storage_chain.yml", OURS: "kongops.fallback.storage"}

        def converge(name: str, changes: bool, environment: Mapping[str, str]) -> Cost:
            return play(playbooks[name], inventory, changes=changes, environment={**administrator, **environment})

        # The secrets of the chain are ours: amazon.aws can read them, but has no module that writes them.
        for name in (OURS, CHAIN):
            converge(name, True, {})
        measured = race(SUBJECT, [Contestant(name, partial(converge, name, False, {})) for name in playbooks], 5)
        yield replace(measured, profile=profiled(partial(converge, OURS, False), inventory.parent))


STORAGE = Benchmark("storage", ["prepared"], storage, [ratio(SUBJECT, CHAIN, 0.35)])
