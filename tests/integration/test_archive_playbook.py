# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signed archive by the playbooks: archived, tampered with, found, and a good copy put back."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from tests.ansible import Run, run_module
from tests.archive_keys import new_key
from tests.fleet.cluster import Cluster
from tests.snapshots import body, flat
from tests.waiting import until


def test_what_gateways_serve_is_archived_tampering_is_found_and_a_good_copy_put_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    keys, root, client = new_key(), cluster.server.root, cluster.server.client()
    key_file = tmp_path / "archive.key"
    key_file.touch(mode=0o600)
    key_file.write_text(keys.private)
    signing_key = {"type": "file", "name": str(key_file)}
    operator = {"kong_fallback_hash_grace": 1}
    with_public_key = {**operator, "kong_fallback_verification_key": keys.public}

    def play(playbook: str, options: dict[str, Any]) -> Run:
        return cluster.fleet.play(f"kongops.fallback.{playbook}", *cluster.by_operator(**options))

    def stored(key: str) -> bytes:
        content: bytes = client.get_object(Bucket=cluster.bucket, Key=key)["Body"].read()
        return content

    version, good = cluster.fleet.version, body(flat(1, 1))
    published = run_module(
        "config_snapshot",
        {
            "storage": f"s3://{cluster.bucket}/prod",
            "endpoint_url": cluster.server.endpoint_url,
            "access_key": root.access_key_id,
            "secret_key": root.secret_access_key,
            "gateway_version": version,
            "content": good.decode(),
            "signing_key": signing_key,
        },
    )
    cluster.take_part(cluster.control_plane)
    until(lambda: stored(cluster.snapshot_key()) != good, 30)
    served = hashlib.sha256(stored(cluster.snapshot_key())).hexdigest()
    data_plane = cluster.new_data_plane("dp1")
    cluster.take_part(data_plane)
    until(lambda: data_plane.get("/hello")[0] == 200, 30)

    archived = play("archive", {**operator, "kong_fallback_signing_key": signing_key})
    assert archived.code == 0, archived.output
    assert archived.changed == [
        "Archive each snapshot that gateways serve, and remove what the retention no longer keeps"
    ]
    folder = f"prod/archive/{version}"
    _first, entry = json.loads(stored(f"{folder}/chain.json"))["entries"]
    assert (entry["sha256"], entry["event"]) == (served, "served")
    assert "PRIVATE KEY" not in archived.output

    # A thief writes a snapshot with the key of the backup node, and with that of an administrator what it replaces.
    forged = body(flat(1, 2))
    client.put_object(Bucket=cluster.bucket, Key=cluster.snapshot_key(), Body=forged)
    client.put_object(Bucket=cluster.bucket, Key=f"{folder}/{served}.json", Body=forged)
    time.sleep(2)  # longer than the grace
    verified = play("verify", with_public_key)
    assert verified.code != 0
    assert f"copies have bytes that differ from those that were signed: 2 of {entry['time']}" in verified.reasons["cp1"]
    assert "and an earlier run has shown that hashes of this release can be compared" in verified.reasons["cp1"]

    back = {**with_public_key, "kong_fallback_gateway_version": version}
    refused = play("rollback", {**back, "kong_fallback_from_sha256": served})
    assert "does not match the SHA-256 in its name: do not use it" in refused.reasons["cp1"]
    restored = play("rollback", {**back, "kong_fallback_from_sha256": published["sha256"]})
    assert restored.code == 0, restored.output
    assert stored(cluster.snapshot_key()) == good
