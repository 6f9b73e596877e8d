# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One job at a time on a cluster, on real stores, with jobs that race."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import run_module, spawn_module
from tests.conftest import Store
from tests.servers.s3 import allow
from tests.waiting import until


def lock(store: Store, holder: str, run: Callable[..., dict[str, Any]] = run_module, **options: Any) -> dict[str, Any]:
    return run(
        "cluster_lock",
        {
            "storage": store.url,
            "region": store.server.region,
            "endpoint_url": store.server.endpoint_url,
            "access_key": store.server.root.access_key_id,
            "secret_key": store.server.root.secret_access_key,
            "holder": holder,
            **options,
        },
    )


def warning(answer: dict[str, Any]) -> str:
    (only,) = answer["warnings"]
    return str(only["event"]["msg"] if isinstance(only, dict) else only)


def kept(store: Store) -> dict[str, Any]:
    document: dict[str, Any] = json.load(
        store.server.client().get_object(Bucket=store.bucket, Key="prod/lock/job.json")["Body"]
    )
    return document


def test_one_job_at_a_time(store: Store) -> None:
    predicted = lock(store, "AWX job 1", _ansible_check_mode=True)
    assert predicted["changed"]
    assert lock(store, "AWX job 1", state="released")["changed"] is False
    assert lock(store, "AWX job 1")["changed"]
    assert lock(store, "AWX job 1")["changed"] is False

    refused = lock(store, "AWX job 2")
    assert refused["failed"]
    assert refused["msg"].startswith(f"AWX job 1 has been working on {store.url} since 20")
    assert store.server.root.secret_access_key not in refused["printed"] + json.dumps(kept(store))

    assert lock(store, "AWX job 2", state="released")["members"] == ["AWX job 1"]
    assert lock(store, "AWX job 1", state="released")["members"] == []
    assert lock(store, "AWX job 2", lease=1)["changed"]


def test_of_racing_jobs_one_gets_the_lock(store: Store) -> None:
    with ThreadPoolExecutor() as jobs:
        answers = list(jobs.map(lambda number: lock(store, f"AWX job {number}", spawn_module), range(3)))
    (winner,) = [answer["holder"] for answer in answers if not answer["failed"]]
    assert kept(store)["holder"] == winner
    assert all(winner in answer["msg"] for answer in answers if answer["failed"])


def test_all_slices_of_a_job_hold_the_lock_and_the_last_one_frees_it(moto_store: Store) -> None:
    def turn(state: str) -> None:
        with ThreadPoolExecutor() as slices:
            answers = slices.map(
                lambda number: lock(moto_store, "AWX workflow job 7", spawn_module, member=number, state=state), "123"
            )
            assert [answer for answer in answers if answer["failed"]] == []

    turn("held")
    assert set(kept(moto_store)["members"]) == set("123")
    assert lock(moto_store, "AWX workflow job 7", member="1", state="released")["members"] == ["2", "3"]
    assert lock(moto_store, "AWX job 8")["failed"]
    turn("released")
    assert lock(moto_store, "AWX job 8")["changed"]


PROCESS = "import pathlib, sys; input(); pathlib.Path(sys.argv[1]).rmdir()"
"""Lives until it reads a line, and then removes its directory, as ansible-playbook does."""


