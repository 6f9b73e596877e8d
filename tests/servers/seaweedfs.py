# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SeaweedFS: the S3 server that shares no code with AWS's libraries or moto. IAM always decides, conditions too."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import LOOPBACK, free_ports
from tests.servers.process import answers, running
from tests.servers.s3 import Credentials, S3Server, new_root, program
from tests.servers.tls import Tls

GRPC = 10000
"""Each port's gRPC listens this far above it."""


@contextmanager
def seaweedfs(tls: Tls | None = None) -> Iterator[S3Server]:
    """A SeaweedFS on a fresh directory, with the IAM API on the S3 port, which speaks TLS if it is given."""
    master, volume, filer, s3 = free_ports(4, highest=65535 - GRPC, neighbour=GRPC)
    root = new_root()
    with tempfile.TemporaryDirectory(prefix="seaweedfs-") as name:
        directory = Path(name)
        (directory / "data").mkdir()
        identities = directory / "identities.json"
        identities.touch(mode=0o600)
        identities.write_text(json.dumps(_identities(root)))
        log = directory / "weed.log"
        url = f"{'https' if tls else 'http'}://{LOOPBACK}:{s3}"
        command: list[str | Path] = [
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
            "-s3.port.lance=0",
            f"-s3.config={identities}",
            "-s3.iam.readOnly=false",
            "-volume.max=1000",
            "-master.volumeSizeLimitMB=1024",
            "-master.telemetry=false",
            *([f"-s3.cert.file={tls.certificate}", f"-s3.key.file={tls.key}"] if tls else []),
        ]
        environment = {
            "WEED_S3_SSE_KEK": secrets.token_hex(32),
            # A bucket takes this many volumes at once, and tests make many buckets.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
        }
        try:
            authority = tls.authority if tls else None
            with running(command, lambda: answers(f"{url}/healthz", authority), log, environment) as pid:
                yield S3Server("seaweedfs", url, root, pid, log, authority=authority)
        finally:
            _remove_sockets((master, volume, filer, s3))


def _remove_sockets(ports: Iterable[int]) -> None:
    """SeaweedFS leaves Unix sockets behind, named after its ports, when it is killed; the folder is its choice."""
    for port in ports:
        for number in (port, port + GRPC):
            for socket in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108
                socket.unlink(missing_ok=True)


def _identities(root: Credentials) -> dict[str, object]:
    key = {"accessKey": root.access_key_id, "secretKey": root.secret_access_key}
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    return {"identities": [{"name": "root", "credentials": [key], "actions": actions}]}
