# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ``site`` on three hosts that changes nothing: how much an operator has to read, and what it costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.benchmark import Benchmark, at_most
from benchmarks.playbook import play
from benchmarks.side_by_side import OURS, Contestant, Race, race
from tests.fleet.cluster import running_cluster
from tests.servers import moto

SUBJECT = "site on three hosts, nothing to change"


def site(_case: str) -> Iterator[Race]:
    """A control plane that is the backup node, and two data planes, set up by one playbook with its storage."""
    with (
        tempfile.TemporaryDirectory(prefix="site-") as directory,
        moto(enforce_iam=True) as server,
        running_cluster(Path(directory), server) as cluster,
    ):
        cluster.fleet.variables |= {
            "kong_fallback_storage": f"s3://{cluster.bucket}-new/prod",
            "kong_fallback_secret_store": {"type": "secretsmanager", "name": "kong/benchmark"},
        }
        cluster.fleet.backup_node = {"kong_fallback_export_delay": 1}
        cluster.fleet.data_plane = {}
        for name in ("dp1", "dp2"):
            cluster.new_data_plane(name)
        inventory = cluster.fleet.inventory
        administrator = {
            "AWS_ACCESS_KEY_ID": server.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
        }
        converge = partial(play, "kongops.fallback.site", inventory, environment=administrator)
        converge(changes=True)
        yield race(SUBJECT, [Contestant(OURS, lambda: converge(changes=False))], 3)


SITE = Benchmark("site", ["three-hosts"], site, [at_most(SUBJECT, "lines", 120, "printed lines")])
