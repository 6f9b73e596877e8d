# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new host has proven before the first start of its gateway, for the journal and for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, INFO, WARNING, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._metrics import exposition
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.import_judgement import Proof
from ansible_collections.kongops.fallback.plugins.module_utils._snapshot.judgement import OK

UNKNOWN = "unknown"
"""The outcome of a proof that could not be made."""

_PRIORITY = {ERROR: "<3>", WARNING: "<4>", INFO: "<6>"}


@dataclass(frozen=True)
class FirstBoot:
    """The verdict of a host about itself: the ``outcome`` of its proof in one word and as a sentence, and further
    warnings."""

    outcome: str
    message: str
    gateway_version: str = ""
    credential_source: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def would_come_up(self) -> str:
        """The verdict in the words of all jobs: yes, no or unknown."""
        return {OK: "yes", UNKNOWN: UNKNOWN}.get(self.outcome, "no")

    def log_lines(self) -> Iterator[str]:
        """The lines for the journal, with their priority as systemd reads it (sd-daemon(3))."""
        severity = INFO if self.outcome == OK else ERROR
        yield f"{_PRIORITY[severity]}In an outage this host would come up: {self.would_come_up}. {self.message}"
        yield from (f"{_PRIORITY[WARNING]}{sentence}" for sentence in self.warnings)

    def metrics(self, moment: float, seconds: float) -> str:
        """The metrics; ``moment`` is when the proof ended, in seconds since 1970, ``seconds`` how long it took."""
        facts = {
            "outcome": self.outcome,
            "gateway_version": self.gateway_version,
            "credential_source": self.credential_source,
        }
        return exposition(
            [
                ("first_boot_ok", "Whether the host could import when it first booted.", [({}, self.outcome == OK)]),
                ("first_boot_info", "How its proof ended, and with which access.", [(facts, 1)]),
                ("first_boot_timestamp_seconds", "When the proof ended.", [({}, moment)]),
                ("first_boot_duration_seconds", "How long the proof took.", [({}, seconds)]),
            ]
        )


def first_boot_of(proof: Proof) -> FirstBoot:
    """The verdict that rests on a proof."""
    warnings = tuple(finding.sentence for finding in proof.findings if _is_worth_a_line(finding, proof))
    return FirstBoot(
        proof.outcome, proof.message, proof.attempt.gateway_version, proof.credential_source or "", warnings
    )


def _is_worth_a_line(finding: Finding, proof: Proof) -> bool:
    """Whether a finding says something that the message does not."""
    return finding.severity != INFO and finding.message not in proof.message
