# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story that the collection is for: a new data plane during an outage, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.ansible import Run
from tests.fleet import DataPlane, Group
from tests.fleet.cluster import Cluster, running_cluster
from tests.greeting import BODY
from tests.servers import S3Server

PLAYBOOK = "kongops.fallback.data_plane"
WRONG = "not-the-secret-of-this-key-0f3c"


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory, moto_iam_server: S3Server) -> Iterator[Cluster]:
    """A cluster with an exported configuration, its control plane just stopped; each test brings its data planes."""
    with running_cluster(tmp_path_factory.mktemp("outage"), moto_iam_server) as cluster:
        cluster.export()
        cluster.control_plane.stop()
        yield cluster


@dataclass(frozen=True)
class Refused:
    """A run that two newcomers were refused in: one of another patch version, and one with a wrong key."""

    older: DataPlane
    stranger: DataPlane
    run: Run


@pytest.fixture(scope="module")
def refused(outage: Cluster) -> Refused:
    older = outage.new_data_plane("older", version="3.11.0.13")
    stranger = outage.new_data_plane("stranger")
    outage.fleet.groups["strangers"] = Group([stranger], {"kong_fallback_secret_access_key": WRONG})
    run = outage.fleet.play(PLAYBOOK, "--limit", "older,stranger", "-e", "kong_fallback_max_fail_percentage=100")
    return Refused(older, stranger, run)


def test_a_data_plane_provisioned_during_the_outage_serves_the_exported_route(outage: Cluster) -> None:
    newcomer = outage.new_data_plane("newcomer")

    run = outage.fleet.play(PLAYBOOK, "--limit", "newcomer")

    assert run.code == 0, run.output
    assert newcomer.get("/hello") == (200, BODY)
    assert "[fallback config] fallback config applied" in newcomer.error_log.read_text()


def test_verify_says_in_the_outage_that_a_new_data_plane_would_come_up(outage: Cluster) -> None:
    run = outage.fleet.play("kongops.fallback.verify", *outage.by_operator())

    assert run.code == 0, run.output
    assert "; exporter cp1 not ready and gave its last sign " in run.output
    assert "; a new data plane would come up: yes" in run.output


def test_without_a_snapshot_the_run_says_so(outage: Cluster) -> None:
    place = {"Bucket": outage.bucket, "Key": outage.snapshot_key()}
    client = outage.server.client()
    snapshot = client.get_object(**place)["Body"].read()
    client.delete_object(**place)
    late = outage.new_data_plane("late")

    run = outage.fleet.play(PLAYBOOK, "--limit", "late")

    client.put_object(**place, Body=snapshot)
    assert run.code != 0
    assert run.reasons["late"].startswith("late would have nothing to serve in an outage:")
    assert outage.snapshot_key() in run.reasons["late"]
    assert late.pid is None


def test_a_data_plane_of_another_patch_version_is_refused_and_told_its_version(
    outage: Cluster, refused: Refused
) -> None:
    assert refused.run.code != 0
    assert outage.snapshot_key("3.11.0.13") in refused.run.reasons["older"]
    assert refused.older.pid is None


def test_wrong_credentials_are_refused_before_the_gateway_is_touched(refused: Refused) -> None:
    assert refused.run.code != 0
    assert "nothing to serve" in refused.run.reasons["stranger"]
    assert WRONG not in refused.run.output
    assert refused.stranger.pid is None
