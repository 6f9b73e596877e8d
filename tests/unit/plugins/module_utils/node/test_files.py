# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads who forgot to become root."""

from __future__ import annotations

import builtins

import pytest

from ansible_collections.kongops.fallback.plugins.module_utils._errors import OperationFailed
from ansible_collections.kongops.fallback.plugins.module_utils._node.files import read_file


def test_a_file_that_only_root_may_read_is_no_wrong_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(builtins, "open", denied)
    with pytest.raises(OperationFailed) as refused:
        read_file("/etc/kong/kong.conf")
    assert str(refused.value) == (
        "Cannot read /etc/kong/kong.conf (Permission denied): run as root: set ansible_become to true for this host, or"
        " add become to the task."
    )
