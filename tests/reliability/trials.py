# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The long form for modules: lies of servers, hostile inputs and files, snapshot bombs, kills and races.

What does not touch the same objects is tried at the same time, each with a storage and a proxy of its own: most of the
time of a lie is a module that waits.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reliability.bombs import BOMBS, HARMLESS
from tests.reliability.faults import LIES
from tests.reliability.files import KINDS, NAMES, USES, seen
from tests.reliability.inputs import inputs
from tests.reliability.isolated import Killed, run_isolated
from tests.reliability.matrix import (
    AT_ONCE,
    BODIES,
    HANG,
    LONGEST,
    SUBJECTS,
    TRACEBACK,
    VERSION,
    World,
    told,
    world_of,
)
from tests.reliability.watcher import Watcher, watching
from tests.servers import S3Server

SMALL = json.dumps({"_format_version": "3.0", "_transform": False, "services": [{"name": "a", "host": "b"}]}).encode()
LOCK = json.dumps({"holder": "a", "since": "2026-01-01T00:00:00+00:00", "members": {"b": "2026-01-01T00:10:00+00:00"}})
KEY = json.dumps(
    {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "of nobody", "user": "a", "beside": ["AKIA"]}
)
KILLS = [step / 50 for step in range(1, 41)]
"""Seconds after which a module is killed: from before its first request until after its last."""
KILLED = ("cluster_lock", "config_snapshot", "storage_bucket", "storage_credentials")
"""The modules that write."""
TURNS = 10


@dataclass(frozen=True)
class Trial:
    """One thing that was tried, or the same ``count`` times. ``wrong`` says what no operator should ever see, empty if
    nothing was."""

    kind: str
    what: str
    seconds: float
    wrong: str = ""
    count: int = 1


Trials = Iterator[Trial]


def lies(server: S3Server, directory: Path) -> Trials:
    """Each module while its server lies, and a gateway that reads the snapshot all the while."""
    run_isolated("cluster_lock", {})  # The first process takes long to start, which is no module's fault.
    yield from _beside(subjects_of(server), lambda subject: list(_lies(server, directory, subject)))


def _lies(server: S3Server, directory: Path, subject: str) -> Trials:
    with world_of(server, _place(directory, subject)) as world, _gateway(world, subject) as watcher:
        for lie in LIES:
            outcome = told(world, subject, lie, lambda module, options: run_isolated(module, options, LONGEST))
            wrong = f"{outcome.kind}: {outcome.said}" if outcome.is_bad else ""
            yield Trial("lies of servers", f"{subject}: {lie}", outcome.seconds, wrong)
    yield from _reads(watcher, subject)


def hostile_inputs(server: S3Server, directory: Path) -> Trials:
    """Each module that reads an object or a secret, with what nobody should have put there."""
    places: dict[str, tuple[bytes, Callable[[World, bytes], object]]] = {
        "cluster_lock": (LOCK.encode(), lambda world, content: _put(world, "prod/lock/job.json", content)),
        "config_snapshot_info": (SMALL, lambda world, content: _put(world, f"prod/{VERSION}/config.json", content)),
        "storage_credentials_info (secrets)": (KEY.encode(), _put_secret),
    }

    def tried(subject: str) -> list[Trial]:
        true, put = places[subject]
        with world_of(server, _place(directory, subject)) as world:
            return [
                _tried(world, "hostile inputs", subject, name)
                for name, content in inputs(true)
                if put(world, content) is not None
            ]

    yield from _beside([subject for subject in places if subject in subjects_of(server)], tried)


def bombs(server: S3Server, directory: Path) -> Trials:
    """Snapshots that are to break who reads them."""
    with world_of(server, _place(directory, "bombs")) as world:
        for name, content in BOMBS.items():
            _put(world, f"prod/{VERSION}/config.json", content)
            start = time.monotonic()
            answer, wrong = _answer("config_snapshot_info", world.options(gateway_versions=[VERSION]))
            if answer and (answer["snapshots"][0]["outcome"] == "ok") != (name in HARMLESS):
                wrong = f"taken for {answer['snapshots'][0]['outcome']}"
            yield Trial("snapshot bombs", name, time.monotonic() - start, wrong)


def hostile_files(_server: S3Server, _directory: Path) -> Trials:
    """Each option that names a file, with what is not one and with names that no file can have."""
    yield from _beside(USES, lambda use: [*(_file(use, kind) for kind in KINDS), *(_name(use, name) for name in NAMES)])


def _file(use: str, kind: str) -> Trial:
    with tempfile.TemporaryDirectory() as folder:
        path, good = Path(folder, "x"), Path(folder, "good.conf")
        good.write_text("role = data_plane\n")
        KINDS[kind](path)
        before = seen(Path(folder))
        trial = _refused(use, str(path), str(good), kind)
        changed = seen(Path(folder)) != before
    return Trial(trial.kind, trial.what, trial.seconds, "changed something" if changed else trial.wrong)


