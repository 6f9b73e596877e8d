# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot as this node's gateway would fetch it: one signed GET into a private file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from http.client import HTTPResponse
from io import FileIO

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import StoreAnswer
from ansible_collections.kongops.fallback.plugins.module_utils._storage.transport import Way, answer_of

_BLOCK = 256 * 1024
_LONGEST_ERROR = 64 * 1024
_CODE = re.compile(rb"<Code>(\w{1,64})</Code>")


def download(url: str, headers: Mapping[str, str], way: Way, path: str, max_size: int) -> StoreAnswer:
    """Fetch ``url`` into the new file ``path``, which only its owner can read, up to ``max_size`` bytes.

    Raises OperationFailed with the cause if there is no answer, or an incomplete one.
    """
    with answer_of(url, headers, way) as answer:
        region = answer.getheader("x-amz-bucket-region")
        if answer.status != 200:
            code = _CODE.search(answer.read(_LONGEST_ERROR))
            return StoreAnswer(answer.status, code.group(1).decode() if code else None, region)
        content_type = (answer.getheader("content-type") or "").partition(";")[0].strip().lower()
        announced = answer.length
        size, sha256 = (announced, None) if announced and announced > max_size else _stream(answer, path, max_size)
        return StoreAnswer(200, None, region, content_type, size, announced, sha256)


def _stream(answer: HTTPResponse, path: str, max_size: int) -> tuple[int, str | None]:
    """Size and SHA-256 of what arrived; no SHA-256 if it was too much."""
    digest, size = hashlib.sha256(), 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
        for block in iter(lambda: answer.read1(_BLOCK), b""):
            size += len(block)
            if size > max_size:
                return size, None
            digest.update(block)
            _write(file, block)
    return size, digest.hexdigest()


def _write(file: FileIO, block: bytes) -> None:
    """Append the block; raises OperationFailed, because a full disk is not the store's fault."""
    rest = memoryview(block)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise OperationFailed(f"cannot write {file.name} ({error.strerror}): make room on this node") from None
