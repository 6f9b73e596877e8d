# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is baked by the role; in an outage it boots as a new host, without Ansible, and serves."""

from __future__ import annotations

from pathlib import Path

from tests.fleet.cluster import running_cluster
from tests.greeting import BODY
from tests.servers import S3Server
from tests.waiting import until

OF_THIS_MACHINE = ("kong.id", "dbless.lmdb/data.mdb", "logs/error.log")
BAKE = ("-e", '{"kong_fallback_start": "never", "kong_fallback_bake_keys": true}', "--limit", "dp1")


def test_a_baked_host_serves_from_the_snapshot_when_it_boots_in_an_outage(
    tmp_path: Path, moto_iam_server: S3Server
) -> None:
    with running_cluster(tmp_path, moto_iam_server) as cluster:
        cluster.export()
        host = cluster.new_data_plane("dp1")
        for name in OF_THIS_MACHINE:
            (host.prefix / name).parent.mkdir(exist_ok=True)
            (host.prefix / name).write_text("of the build")
        run = cluster.fleet.play("kongops.fallback.data_plane", *BAKE)
        assert run.code == 0, run.output
        assert host.pid is None
        assert "0 restarted; a new data plane would come up: yes" in run.output
        assert not [name for name in OF_THIS_MACHINE if (host.prefix / name).exists()]
        cluster.control_plane.stop()
        host.start()
        assert until(lambda: host.get("/hello")[0] == 200, 30)
        assert host.get("/hello") == (200, BODY)
