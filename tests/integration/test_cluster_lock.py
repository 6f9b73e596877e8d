# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One job at a time on a cluster, on real stores, with jobs that race."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.ansible import run_module, spawn_module
from tests.conftest import Store


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
        ({"storage": "gcs://bucket/prod"}, "storage is gcs://…, and this module works on s3:// storage only."),
    ],
)
def test_a_bad_option_is_one_sentence(moto_store: Store, options: dict[str, Any], sentence: str) -> None:
    assert lock(moto_store, "AWX job 1", **options)["msg"] == sentence


def test_an_object_that_is_no_lock_is_left_alone(moto_store: Store) -> None:
    moto_store.server.client().put_object(Bucket=moto_store.bucket, Key="prod/lock/job.json", Body=b"mine")
    assert f"s3://{moto_store.bucket}/prod/lock/job.json is not a lock" in lock(moto_store, "AWX job 1")["msg"]
