# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the exporter of a gateway still writes, according to its last line in the gateway's log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ansible_collections.kongops.fallback.plugins.module_utils._finding import ERROR, Finding
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import MASK

_WORDS = re.compile(
    r"^(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[\w+\] (?P<pid>\d+)#.*?"
    r"\[fallback config\] (?P<words>(?:successfully exported|(?P<failed>failed to export)).*)$",
    re.MULTILINE,
)
_LONGEST = 200


def export_findings(log: str, is_running: Callable[[int], bool], path: str, secrets: Iterable[str]) -> list[Finding]:
    """The failure that an exporter logged last (fact 4.9), none after a success.

    ``log`` is the end of its log at ``path``; ``is_running`` tells whether a process belongs to the gateway
    that runs now: what an earlier one logged does not count. Does not repeat ``secrets``.
    """
    spoken = [each for each in _WORDS.finditer(log) if is_running(int(each["pid"]))]
    if not spoken or not spoken[-1]["failed"]:
        return []
    words = spoken[-1]["words"]
    for secret in secrets:
        words = words.replace(secret, MASK)
    message = (
        f"The exporter of this gateway does not write: at {spoken[-1]['time']} it logged '{words[:_LONGEST].strip()}'."
        " Fix its access to the storage: it exports at the next change of the configuration, or after a restart by the"
        " playbook backup_node."
    )
    return [Finding("export-failed", ERROR, message, fact="4.9", path=path)]
