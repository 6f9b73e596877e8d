# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a drill failed: what happened to the second gateway, and what else the controller knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def failure_message(host: str, reason: str, snapshot: Mapping[str, Any], stored: Sequence[Mapping[str, Any]]) -> str:
    """Why the drill on a host failed, with the state of its snapshot as the controller sees it.

    ``snapshot`` and ``stored`` are as config_snapshot_info reports them: the one that the gateway would import, and all
    of the storage. The outcome is ``unknown`` if the controller cannot read the storage.
    """
    sentences = [f"The outage drill failed on {host}: {reason}"]
    if snapshot["outcome"] not in ("ok", "unknown"):
        sentences.append(f"From the controller: {snapshot['message']}")
    versions = [other["gateway_version"] for other in stored if other["outcome"] != "missing"]
    if versions:
        sentences.append(f"There are snapshots for {', '.join(versions)} (fact 3.1).")
    return " ".join(sentences)
