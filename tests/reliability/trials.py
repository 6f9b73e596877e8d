# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The long form: lies of servers, hostile inputs, kills and races, on one server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.reliability.faults import LIES
from tests.reliability.inputs import inputs
from tests.reliability.isolated import Killed, run_isolated
from tests.reliability.matrix import (
    AT_ONCE,
    BODIES,
    HANG,
    LONGEST,
    SECRET,
    SUBJECTS,
    TRACEBACK,
    VERSION,
    World,
    told,
)

SMALL = json.dumps({"_format_version": "3.0", "_transform": False, "services": [{"name": "a", "host": "b"}]}).encode()
LOCK = json.dumps({"holder": "a", "since": "2026-01-01T00:00:00+00:00", "members": {"b": "2026-01-01T00:10:00+00:00"}})
KEY = json.dumps(
    {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "of nobody", "user": "a", "beside": ["AKIA"]}
)
KILLS = [step / 50 for step in range(1, 41)]
"""Seconds after which a module is killed: from before its first request until after its last."""


@dataclass(frozen=True)
class Trial:
    """One thing that was tried. ``wrong`` says what no operator should ever see, empty if nothing was."""

    kind: str
    what: str
    seconds: float
    wrong: str = ""


Trials = Iterator[Trial]


def lies(world: World) -> Trials:
    """Each module while its server lies."""
    for subject in _subjects_of(world):
        for lie in LIES:
            outcome = told(world, subject, lie, _run_a_while)
            wrong = f"{outcome.kind}: {outcome.said}" if outcome.is_bad else ""
            yield Trial("lies of servers", f"{subject}: {lie}", outcome.seconds, wrong)


def hostile_inputs(world: World) -> Trials:
    """Each module that reads an object or a secret, with what nobody should have put there."""
    places: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
        "cluster_lock": (LOCK.encode(), lambda content: _put(world, "prod/lock/job.json", content)),
        "config_snapshot_info": (SMALL, lambda content: _put(world, f"prod/{VERSION}/config.json", content)),
    }
    if world.has_secrets:
        places["storage_credentials_info (secrets)"] = (KEY.encode(), lambda content: _put_secret(world, content))
    for subject, (true, put) in places.items():
        for name, content in inputs(true):
            if put(content) is not None:
                yield _tried(world, "hostile inputs", subject, name)


def kills(world: World) -> Trials:
    """Each module that writes, killed at any moment, and the run after that."""
    for subject in ("cluster_lock", "config_snapshot", "storage_bucket", "storage_credentials"):
        for seconds in KILLS:
            options = SUBJECTS[subject](world)
            try:
                run_isolated(subject, options, seconds)
            except Killed:
                yield _tried(world, "kills of modules", subject, f"after {seconds:.2f} s", must_succeed=True)


def races(world: World) -> Trials:
    """Jobs that ask for the lock at the same moment, of which one gets it; and jobs that publish at the same moment."""
    for turn in range(10):
        storage = f"s3://{world.bucket}/race-{turn}"
        yield _raced("cluster_lock", [world.options(storage=storage, holder=f"job {job}") for job in range(AT_ONCE)])
    for _turn in range(10):
        yield _raced("config_snapshot", [SUBJECTS["config_snapshot"](world) for _job in range(AT_ONCE)])


def _raced(module: str, jobs: Sequence[Mapping[str, Any]]) -> Trial:
    start = time.monotonic()
    with ThreadPoolExecutor(len(jobs)) as pool:
        answers = list(pool.map(lambda options: run_isolated(module, options), jobs))
    failures = [answer["msg"] for answer in answers if answer["failed"]]
    succeeded = len(jobs) - len(failures)
    is_right = succeeded == 1 if module == "cluster_lock" else succeeded > 0
    wrong = "" if is_right else f"{succeeded} of {len(jobs)} succeeded: {failures}"
    return Trial("races", f"{len(jobs)} times {module}", time.monotonic() - start, wrong)


def _run_a_while(module: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return run_isolated(module, options, LONGEST)


def _subjects_of(world: World) -> list[str]:
    return [subject for subject in SUBJECTS if world.has_secrets or not subject.startswith("storage_credentials_info")]


def _tried(world: World, kind: str, subject: str, what: str, must_succeed: bool = False) -> Trial:
    start, wrong = time.monotonic(), ""
    try:
        answer: Mapping[str, Any] = run_isolated(subject.split()[0], SUBJECTS[subject](world), LONGEST)
        if must_succeed and answer["failed"]:
            wrong = str(answer["msg"])
    except Killed:
        wrong = HANG
    except AssertionError as error:
        wrong = f"{TRACEBACK}: {error}"
    return Trial(kind, f"{subject}: {what}", time.monotonic() - start, wrong)


def _put(world: World, key: str, content: bytes) -> object:
    return world.server.client().put_object(Bucket=world.bucket, Key=key, Body=content)


def _put_secret(world: World, content: bytes) -> object:
    """A secret is a text, and not empty."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return world.server.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=text) if text else None


WHOLE = frozenset(BODIES)
