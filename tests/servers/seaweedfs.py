# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SeaweedFS: the S3 server that shares no code with AWS's libraries or moto. IAM always decides, conditions too."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import LOOPBACK, free_ports
from tests.servers.process import answers, running
from tests.servers.s3 import Credentials, S3Server, new_root, program

GRPC = 10000
"""Each port's gRPC listens this far above it."""


@contextmanager
def seaweedfs() -> Iterator[S3Server]:
    """A SeaweedFS on a fresh directory, with the IAM API on the S3 port."""
    master, volume, filer, s3 = free_ports(4, highest=65535 - GRPC, neighbour=GRPC)
    root = new_root()
    with tempfile.TemporaryDirectory(prefix="seaweedfs-") as name:
        directory = Path(name)
        (directory / "data").mkdir()
        identities = directory / "identities.json"
        identities.touch(mode=0o600)
        identities.write_text(json.dumps(_identities(root)))
        log = directory / "weed.log"
        url = f"http://{LOOPBACK}:{s3}"
        command = [
            program("weed"),
            "-logtostderr=true",
            "server",
            f"-dir={directory / 'data'}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            f"-master.port={master}",
            f"-volume.port={volume}",
            "-filer",
            f"-filer.port={filer}",
            "-s3",
            f"-s3.port={s3}",
            "-s3.port.iceberg=0",
            f"-s3.config={identities}",
            "-s3.iam.readOnly=false",
            "-volume.max=20",
            "-master.volumeSizeLimitMB=1024",
        ]
        with running(
            command, lambda: answers(f"{url}/healthz"), log, environment={"WEED_S3_SSE_KEK": secrets.token_hex(32)}
        ) as pid:
            yield S3Server("seaweedfs", url, root, pid, log)


def _identities(root: Credentials) -> dict[str, object]:
    key = {"accessKey": root.access_key_id, "secretKey": root.secret_access_key}
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    return {"identities": [{"name": "root", "credentials": [key], "actions": actions}]}
