# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A region is lost with its store: data planes fail over to the replica and back."""

from __future__ import annotations

import json
import uuid
from contextlib import ExitStack
from pathlib import Path

from tests.ansible import Run
from tests.fleet.cluster import Cluster, running_cluster
from tests.greeting import BODY
from tests.servers import S3Server, moto
from tests.waiting import until


def add_replica(cluster: Cluster, server: S3Server, keys: Path) -> str:
    """Give the inventory a replica on another server; its bucket, which is not there yet."""
    bucket = f"replica-{uuid.uuid4().hex[:12]}"
    cluster.fleet.variables |= {
        "kong_fallback_operator_access_key_id": cluster.server.root.access_key_id,
        "kong_fallback_operator_secret_access_key": cluster.server.root.secret_access_key,
        "kong_fallback_replication": "job",
        "kong_fallback_replica_storage": f"s3://{bucket}/prod",
        "kong_fallback_replica_region": server.region,
        "kong_fallback_replica_endpoint_url": server.endpoint_url,
        "kong_fallback_replica_secret_store": {"type": "file", "name": str(keys)},
        "kong_fallback_replica_operator_access_key_id": server.root.access_key_id,
        "kong_fallback_replica_operator_secret_access_key": server.root.secret_access_key,
    }
    return bucket


def test_a_new_data_plane_comes_up_from_the_replica_when_the_first_store_is_gone(
    tmp_path: Path, moto_iam_server: S3Server
) -> None:
    with ExitStack() as region:
        first = region.enter_context(moto())
        with running_cluster(tmp_path, first) as cluster:
            replica = add_replica(cluster, moto_iam_server, tmp_path / "keys")
            snapshot = cluster.export()
            serving = cluster.new_data_plane("dp1")
            cluster.take_part(serving)
            until(lambda: serving.get("/hello")[0] == 200, 30)
            pid = serving.pid

            def play(playbook: str, *arguments: str) -> Run:
                run = cluster.fleet.play(f"kongops.fallback.{playbook}", *arguments)
                assert run.code == 0, run.output
                return run

            play("storage", "-e", "kong_fallback_prove_access=never")  # The first server refuses nothing.
            archived = play("archive")
            assert archived.changed == ["Copy each snapshot that gateways serve to the replica"]
            copy = moto_iam_server.client().get_object(Bucket=replica, Key=cluster.snapshot_key())["Body"].read()
            assert copy == snapshot
            assert "The replica has the snapshot of" in play("verify").output

            cluster.control_plane.stop()
            region.close()
            newcomer = cluster.new_data_plane("dp2")
            failover = play("failover", "-e", "kong_fallback_import_from=replica")
            # The job says that the lock is not where it was, and holds the one in the replica.
            assert f"Could not read s3://{cluster.bucket}/prod/lock/job.json" in failover.output
            lock = moto_iam_server.client().get_object(Bucket=replica, Key="prod/lock/job.json")["Body"].read()
            assert json.loads(lock)["members"] == {}
            assert newcomer.get("/hello") == serving.get("/hello") == (200, BODY)
            assert serving.pid == pid
            assert f"s3://{replica}/prod" in serving.kong_conf.read_text()
            assert "would come up: yes" in play("verify", "-e", "kong_fallback_import_from=replica").output

            back = region.enter_context(moto(port=int(first.endpoint_url.rpartition(":")[2])))
            back.create_bucket(cluster.bucket)
            back.client().put_object(Bucket=cluster.bucket, Key=cluster.snapshot_key(), Body=snapshot)
            play("failover", "-e", "kong_fallback_import_from=primary", "-e", "kong_fallback_restart_serving=true")
            assert f"s3://{cluster.bucket}/prod" in serving.kong_conf.read_text()
            assert serving.pid != pid
            assert newcomer.get("/hello") == serving.get("/hello") == (200, BODY)
