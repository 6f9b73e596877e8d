# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a running gateway, read from its end."""

from __future__ import annotations

import os

from ansible_collections.kongops.fallback.plugins.module_utils._disk import regular_file
from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._finding import Finding
from ansible_collections.kongops.fallback.plugins.module_utils._kong_conf.redaction import secret_values
from ansible_collections.kongops.fallback.plugins.module_utils._node.diagnosis import Node
from ansible_collections.kongops.fallback.plugins.module_utils._node.exporter import export_findings
from ansible_collections.kongops.fallback.plugins.module_utils._node.gateway_process import parent_of, running_pid
from ansible_collections.kongops.fallback.plugins.module_utils._node.settings import exports

_LONGEST = 1_000_000
"""How much of the end of a log is read, in bytes."""


def exporter_findings(node: Node, prefix: str) -> list[Finding]:
    """What the running gateway of a backup node logged against its own exports; nothing if the log is
    not a file."""
    master = running_pid(prefix)
    path = os.path.join(prefix, node.gateway.value("proxy_error_log") or "logs/error.log")
    if master is None or not exports(node.gateway) or not os.path.isfile(path):
        return []
    settings = {name: setting.value for name, setting in node.gateway.settings.items()}
    secrets = secret_values({**settings, **node.variables})
    return export_findings(_end_of(path), lambda pid: master in (pid, parent_of(pid)), path, secrets)


def _end_of(path: str) -> str:
    """The end of the log; nothing if another user could have redirected its name."""
    try:
        with regular_file(path) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LONGEST))
            return file.read(_LONGEST).decode("utf-8", "replace")
    except (OSError, OperationFailed):
        return ""
