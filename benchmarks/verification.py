# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Full verification of a snapshot, against as little as one can do with it, and against programs at hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.benchmark import Benchmark, at_most, ratio
from benchmarks.side_by_side import OURS, Contestant, Cost, Race, RunFailed, measured, race
from tests.ansible.environment import clean_environment
from tests.checkout import CHECKOUT, COLLECTIONS
from tests.servers import Credentials, S3Server, seaweedfs
from tests.snapshots import body, large, nested

BARE = "boto3 + hashlib + json"
PROGRAMS = "aws s3 cp + sha256sum + jq"
ONE = "one version"

BUCKET = "benchmark"
_VERSION = "3.11.0.14"
_MANY = [f"3.{minor}.0.{build}" for minor in (8, 9, 10, 11) for build in range(1, 6)]
_USUAL = "30 MB, 30,000 entities"
_LARGE = "200 MB, 200,000 entities"
_MILLION = "23 MB, 1,000,000 entities"
_COMMANDS = "30 MB, as commands"
_VERSIONS = "20 versions of 3 MB"


@dataclass(frozen=True)
class Snapshot:
    """Where a snapshot is, in words that another process understands."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str
    bucket: str
    version: str

    @property
    def key(self) -> str:
        """The key of the object."""
        return f"prod/{self.version}/config.json"

    @property
    def server(self) -> S3Server:
        """The server as its clients know it."""
        root = Credentials(self.access_key_id, self.secret_access_key)
        return S3Server("", self.endpoint_url, root, pid=0, log=Path())


def verification(case: str) -> Iterator[Race]:
    """One of the cases below, against a store on this machine."""
    with tempfile.TemporaryDirectory(prefix="verification-") as directory, seaweedfs() as server:
        server.create_bucket(BUCKET)
        yield _CASES[case](server, Path(directory))


def _reading(subject: str, content: Callable[[], bytes], runs: int, server: S3Server, directory: Path) -> Race:
    snapshot = stored(server, content())
    contestants = [
        Contestant(name, partial(read, snapshot, how, directory))
        for name, how in {BARE: "bare", OURS: "verify"}.items()
    ]
    return replace(race(subject, contestants, runs), profile=_answer(snapshot, "verify", directory)["profile"])


def read(snapshot: Snapshot, how: str, directory: Path) -> Cost:
    """What it costs to ``verify`` a snapshot, or to read it ``bare``; raises RunFailed unless it is a good one."""
    return Cost(**_answer(snapshot, how, directory)["cost"])


def _answer(snapshot: Snapshot, how: str, directory: Path) -> dict[str, Any]:
    path = f"{CHECKOUT}:{COLLECTIONS}"
    _whole, output = measured(
        [sys.executable, "-m", "benchmarks.read_snapshot", how],
        directory,
        {**clean_environment(), "PYTHONPATH": path},
        json.dumps(asdict(snapshot)),
    )
    answer: dict[str, Any] = json.loads(output)
    if answer["outcome"] != "ok":
        raise RunFailed(f"The snapshot is {answer['outcome']}, so it was not read to its end.")
    return answer


def _commands(server: S3Server, directory: Path) -> Race:
    snapshot = stored(server, body(large(30_000)))
    contestants = [Contestant(OURS, lambda: _module(server, [_VERSION], directory))]
    aws = _aws()
    if aws and shutil.which("jq"):
        script = (
            f"'{aws}' --endpoint-url {server.endpoint_url} s3 cp --quiet s3://{BUCKET}/{snapshot.key} config.json"
            " && sha256sum config.json && jq -e '(.services | length > 0) and (.routes | length > 0)' config.json"
        )
        keys = {
            "AWS_ACCESS_KEY_ID": server.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": server.root.secret_access_key,
            "AWS_DEFAULT_REGION": server.region,
        }
        command = ["bash", "-c", script]
        contestants.insert(
            0, Contestant(PROGRAMS, lambda: measured(command, directory, {**clean_environment(), **keys})[0])
        )
    return race(_COMMANDS, contestants, 5)


def _aws() -> Path | None:
    """The AWS CLI in an environment of its own, because it pins an older botocore; None if unavailable."""
    environment = CHECKOUT / ".cache" / "benchmarks" / "awscli"
    program = environment / "bin" / "aws"
    if not program.exists():
        uv = Path(sys.executable).with_name("uv")
        for command in (
            ["venv", "--quiet", environment],
            ["pip", "install", "--quiet", "--python", environment, "awscli"],
        ):
            if subprocess.run([uv, *command], check=False).returncode != 0:
                return None
    return program


def _versions(server: S3Server, directory: Path) -> Race:
    for number, version in enumerate(_MANY):
        stored(server, body(large(3_000 + number)), version)
    return race(
        _VERSIONS,
        [
            Contestant(ONE, lambda: _module(server, _MANY[:1], directory)),
            Contestant(OURS, lambda: _module(server, _MANY, directory)),
        ],
        5,
        units=len(_MANY),
    )


def _module(server: S3Server, versions: Sequence[str], directory: Path) -> Cost:
    options = {
        "storage": f"s3://{BUCKET}/prod",
        "endpoint_url": server.endpoint_url,
        "region": server.region,
        "access_key": server.root.access_key_id,
        "secret_key": server.root.secret_access_key,
        "gateway_versions": list(versions),
    }
    cost, output = measured(
        [sys.executable, "-m", "ansible_collections.kongops.fallback.plugins.modules.config_snapshot_info"],
        directory,
        {**clean_environment(), "PYTHONPATH": str(COLLECTIONS)},
        json.dumps({"ANSIBLE_MODULE_ARGS": options}),
    )
    if not json.loads(output)["verified"]:
        raise RunFailed(f"A snapshot was not verified:\n{output}")
    return cost


def stored(server: S3Server, content: bytes, version: str = _VERSION) -> Snapshot:
    """Put a snapshot into the bucket, which has to be there."""
    root = server.root
    snapshot = Snapshot(server.endpoint_url, root.access_key_id, root.secret_access_key, BUCKET, version)
    server.client().put_object(Bucket=BUCKET, Key=snapshot.key, Body=content)
    return snapshot


def _million() -> bytes:
    """So many entities that each can only be a name."""
    return body(nested(consumers=[{"username": f"{number:07}"} for number in range(1_000_000)]))


_CASES: dict[str, Callable[[S3Server, Path], Race]] = {
    "30-mb": partial(_reading, _USUAL, lambda: body(large(30_000)), 5),
    "200-mb": partial(_reading, _LARGE, lambda: body(large(200_000)), 1),
    "million": partial(_reading, _MILLION, _million, 3),
    "commands": _commands,
    "versions": _versions,
}

VERIFICATION = Benchmark(
    "verification",
    list(_CASES),
    verification,
    [
        ratio(_USUAL, BARE, 1.5),
        at_most(_MILLION, "cpu", 10, "CPU seconds"),
        ratio(_VERSIONS, ONE, 20),
    ],
)
