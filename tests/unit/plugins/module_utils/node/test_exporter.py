# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last words of an exporter decide, if it is the one that runs."""

from __future__ import annotations

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._node.exporter import export_findings

NOW, EARLIER = 4711, 42
FAILED = "[lua] fallback.lua:12: [fallback config] failed to export config: PutObject: AccessDenied with hunter2-key\n"
EXPORTED = "[fallback config] successfully exported config to fallback storage, context: ngx.timer\n"
OTHER = "[kong] init.lua:1 [fallback config] fallback config applied\n"


def line(pid: int, words: str) -> str:
    return f"2026/11/25 07:02:41 [error] {pid}#0: *31 {words}"


@pytest.mark.parametrize(
    ("log", "is_red"),
    [
        ("", False),
        (line(NOW, EXPORTED), False),
        (line(NOW, EXPORTED) + line(NOW, FAILED), True),
        (line(NOW, FAILED) + line(NOW, EXPORTED), False),
        (line(NOW, FAILED) + line(NOW, OTHER) + "something else\n", True),
        (line(EARLIER, FAILED), False),
        (line(NOW, FAILED) + line(EARLIER, EXPORTED), True),
        (line(NOW, FAILED)[15:], False),
    ],
)
def test_the_last_words_of_the_running_gateway_decide(log: str, is_red: bool) -> None:
    findings = export_findings(log, lambda pid: pid == NOW, "/usr/local/kong/logs/error.log", ["hunter2-key"])
    assert [(each.code, each.severity) for each in findings] == [("export-failed", "error")] * is_red
    for finding in findings:
        assert "at 2026/11/25 07:02:41 it logged 'failed to export config: PutObject: AccessDenied" in finding.message
        assert "hunter2" not in finding.message
