# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots that are to break who reads them: each gets its finding in a moment, and little memory is enough."""

from __future__ import annotations

import json
import time
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._gateway_version import parse_version
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot import configuration
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.configuration import (
    Unreadable,
    read_json,
)
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.demands import Demands
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OK, OUTCOME_OF
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.objects import Head
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.store import StoredObject, StoredText, text_of
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.verification import verify_snapshot
from ansible_collections.kongops.fallback.plugins.module_utils._storage_url import StorageUrl, parse
from tests.reliability.bombs import BOMBS, HARMLESS, SIZE, many, services

SECONDS = 3
SHARE = 100
"""How many times its size a snapshot may take: Python holds a mapping or list of two bytes in 250."""
MEMORY = 2_000_000
"""Bytes that reading takes whatever the size."""
NOW = datetime(2026, 11, 25, tzinfo=UTC)
VERSION = parse_version("3.11.0.3")


@dataclass(frozen=True)
class OneSnapshot:
    """A store that has one snapshot."""

    body: bytes

    @property
    def storage(self) -> StorageUrl:
        return parse("s3://kong-fallback/prod")

    def get_text(self, key: str) -> StoredText:
        return text_of(StoredObject(Head("1", len(self.body), NOW), self.body, "0" * 64))

    def exporters(self, prefix: str) -> list[Any]:
        return []


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_gets_its_finding_soon_and_takes_little(name: str) -> None:
    body = BOMBS[name]
    tracemalloc.start()
    started = time.process_time()
    try:
        report = verify_snapshot(OneSnapshot(body), VERSION, Demands(), NOW)  # type: ignore[arg-type]
        taken, most = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (report.outcome == OK) == (name in HARMLESS)
    assert all(finding.code in OUTCOME_OF or finding.severity != "error" for finding in report.findings)
    assert len(json.dumps(report.as_dict())) < 3 * SIZE
    assert taken < SECONDS
    assert most < len(body) * SHARE + MEMORY


def test_more_values_than_a_gateway_holds_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for character, least in ((b"{", 3), (b"[", 4), (b",", 5)):
        monkeypatch.setattr(configuration, "_MOST_OF", {character: least})
        assert read_json(services("{}")).document
        with pytest.raises(Unreadable, match="more values than any gateway can hold"):
            read_json(services(many("[{}]")))