def keepers(mark: str) -> list[str]:
    """What anyone can read of the processes with this mark in their environment: their arguments and environment."""
    shown = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = (process / "environ").read_text(errors="replace")
            if mark in environment:
                shown.append((process / "cmdline").read_text(errors="replace") + environment)
    return shown


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_lease_is_renewed_while_its_process_lives_and_expires_only_if_that_was_killed(
    moto_store: Store, tmp_path: Path, is_killed: bool
) -> None:
    directory = tmp_path / "of the process"
    directory.mkdir()
    with subprocess.Popen([sys.executable, "-c", PROCESS, directory], stdin=subprocess.PIPE) as process:
        of_process = {"process": process.pid, "temporary_directory": str(directory), "lease": 2}
        mark = {"MARK_OF_TEST": directory.as_uri()}
        assert lock(moto_store, "job 1", partial(spawn_module, environment=mark), **of_process)["changed"]
        first = kept(moto_store)["members"]
        time.sleep(3)
        assert "has been working" in lock(moto_store, "job 2")["msg"]
        assert kept(moto_store)["members"] != first
        (shown,) = keepers(mark["MARK_OF_TEST"])
        assert moto_store.server.root.secret_access_key not in shown
        if is_killed:
            process.kill()
        else:
            process.communicate(b"\n")
    if is_killed:
        assert " if it was killed, its lock expires in " in lock(moto_store, "job 2")["msg"]
        until(lambda: lock(moto_store, "job 2", _ansible_check_mode=True).get("changed"), 5)
        assert list(kept(moto_store)["members"]) == ["job 1"]
    else:
        until(lambda: kept(moto_store)["members"] == {}, 5)
    until(lambda: not keepers(mark["MARK_OF_TEST"]), 5)


def test_a_job_whose_lock_another_took_meanwhile_is_told(moto_store: Store) -> None:
    assert lock(moto_store, "job 1", lease=1)["changed"]
    until(lambda: lock(moto_store, "job 2").get("changed"), 5)
    said = warning(lock(moto_store, "job 1", state="released"))
    assert said.startswith(f"job 1 lost the lock of {moto_store.url}")
    assert kept(moto_store)["holder"] == "job 2"


def test_where_the_storage_cannot_hold_a_lock_a_job_goes_on_if_it_may_and_says_why(moto_store: Store) -> None:
    reader = moto_store.server.create_identity("lock-reader", allow(["s3:GetObject"], ["arn:aws:s3:::other/*"]))
    for options, reason in (
        ({"access_key": reader.access_key_id, "secret_key": reader.secret_access_key}, ": access denied: grant s3:"),
        ({"storage": "s3://not-there-yet/prod"}, ": there is no bucket not-there-yet: "),
        ({"endpoint_url": "http://127.0.0.1:1"}, "Could not connect to the endpoint URL: "),
        ({"process": 1, "temporary_directory": "/elsewhere"}, "There is no /elsewhere on this host: "),
    ):
        said = warning(lock(moto_store, "job 1", if_possible=True, **options))
        assert reason in said
        assert (
            "This job goes on without a lock there, and if it has none elsewhere, nothing keeps a second one off the "
            in said
        )
    assert lock(moto_store, "job 1", if_possible=True)["changed"]
    assert "has been working" in lock(moto_store, "job 2", if_possible=True)["msg"]


def test_a_store_without_conditional_writes_keeps_jobs_apart_that_do_not_race(careless_store: Store) -> None:
    assert lock(careless_store, "AWX job 1")["changed"]
    assert lock(careless_store, "AWX job 2")["failed"]
    assert lock(careless_store, "AWX job 1", state="released")["changed"]
    assert lock(careless_store, "AWX job 2")["changed"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"lease": 0}, "lease is 0: give a number of seconds, 1 or more."),
        (
            {"storage": "s3://bucket"},
            "storage is a bare bucket: add a prefix, for example s3://bucket/prod. (fact 1.4)",
        ),
    ],
)
def test_a_bad_option_is_one_sentence(moto_store: Store, options: dict[str, Any], sentence: str) -> None:
    assert lock(moto_store, "AWX job 1", **options)["msg"] == sentence


def test_an_object_that_is_no_lock_is_left_alone(moto_store: Store) -> None:
    moto_store.server.client().put_object(Bucket=moto_store.bucket, Key="prod/lock/job.json", Body=b"mine")
    assert f"s3://{moto_store.bucket}/prod/lock/job.json is not a lock" in lock(moto_store, "AWX job 1")["msg"]
