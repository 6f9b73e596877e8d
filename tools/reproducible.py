# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same bytes from the same commit, where `ansible-galaxy collection build` keeps clock and order of the files."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any


def rewrite(artifact: Path, seconds: int) -> None:
    """Write a built artifact again, its files in the order of their names and ``seconds`` (since 1970) old."""
    with tarfile.open(artifact) as archive:
        members = {member.name: member for member in archive.getmembers()}
        bodies = {name: _read(archive, member) for name, member in members.items()}
    listed = json.loads(bodies["FILES.json"])
    listed["files"].sort(key=lambda file: file["name"])
    bodies["FILES.json"] = _json(listed)
    manifest = json.loads(bodies["MANIFEST.json"])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(bodies["FILES.json"]).hexdigest()
    bodies["MANIFEST.json"] = _json(manifest)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("MANIFEST.json", "FILES.json", *sorted(members.keys() - {"MANIFEST.json", "FILES.json"})):
            member = tarfile.TarInfo(name)
            member.type, member.mode = members[name].type, members[name].mode
            member.size, member.mtime = len(bodies[name]), seconds
            archive.addfile(member, io.BytesIO(bodies[name]))
    with artifact.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=seconds) as compressed:
        compressed.write(tar.getvalue())


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    body = archive.extractfile(member)
    return body.read() if body else b""


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=True).encode()
