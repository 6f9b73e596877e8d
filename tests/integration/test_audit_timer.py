# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the audit's timer: without Ansible, with a key that only reads, it writes metrics."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module
from tests.conftest import Store
from tests.servers import Credentials
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.s3 import allow
from tests.snapshots import body, flat

VERSION, NEXT = "3.11.0.3", "3.12.0.9"


@dataclass
class Timer:
    """The program and its settings in a folder, with the credentials that it gets from systemd."""

    folder: Path
    store: Store
    key: Credentials
    python: str

    def run(self, **changed: Any) -> subprocess.CompletedProcess[str]:
        """Run the program once."""
        metrics = {"metrics": str(self.folder / "timer.prom")}
        settings = {"storage": self.store.url, "endpoint_url": self.store.server.endpoint_url, **metrics, **changed}
        (self.folder / "audit.json").write_text(json.dumps(settings))
        command = [self.python, "-I", self.folder / "audit.pyz", self.folder / "audit.json"]
        environment = {"AWS_ACCESS_KEY_ID": self.key.access_key_id, "AWS_SECRET_ACCESS_KEY": self.key.secret_access_key}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    def metrics(self) -> dict[str, float]:
        """What it wrote, without the name of the cluster."""
        text = (self.folder / "timer.prom").read_text().replace(f'cluster="{self.store.url}"', "")
        return {
            name: float(value) for name, value in re.findall(r"^kong_fallback_timer_(\S+) (\S+)$", text, re.MULTILINE)
        }


@pytest.fixture
def timer(tmp_path: Path, moto_store: Store) -> Timer:
    """A timer whose key may read the storage and nothing else."""
    bucket = f"arn:aws:s3:::{moto_store.bucket}"
    reads = allow(["s3:GetObject", "s3:ListBucket"], [bucket, f"{bucket}/*"])
    written = run_module("audit_program", {"path": str(tmp_path / "audit.pyz")})
    assert written["changed"]
    return Timer(
        tmp_path, moto_store, moto_store.server.create_identity(f"timer-{moto_store.bucket}", reads), written["python"]
    )


def put(store: Store, version: str, data: bytes) -> None:
    store.server.client().put_object(Bucket=store.bucket, Key=f"prod/{version}/config.json", Body=data)


def test_the_metrics_say_what_is_in_the_storage(timer: Timer) -> None:
    put(timer.store, VERSION, body(flat(3, 5)))
    put(timer.store, NEXT, b"<html>")
    done = timer.run()
    assert done.returncode == 1
    (fault,) = done.stderr.splitlines()
    assert NEXT in fault
    seen = timer.metrics()
    assert seen["storage_read{}"] == 1
    assert seen[f'snapshot_ok{{,gateway_version="{VERSION}"}}'] == 1
    assert seen[f'snapshot_ok{{,gateway_version="{NEXT}"}}'] == 0
    assert seen[f'snapshot_entities{{,gateway_version="{VERSION}"}}'] == 9
    assert abs(seen["run_timestamp_seconds{}"] - time.time()) < 60
    assert (timer.folder / "timer.prom").stat().st_mode & 0o777 == 0o644
    text = (timer.folder / "timer.prom").read_text()
    assert timer.key.secret_access_key not in text + done.stderr
    assert timer.key.access_key_id not in text

    only = timer.run(gateway_versions=[VERSION])
    assert (only.returncode, only.stderr) == (0, "")
    assert f'snapshot_ok{{,gateway_version="{NEXT}"}}' not in timer.metrics()


def test_a_storage_that_cannot_be_read_is_said_in_metrics_and_in_one_sentence(timer: Timer) -> None:
    gone = timer.run(endpoint_url=f"http://{LOOPBACK}:{free_port()}", timeout=20)
    assert gone.returncode == 1
    assert gone.stderr.count("\n") == 1
    assert "Could not list" in gone.stderr
    assert timer.metrics()["storage_read{}"] == 0
    assert "snapshot_ok" not in (timer.folder / "timer.prom").read_text()

    empty = timer.run()
    assert (empty.returncode, empty.stderr) == (1, f"{timer.store.url} has no snapshot.\n")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"storage": "s3://b/p", "metrics": "/x", "key": "y"}', "[" * 10_000])
def test_settings_that_are_none_are_one_sentence(timer: Timer, text: str) -> None:
    file = timer.folder / "audit.json"
    file.write_text(text)
    command = [timer.python, "-I", timer.folder / "audit.pyz", file]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{file} is not a JSON object with storage and metrics" in done.stderr


def test_a_python_without_boto3_says_so(timer: Timer) -> None:
    (timer.folder / "audit.json").write_text("{}")
    command = [timer.python, "-I", "-S", timer.folder / "audit.pyz", timer.folder / "audit.json"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "has no boto3: install it on this host" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_same_program_is_written_once_and_removed_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.pyz"
    assert run_module("audit_program", {"path": str(path), "_ansible_check_mode": True})["changed"]
    assert not path.exists()
    first = run_module("audit_program", {"path": str(path)})
    again = run_module("audit_program", {"path": str(path)})
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["sha256"] == again["sha256"]
    assert path.stat().st_mode & 0o777 == 0o755
    assert run_module("audit_program", {"path": str(path), "state": "absent"})["changed"]
    assert not run_module("audit_program", {"path": str(path), "state": "absent"})["changed"]