def _name(use: str, name: str) -> Trial:
    with tempfile.TemporaryDirectory() as folder:
        return _refused(use, f"{folder}/{name}", f"{folder}/good.conf", NAMES[name])


def _refused(use: str, path: str, good: str, says: str) -> Trial:
    module, options = USES[use]
    start = time.monotonic()
    answer, wrong = _answer(module, options(path, good))
    if answer and not (answer["failed"] and says in answer["msg"]):
        wrong = f"did not say that {says}: {answer.get('msg')}"
    return Trial("hostile files", f"{use}: {says}", time.monotonic() - start, wrong)


def kills(server: S3Server, directory: Path) -> Trials:
    """Each module that writes, killed at any moment, and the run after that."""
    yield from _beside(KILLED, lambda subject: list(_kills(server, directory, subject)))


def _kills(server: S3Server, directory: Path, subject: str) -> Trials:
    with world_of(server, _place(directory, subject)) as world, _gateway(world, subject) as watcher:
        for seconds in KILLS:
            try:
                run_isolated(subject, SUBJECTS[subject](world), seconds)
            except Killed:
                yield _tried(world, "kills of modules", subject, f"after {seconds:.2f} s", must_succeed=True)
    yield from _reads(watcher, subject)


def races(server: S3Server, directory: Path) -> Trials:
    """Jobs that ask for the lock at the same moment, of which one gets it; and jobs that publish at the same moment."""
    with world_of(server, _place(directory, "races")) as world, _gateway(world, "config_snapshot") as watcher:
        for turn in range(TURNS):
            here = f"s3://{world.bucket}/race-{turn}"
            yield _raced("cluster_lock", [world.options(storage=here, holder=f"job {job}") for job in range(AT_ONCE)])
            yield _raced("config_snapshot", [SUBJECTS["config_snapshot"](world) for _job in range(AT_ONCE)])
    yield from _reads(watcher, "races")


def _raced(module: str, jobs: Sequence[Mapping[str, Any]]) -> Trial:
    start = time.monotonic()
    with ThreadPoolExecutor(len(jobs)) as pool:
        answers = list(pool.map(lambda options: run_isolated(module, options), jobs))
    failures = [answer["msg"] for answer in answers if answer["failed"]]
    succeeded = len(jobs) - len(failures)
    is_right = succeeded == 1 if module == "cluster_lock" else succeeded > 0
    wrong = "" if is_right else f"{succeeded} of {len(jobs)} succeeded: {failures}"
    return Trial("races", f"{len(jobs)} times {module}", time.monotonic() - start, wrong)


def subjects_of(server: S3Server) -> list[str]:
    """The modules that can work with the server; SeaweedFS keeps no secrets."""
    return [name for name in SUBJECTS if server.name == "moto" or not name.startswith("storage_credentials_info")]


def _gateway(world: World, subject: str) -> AbstractContextManager[Watcher | None]:
    """What reads the snapshot all the time, if the module writes it."""
    if subject != "config_snapshot":
        return nullcontext()
    return watching(world.server, world.bucket, f"prod/{VERSION}/config.json", frozenset(BODIES))


def _reads(watcher: Watcher | None, during: str) -> Trials:
    if watcher:
        yield Trial("reads of the snapshot meanwhile", during, 0.0, watcher.wrong, watcher.reads)


def _beside(subjects: Iterable[str], tried: Callable[[str], list[Trial]]) -> Trials:
    """What was tried with all the subjects, at the same time."""
    names = list(subjects)
    with ThreadPoolExecutor(len(names)) as pool:
        for trials in pool.map(tried, names):
            yield from trials


def _place(directory: Path, subject: str) -> Path:
    """A directory, after which the bucket of a world is called."""
    place = directory / "".join(letter if letter.isalnum() else "-" for letter in subject).rstrip("-")
    place.mkdir()
    return place


def _tried(world: World, kind: str, subject: str, what: str, must_succeed: bool = False) -> Trial:
    start = time.monotonic()
    answer, wrong = _answer(subject.split()[0], SUBJECTS[subject](world))
    if must_succeed and answer and answer["failed"]:
        wrong = str(answer["msg"])
    return Trial(kind, f"{subject}: {what}", time.monotonic() - start, wrong)


def _answer(module: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What a module answers, and what is wrong with it; no answer if it hangs or ends in a traceback."""
    try:
        return run_isolated(module, options, LONGEST), ""
    except Killed:
        return {}, HANG
    except AssertionError as error:
        return {}, f"{TRACEBACK}: {error}"


def _put(world: World, key: str, content: bytes) -> object:
    return world.client.put_object(Bucket=world.bucket, Key=key, Body=content)


def _put_secret(world: World, content: bytes) -> object:
    """A secret is a text, and not empty."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    secrets = world.server.client("secretsmanager")
    return secrets.put_secret_value(SecretId=world.secret, SecretString=text) if text else None
