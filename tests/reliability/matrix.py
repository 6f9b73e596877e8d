# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module that talks to a store against each lie: what it says, and how long it takes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.reliability.faults import LIES
from tests.servers import S3Server
from tests.servers.proxy import Proxy, proxied
from tests.snapshots import body, flat

VERSION, OLDER, NEWER = "3.11.0.3", "3.10.0.1", "3.12.0.1"
BODIES = tuple(body(flat(routes=routes)) for routes in (1, 2))
"""The snapshots that are published in turn, so that each run writes one."""

AT_ONCE = 6
"""How many jobs race."""

TIMEOUT, REQUEST_TIMEOUT = 10, 2
GRACE = 5
LONGEST = TIMEOUT + GRACE
"""Seconds after which a run of the long form hangs."""

TRACEBACK, HANG, BELIEVED, UNCLEAR, NAMED, UNHARMED = "traceback", "hang", "believed", "unclear", "named", "unharmed"
"""What a lie comes to. A lie is believed if a module answers as if it were the truth, and unclear if its failure does
not say what is wrong; it does no harm if the module does its work all the same."""

Run = Callable[[str, Mapping[str, Any]], dict[str, Any]]


@dataclass
class World:
    """A storage with snapshots; modules reach its server through a proxy."""

    server: S3Server
    behind: S3Server
    proxy: Proxy
    bucket: str
    directory: Path
    timeout: int
    runs: int = 0

    @property
    def has_secrets(self) -> bool:
        """Whether the server also keeps secrets, as AWS does."""
        return self.server.name == "moto"

    @cached_property
    def client(self) -> Any:
        """A client that reaches the server past the proxy."""
        return self.server.client()

    @property
    def secret(self) -> str:
        """The name of the stored key."""
        return f"/kong/{self.bucket}"

    def options(self, **more: Any) -> dict[str, Any]:
        """The options that all modules share."""
        return {
            "endpoint_url": self.behind.endpoint_url,
            "region": self.server.region,
            "access_key": self.server.root.access_key_id,
            "secret_key": self.server.root.secret_access_key,
            "timeout": self.timeout,
            "request_timeout": REQUEST_TIMEOUT,
            "storage": f"s3://{self.bucket}/prod",
            **more,
        }

    def another_body(self) -> str:
        """The path of the snapshot that is not published now."""
        self.runs += 1
        path = self.directory / f"{self.runs % AT_ONCE}.json"
        path.write_bytes(BODIES[self.runs % len(BODIES)])
        return str(path)


@contextmanager
def world_of(server: S3Server, directory: Path, timeout: int = TIMEOUT) -> Iterator[World]:
    """A fresh storage with snapshots of two versions, behind a proxy."""
    bucket = server.create_bucket(f"reliability-{directory.name}")
    for version in (VERSION, OLDER):
        server.client().put_object(Bucket=bucket, Key=f"prod/{version}/config.json", Body=BODIES[0])
    if server.name == "moto":  # SeaweedFS keeps no secrets.
        key = json.dumps({"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "of nobody"})
        server.client("ssm").put_parameter(Name=f"/kong/{bucket}", Value=key, Type="SecureString")
        server.client("secretsmanager").create_secret(Name=f"/kong/{bucket}", SecretString=key)
    with proxied(server) as (behind, proxy):
        yield World(server, behind, proxy, bucket, directory, timeout)


def _secret(world: World, store: str) -> dict[str, Any]:
    options = world.options(secret_store={"type": store, "name": world.secret})
    del options["storage"]
    return options


SUBJECTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "cluster_lock": lambda world: world.options(holder="a job"),
    "config_snapshot": lambda world: world.options(gateway_version=VERSION, src=world.another_body(), force=True),
    "config_snapshot (promote)": lambda world: world.options(gateway_version=NEWER, from_gateway_version=OLDER),
    "config_snapshot_info": lambda world: world.options(gateway_versions=[VERSION], history=5),
    "storage_access_info": lambda world: world.options(expect="read"),
    "storage_bucket": lambda world: world.options(tls_only=False),
    "storage_credentials": lambda world: world.options(
        name=f"reader-{world.bucket}",
        access="read",
        secret_store={"type": "file", "name": str(world.directory / "key")},
    ),
    "storage_credentials_info": lambda world: _secret(world, "ssm"),
    "storage_credentials_info (secrets)": lambda world: _secret(world, "secretsmanager"),
}
"""The modules, each with the options of its run. The second name of a module says which of its ways."""


@dataclass(frozen=True)
class Outcome:
    """What a lie came to: one of the words above, the seconds that it took, and what the module said."""

    server: str
    subject: str
    lie: str
    kind: str
    seconds: float
    said: str

    @property
    def is_bad(self) -> bool:
        """Whether no operator should ever see this."""
        return self.kind in (TRACEBACK, HANG, BELIEVED, UNCLEAR)


def told(world: World, subject: str, lie: str, run: Run) -> Outcome:
    """Run a module while its server lies."""
    options = SUBJECTS[subject](world)
    world.proxy.fault = LIES[lie].fault
    start = time.monotonic()
    try:
        answer = run(subject.split()[0], options)
        said, failed = _said(answer), answer["failed"]
    except Exception as error:  # whatever it is, Ansible would show it as a traceback
        said, failed = repr(error), None
    finally:
        world.proxy.fault = None
    seconds = time.monotonic() - start
    kind = HANG if seconds > world.timeout + GRACE else _kind(lie, said, failed)
    return Outcome(world.server.name, subject, lie, kind, seconds, said)


def _kind(lie: str, said: str, failed: bool | None) -> str:
    if failed is None:
        return TRACEBACK
    if re.search(LIES[lie].says, said):
        return NAMED
    if failed:
        return UNCLEAR
    return BELIEVED if LIES[lie].hides_the_truth else UNHARMED


def _said(answer: Mapping[str, Any]) -> str:
    return json.dumps({name: answer[name] for name in _SENTENCES if answer.get(name)})


_SENTENCES = ("msg", "message", "snapshots", "findings", "warnings")
