# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks for Event-Driven Ansible, run by ansible-rulebook: an alert, a snapshot that is written, a message."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.checkout import CHECKOUT
from tests.debian import Unavailable
from tests.fleet.cluster import Cluster
from tests.rulebook import programs, rulebook
from tests.servers.ports import LOOPBACK, free_ports
from tests.servers.scripted import Asked, Reply, scripted
from tests.waiting import until
from tests.web import ask

TOKEN = "a-token-of-thirty-two-characters"
ALERT = {
    "version": "4",
    "groupKey": '{}:{alertname="KongControlPlaneDown"}',
    "status": "firing",
    "commonLabels": {"alertname": "KongControlPlaneDown"},
    "alerts": [{"status": "firing", "labels": {"alertname": "KongControlPlaneDown"}}],
}


@pytest.fixture(scope="module", autouse=True)
def ansible_rulebook() -> None:
    """Without what runs rulebooks the tests are skipped, or fail if the environment has CI."""
    try:
        programs()
    except Unavailable as error:
        if os.environ.get("CI"):
            pytest.fail(f"No ansible-rulebook: {error}")
        pytest.skip(f"No ansible-rulebook: {error}")


@contextmanager
def running(cluster: Cluster, name: str, directory: Path, **given: Any) -> Iterator[tuple[Path, list[str]]]:
    """A rulebook at work on a cluster: what it prints, and what it has told people so far."""
    told: list[str] = []

    def hear(asked: Asked) -> Reply:
        told.append(json.loads(asked.body)["text"])
        return Reply(200)

    with scripted(hear) as people:
        variables = {
            "kong_eda_reports": str(directory / "reports"),
            "kong_eda_notify": str(CHECKOUT / "docs/examples/eda/notify.yml"),
            **given,
        }
        root = cluster.server.root
        keys = {
            "AWS_ACCESS_KEY_ID": root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": root.secret_access_key,
            "FALLBACK_WEBHOOK_URL": people.url,
        }
        with rulebook(name, directory, cluster.fleet.inventory, variables, keys) as printed:
            yield printed, told


def test_an_alert_starts_an_audit_and_people_hear_of_its_verdict(cluster: Cluster, tmp_path: Path) -> None:
    cluster.export()
    data_plane = cluster.new_data_plane("dp1")
    cluster.take_part(data_plane)
    data_plane.environment_file.unlink()
    (port,) = free_ports(1)
    listens = {"kong_eda_port": port, "kong_eda_token": TOKEN}
    with running(cluster, "audit_on_alert", tmp_path / "eda", **listens) as (printed, told):
        url = f"http://{LOOPBACK}:{port}/alerts"
        until(lambda: ask(url, "POST", ALERT).status == 401, 60)
        authorised = {"Authorization": f"Bearer {TOKEN}"}
        assert ask(url, "POST", {**ALERT, "status": "resolved"}, authorised).is_success
        assert ask(url, "POST", ALERT, authorised).is_success
        # Alertmanager repeats itself.
        assert ask(url, "POST", ALERT, authorised).is_success
        until(lambda: told, 240)
    assert len(told) == 1, told
    assert told[0].startswith("Alertmanager sent KongControlPlaneDown: ")
    assert "a new data plane would come up: no" in told[0]
    (report,) = (tmp_path / "eda/reports").glob("*/kong-fallback-audit.json")
    (judged,) = json.loads(report.read_text())["clusters"]
    assert "environment-file-missing" in {finding["code"] for finding in judged["findings"]}
    assert cluster.server.root.secret_access_key not in printed.read_text()


def test_a_snapshot_that_is_written_is_verified_and_people_hear_if_it_is_bad(cluster: Cluster, tmp_path: Path) -> None:
    root, url = cluster.server.root, cluster.server.endpoint_url
    sqs = boto3.client(
        "sqs",
        region_name=cluster.server.region,
        endpoint_url=url,
        aws_access_key_id=root.access_key_id,
        aws_secret_access_key=root.secret_access_key,
    )
    queue = sqs.create_queue(QueueName=cluster.bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3 = cluster.server.client()
    s3.put_bucket_notification_configuration(
        Bucket=cluster.bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    sqs.send_message(QueueUrl=queue, MessageBody="not an event of S3")
    data_plane = cluster.new_data_plane("dp1")
    cluster.export()
    cluster.take_part(data_plane)
    reads = {
        "kong_eda_queue_url": queue,
        "kong_eda_sqs_endpoint_url": url,
        "kong_fallback_region": cluster.server.region,
    }

    with running(cluster, "verify_on_snapshot", tmp_path / "eda", **reads) as (printed, told):
        reports = tmp_path / "eda/reports"
        until(lambda: list(reports.glob("*/verify.json")), 240)
        (good,) = reports.glob("*/verify.json")
        until(good.read_text, 10)
        assert json.loads(good.read_text())["verdict"] == "ok", good.read_text()
        s3.put_object(Bucket=cluster.bucket, Key=cluster.snapshot_key(), Body=b"<html>")
        until(lambda: told, 240)
    assert len(list(reports.glob("*/verify.json"))) == 2
    assert len(told) == 1, told
    assert told[0].startswith(f"s3://{cluster.bucket}/{cluster.snapshot_key()} was written: ")
    assert "a new data plane would come up: no" in told[0]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    waiting = [int(left[name]) for name in left if name.startswith("ApproximateNumberOfMessages")]
    assert sum(waiting) == 1, left
    assert root.secret_access_key not in printed.read_text()
