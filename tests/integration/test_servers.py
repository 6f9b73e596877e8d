# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that the other tests lean on: they start, decide, and leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.checkout import CHECKOUT
from tests.conftest import Store
from tests.servers import Credentials, S3Server, moto, rclone, seaweedfs
from tests.servers.process import StartFailed, is_running, running
from tests.servers.s3 import allow
from tests.waiting import until


@pytest.mark.parametrize("start", [moto, seaweedfs, rclone])
def test_a_server_ends_with_its_context_even_on_failure(start: Callable[[], AbstractContextManager[S3Server]]) -> None:
    servers: list[S3Server] = []

    def fail_while_it_runs() -> None:
        with start() as server:
            servers.append(server)
            assert is_running(server.pid)
            server.client().list_buckets()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_it_runs()
    assert not is_running(servers[0].pid)
    assert not servers[0].log.exists()


def test_a_server_ends_even_with_a_killed_parent() -> None:
    program = "from tests.servers import rclone\nwith rclone() as server: print(server.pid, flush=True); input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until(lambda: not is_running(pid))


def test_a_failed_start_shows_the_log(tmp_path: Path) -> None:
    failing = running(["sh", "-c", "echo no such flag; exit 3"], lambda: False, tmp_path / "log")
    with pytest.raises(StartFailed, match="no such flag"), failing:
        pass


def test_an_identity_stays_within_its_prefix(store: Store) -> None:
    reader = store.server.create_identity(
        f"reader-{store.bucket}", allow(["s3:GetObject"], [f"arn:aws:s3:::{store.bucket}/prod/*/config.json"])
    )
    root, mine = store.server.client(), store.server.client(credentials=reader)
    for key in ("prod/3.11.0.3/config.json", "other/3.11.0.3/config.json"):
        root.put_object(Bucket=store.bucket, Key=key, Body=b"{}")
    assert mine.get_object(Bucket=store.bucket, Key="prod/3.11.0.3/config.json")["Body"].read() == b"{}"
    with pytest.raises(ClientError, match="AccessDenied"):
        mine.get_object(Bucket=store.bucket, Key="other/3.11.0.3/config.json")
    with pytest.raises(ClientError, match="AccessDenied"):
        mine.put_object(Bucket=store.bucket, Key="prod/3.11.0.3/config.json", Body=b"{}")


def test_unknown_credentials_are_refused(store: Store) -> None:
    stranger = store.server.client(credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40))
    with pytest.raises(ClientError):
        stranger.list_objects_v2(Bucket=store.bucket)


def test_conditional_writes_are_kept(store: Store) -> None:
    client = store.server.client()
    client.put_object(Bucket=store.bucket, Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=store.bucket, Key="k", Body=b"2", IfNoneMatch="*")


def test_the_careless_store_ignores_conditions(careless_store: Store) -> None:
    client = careless_store.server.client()
    for body in (b"1", b"2"):
        client.put_object(Bucket=careless_store.bucket, Key="k", Body=body, IfNoneMatch="*")
    assert client.get_object(Bucket=careless_store.bucket, Key="k")["Body"].read() == b"2"
