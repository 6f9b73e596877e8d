# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that starts at any moment: it reads the snapshot all the time and must find a whole one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers import S3Server

PAUSE = 0.1


@dataclass
class Watcher:
    """What it has seen so far: how often a whole snapshot, and what else."""

    reads: int = 0
    torn: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> str:
        """What it should not have seen, empty if nothing."""
        return f"torn: {'; '.join(self.torn[:3])}" if self.torn else ""


@contextmanager
def watching(server: S3Server, bucket: str, key: str, whole: frozenset[bytes]) -> Iterator[Watcher]:
    """Read the object all the time, past any proxy; ``whole`` are the bodies that a job may have written."""
    watcher, over, client = Watcher(), threading.Event(), server.client()

    def watch() -> None:
        while not over.wait(PAUSE):
            try:
                found = client.get_object(Bucket=bucket, Key=key)["Body"].read()
            except Exception as error:  # a gateway would come up without a configuration, whatever it is
                watcher.torn.append(repr(error))
                continue
            watcher.reads += 1
            if found not in whole:
                watcher.torn.append(f"{len(found)} bytes that no job has written")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield watcher
    finally:
        over.set()
        thread.join()
